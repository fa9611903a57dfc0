"""Where a marketplace wants to hear of events, and the secrets that sign what it hears."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from core.webhooks.enums import DisabledBecause, EndpointStatus

EVERYTHING = "*"


class Endpoint(models.Model):
    """`types` are event types or `*` alone.

    `failures` counts attempts since the last success and `failing_since` is the first of them; until `rests_until`
    nothing is sent. A deleted endpoint stays for the sake of its deliveries, without its secrets.
    """

    public_id = models.CharField(max_length=40, unique=True)
    account = models.CharField(max_length=40)
    livemode = models.BooleanField()
    url = models.CharField(max_length=500)
    description = models.CharField(max_length=200, blank=True)
    types = ArrayField(models.CharField(max_length=80))
    status = models.CharField(max_length=8, choices=EndpointStatus.choices, default=EndpointStatus.ENABLED)
    disabled_because = models.CharField(max_length=8, choices=DisabledBecause.choices, blank=True)
    disabled_at = models.DateTimeField(null=True)
    failures = models.PositiveIntegerField(default=0)
    failing_since = models.DateTimeField(null=True)
    rests_until = models.DateTimeField(null=True)
    created_by = models.CharField(max_length=140)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    objects: ClassVar[models.Manager["Endpoint"]]

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=EndpointStatus.values), name="webhook_endpoint_status_is_known"
            ),
            models.CheckConstraint(
                condition=Q(status="DISABLED", disabled_at__isnull=False, disabled_because__in=DisabledBecause.values)
                | (~Q(status="DISABLED") & Q(disabled_at__isnull=True, disabled_because="")),
                name="webhook_endpoint_is_disabled_for_a_reason",
            ),
            models.CheckConstraint(condition=~Q(types=[]), name="webhook_endpoint_hears_something"),
            models.CheckConstraint(
                condition=Q(livemode=False) | Q(url__startswith="https://"),
                name="webhook_endpoint_of_live_data_is_https",
            ),
            models.CheckConstraint(
                condition=Q(failures=0, failing_since__isnull=True) | Q(failures__gt=0, failing_since__isnull=False),
                name="webhook_endpoint_fails_since_its_first_failure",
            ),
        ]
        indexes = [
            models.Index(fields=["account", "livemode", "-created_at", "-id"], name="webhook_endpoint_newest_first"),
            models.Index(fields=["livemode", "-created_at", "-id"], name="webhook_endpoint_by_mode"),
        ]

    def __str__(self) -> str:
        return self.public_id


class Secret(models.Model):
    """Sealed in the vault. The current one has no end; the one before it signs too until `expires_at`."""

    public_id = models.CharField(max_length=40, unique=True)
    endpoint = models.ForeignKey(Endpoint, on_delete=models.PROTECT, related_name="secrets")
    sealed = models.BinaryField()
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["endpoint"],
                condition=Q(expires_at__isnull=True),
                name="webhook_endpoint_has_one_current_secret",
            ),
            models.CheckConstraint(
                condition=Q(expires_at__isnull=True) | Q(expires_at__gte=F("created_at")),
                name="webhook_secret_expires_after_it_is_made",
            ),
        ]

    def __str__(self) -> str:
        return self.public_id

    def context(self) -> dict[str, str]:
        """What its sealing is bound to."""
        return {"table": "webhooks_secret", "row": self.public_id}
