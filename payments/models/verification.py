"""How it is known that an account is open and can be reached."""

from django.db import models
from django.db.models import F, Q

from payments.transfer_enums import VerificationMethod, VerificationState


class AccountVerification(models.Model):
    """One try to verify one account.

    A prenote verifies from `live_from` on, where nothing came back; micro-entries once their amounts, `sealed`, were
    repeated within `tries_left` and before `expires_at`; a trusted source by its `source` and `source_reference` once
    people have signed.
    """

    public_id = models.CharField(max_length=40, unique=True)
    livemode = models.BooleanField()
    account = models.ForeignKey("compliance.BankAccount", on_delete=models.PROTECT, related_name="verifications")
    method = models.CharField(max_length=14, choices=VerificationMethod)
    state = models.CharField(max_length=8, choices=VerificationState, default=VerificationState.PENDING)
    why = models.CharField(max_length=200, blank=True, default="")
    sealed = models.BinaryField(default=b"")
    tries_left = models.PositiveSmallIntegerField(default=0)
    source = models.CharField(max_length=40, blank=True, default="")
    source_reference = models.CharField(max_length=64, blank=True, default="")
    approval_id = models.CharField(max_length=40, blank=True, default="")
    settled_at = models.DateTimeField(null=True)
    live_from = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)
    verified_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    created_by = models.CharField(max_length=120)
    created_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["account", "-created_at", "-id"], name="verification_by_account"),
            models.Index(fields=["livemode", "-created_at", "-id"], name="verification_newest_first"),
            models.Index(fields=["livemode", "state", "-created_at", "-id"], name="verification_by_state"),
            models.Index(fields=["livemode", "method", "-created_at"], name="verification_for_volumes"),
            models.Index(
                fields=["live_from", "id"],
                condition=Q(state=VerificationState.PENDING, live_from__isnull=False),
                name="verification_to_end",
            ),
            models.Index(
                fields=["expires_at", "id"],
                condition=Q(state=VerificationState.PENDING, expires_at__isnull=False),
                name="verification_to_expire",
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["account"], condition=Q(state=VerificationState.PENDING), name="account_is_verified_one_way"
            ),
            models.CheckConstraint(condition=Q(state__in=VerificationState.values), name="verification_state_is_known"),
            models.CheckConstraint(
                condition=Q(method__in=VerificationMethod.values), name="verification_method_is_known"
            ),
            models.CheckConstraint(
                condition=Q(state=VerificationState.PENDING, ended_at=None, verified_at=None)
                | Q(state=VerificationState.VERIFIED, verified_at__isnull=False, ended_at__isnull=False)
                | Q(state__in=(VerificationState.FAILED, VerificationState.EXPIRED), ended_at__isnull=False)
                & ~Q(why=""),
                name="verification_ends_at_a_time",
            ),
            models.CheckConstraint(
                condition=~Q(method=VerificationMethod.TRUSTED_SOURCE) | ~Q(source="") & ~Q(source_reference=""),
                name="verification_names_its_source",
            ),
            models.CheckConstraint(
                condition=Q(verified_at=None) | Q(verified_at__gte=F("created_at")), name="verification_takes_time"
            ),
        ]

    def __str__(self) -> str:
        return self.public_id
