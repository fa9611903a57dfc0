"""The second factors of a person: authenticator app, recovery codes, passkeys."""

from django.db import models
from django_otp.models import Device, ThrottlingMixin

from core.staff.models.accounts import User


class Authenticator(ThrottlingMixin, Device):
    """The time-based one-time password app of one person (RFC 6238, SHA-1, 6 digits, 30 seconds).

    `last_step` is the time step of the last code accepted: that code and earlier ones are never accepted again.
    Verification is in `core.staff.services.authenticators`.
    """

    secret = models.BinaryField(max_length=512)
    last_step = models.BigIntegerField(default=-1)
    created_at = models.DateTimeField()

    class Meta(Device.Meta):
        abstract = False
        constraints = [
            models.UniqueConstraint(
                fields=["user"], condition=models.Q(confirmed=True), name="person_has_one_authenticator"
            )
        ]

    def get_throttle_factor(self) -> float:
        """Seconds to wait after the first wrong code; each further one doubles it."""
        return 1.0


class RecoveryCode(models.Model):
    """One of ten codes that stand in for a lost authenticator, once. Only a salted digest of it is kept."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="recovery_codes")
    salt = models.CharField(max_length=32)
    digest = models.CharField(max_length=64)
    issued_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "digest"], name="recovery_code_is_issued_once"),
            models.CheckConstraint(
                condition=models.Q(used_at=None) | models.Q(used_at__gte=models.F("issued_at")),
                name="recovery_code_is_used_after_it_is_issued",
            ),
        ]


class Passkey(models.Model):
    """A WebAuthn credential of one person. `sign_count` only grows; one that falls back is a copied key."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="passkeys")
    name = models.CharField(max_length=60)
    credential_id = models.BinaryField(max_length=1023)
    public_key = models.BinaryField(max_length=2048)
    sign_count = models.BigIntegerField()
    created_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["credential_id"], name="passkey_belongs_to_one_person"),
            models.CheckConstraint(condition=models.Q(sign_count__gte=0), name="passkey_counts_from_zero"),
        ]
