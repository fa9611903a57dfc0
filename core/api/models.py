"""Keys of the public API. The secret itself is shown once and never stored."""

from datetime import datetime

from django.db import models
from django.db.models import F, Q


class ThrottleClass(models.TextChoices):
    STANDARD = "STANDARD"
    BULK = "BULK"


class KeyKind(models.TextChoices):
    """A secret key (`sk_`) has every ordinary scope of the day it was made, a restricted one (`rk_`) those chosen."""

    SECRET = "SECRET"  # noqa: S105 (a kind of key)
    RESTRICTED = "RESTRICTED"


class KeyState(models.TextChoices):
    """`WAITING`: signed, its secret not collected yet. `LAPSED`: nobody collected it in time."""

    ACTIVE = "ACTIVE"
    WAITING = "WAITING"
    LAPSED = "LAPSED"
    EXPIRED = "EXPIRED"
    REVOKED = "REVOKED"


class ApiKey(models.Model):
    """`secret_hash` is the SHA-256 of the whole secret: 190 random bits need no slow hash.

    Keys of one `account` share their idempotency keys, so a client can change its API key in the middle of a
    retry and still be charged once. `lineage` is the id of the first key that this one goes back to by rotation;
    a key works only while it holds one of the two places of its lineage. `approval_id` names the request that was
    signed for the lineage, `widened_by` the last one that was signed for wider rights of this key.
    """

    public_id = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=100)
    account = models.CharField(max_length=40, default="marketplace")
    kind = models.CharField(max_length=10, choices=KeyKind, default=KeyKind.SECRET)
    prefix = models.CharField(max_length=8)
    last4 = models.CharField(max_length=4, blank=True)
    secret_hash = models.BinaryField(max_length=32, unique=True, null=True)
    scopes = models.JSONField(default=list)
    networks = models.JSONField(default=list)
    livemode = models.BooleanField()
    api_version = models.CharField(max_length=10)
    throttle_class = models.CharField(max_length=10, choices=ThrottleClass.choices, default=ThrottleClass.STANDARD)
    lineage = models.CharField(max_length=40)
    place = models.PositiveSmallIntegerField(null=True)
    replaces = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="successors")
    approval_id = models.CharField(max_length=40, blank=True)
    widened_by = models.CharField(max_length=40, blank=True)
    created_by = models.CharField(max_length=140)
    created_at = models.DateTimeField()
    collect_by = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)
    warned_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
    revoked_by = models.CharField(max_length=140, blank=True)
    last_used_at = models.DateTimeField(null=True)

    # Django's and DRF's `request.user` is the key itself: a caller that is authenticated and is nobody's person.
    is_authenticated = True
    is_anonymous = False
    is_active = True

    class Meta:
        indexes = [
            models.Index(fields=["livemode", "-created_at", "-id"], name="api_key_newest_first"),
            models.Index(
                fields=["expires_at"],
                name="api_key_soon_to_expire",
                condition=Q(place__isnull=False, warned_at__isnull=True, expires_at__isnull=False),
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(livemode=True, kind="SECRET", prefix="sk_live_")
                | Q(livemode=False, kind="SECRET", prefix="sk_test_")
                | Q(livemode=True, kind="RESTRICTED", prefix="rk_live_")
                | Q(livemode=False, kind="RESTRICTED", prefix="rk_test_"),
                name="api_key_prefix_tells_its_mode",
            ),
            models.CheckConstraint(
                condition=Q(expires_at=None) | Q(expires_at__gt=F("created_at")),
                name="api_key_expires_after_it_is_made",
            ),
            models.CheckConstraint(
                condition=~Q(livemode=True, kind="RESTRICTED") | Q(expires_at__isnull=False),
                name="restricted_live_api_key_expires",
            ),
            models.CheckConstraint(
                condition=Q(throttle_class__in=ThrottleClass.values), name="api_key_throttle_class_is_known"
            ),
            models.CheckConstraint(
                condition=Q(secret_hash__isnull=False) & ~Q(last4="")
                | Q(secret_hash__isnull=True, last4="", collect_by__isnull=False),
                name="api_key_has_its_secret_or_waits_for_it",
            ),
            models.CheckConstraint(
                condition=Q(place=None) | Q(place__in=(1, 2)), name="api_key_lineage_has_two_places"
            ),
            models.UniqueConstraint(fields=["lineage", "place"], name="api_key_place_is_taken_once"),
            models.CheckConstraint(
                condition=Q(revoked_at=None, revoked_by="")
                | (Q(revoked_at__isnull=False, place=None) & ~Q(revoked_by="")),
                name="revoked_api_key_gives_up_its_place",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.shown})"

    @property
    def shown(self) -> str:
        """What may be seen of the secret: `rk_live_…a1b2`."""
        return f"{self.prefix}…{self.last4}"

    def is_usable(self, now: datetime) -> bool:
        return self.state(now) == KeyState.ACTIVE

    def state(self, now: datetime) -> KeyState:
        if self.revoked_at is not None:
            return KeyState.REVOKED
        if self.place is None or (self.expires_at is not None and self.expires_at <= now):
            return KeyState.LAPSED if self.secret_hash is None else KeyState.EXPIRED
        if self.secret_hash is None:
            return KeyState.WAITING if self.collect_by is not None and now < self.collect_by else KeyState.LAPSED
        return KeyState.ACTIVE
