"""Secret keys of the public API. The secret itself is shown once and never stored."""

from datetime import datetime

from django.db import models
from django.db.models import F, Q


class ThrottleClass(models.TextChoices):
    STANDARD = "STANDARD"
    BULK = "BULK"


class ApiKey(models.Model):
    """`secret_hash` is the SHA-256 of the whole secret: 190 random bits need no slow hash.

    Keys of one `account` share their idempotency keys, so a client can change its API key in the middle of a
    retry and still be charged once.
    """

    public_id = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=100)
    account = models.CharField(max_length=40, default="marketplace")
    prefix = models.CharField(max_length=8)
    last4 = models.CharField(max_length=4)
    secret_hash = models.BinaryField(max_length=32, unique=True)
    scopes = models.JSONField(default=list)
    livemode = models.BooleanField()
    throttle_class = models.CharField(max_length=10, choices=ThrottleClass.choices, default=ThrottleClass.STANDARD)
    created_by = models.CharField(max_length=120)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
    revoked_by = models.CharField(max_length=120, blank=True)
    last_used_at = models.DateTimeField(null=True)

    # Django's and DRF's `request.user` is the key itself: a caller that is authenticated and is nobody's person.
    is_authenticated = True
    is_anonymous = False
    is_active = True

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(livemode=True, prefix="sk_live_") | Q(livemode=False, prefix="sk_test_"),
                name="api_key_prefix_tells_its_mode",
            ),
            models.CheckConstraint(
                condition=Q(expires_at=None) | Q(expires_at__gt=F("created_at")),
                name="api_key_expires_after_it_is_made",
            ),
            models.CheckConstraint(
                condition=Q(throttle_class__in=ThrottleClass.values), name="api_key_throttle_class_is_known"
            ),
        ]

    def is_usable(self, now: datetime) -> bool:
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)
