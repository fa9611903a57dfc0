"""What somebody outside compliance handed over because it may be more than a doubtful payment."""

from django.db import models
from django.db.models import F, Q

from compliance.enums import ReferralOutcome, ReferralState, ReferralSubject


class Referral(models.Model):
    """One open per subject. What was handed over stays as it was said; a closed referral never changes again.

    `party_ids` are the parties concerned, in the register's names. `referred_by` and `taken_by` are actors, and never
    the same one. There is no record browser of these rows: see ADR 0034.
    """

    referral_id = models.CharField(max_length=40, unique=True)
    livemode = models.BooleanField()
    subject_kind = models.CharField(max_length=12, choices=ReferralSubject)
    subject_id = models.CharField(max_length=64)
    party_ids = models.JSONField(default=list)
    reason = models.CharField(max_length=1000)
    referred_by = models.CharField(max_length=120)
    opened_at = models.DateTimeField()
    state = models.CharField(max_length=6, choices=ReferralState, default=ReferralState.OPEN)
    taken_by = models.CharField(max_length=120, blank=True, default="", db_default="")
    taken_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=9, choices=ReferralOutcome, blank=True, default="", db_default="")
    closing_reason = models.CharField(max_length=1000, blank=True, default="", db_default="")
    closed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["livemode", "subject_kind", "subject_id"],
                condition=~Q(state=ReferralState.CLOSED),
                name="subject_is_referred_once_at_a_time",
            ),
            models.CheckConstraint(condition=Q(state__in=ReferralState.values), name="referral_state_is_known"),
            models.CheckConstraint(
                condition=Q(subject_kind__in=ReferralSubject.values), name="referral_subject_is_known"
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="referral_has_a_reason"),
            models.CheckConstraint(
                condition=Q(state=ReferralState.OPEN, taken_by="", taken_at=None)
                | (~Q(state=ReferralState.OPEN) & ~Q(taken_by="") & Q(taken_at__isnull=False)),
                name="referral_is_taken_by_somebody",
            ),
            models.CheckConstraint(
                condition=(
                    Q(state=ReferralState.CLOSED, outcome__in=ReferralOutcome.values, closed_at__isnull=False)
                    & ~Q(closing_reason="")
                )
                | (~Q(state=ReferralState.CLOSED) & Q(outcome="", closing_reason="", closed_at=None)),
                name="referral_is_closed_with_an_outcome",
            ),
            models.CheckConstraint(condition=~Q(taken_by=F("referred_by")), name="referral_is_taken_by_another"),
        ]
        indexes = [
            models.Index(fields=["livemode", "state", "opened_at", "id"], name="referral_by_age"),
        ]

    def __str__(self) -> str:
        return self.referral_id
