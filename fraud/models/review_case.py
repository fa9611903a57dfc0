"""A payment that waits for a person: authorised, held, and with an hour at which it is voided by itself."""

from django.db import models
from django.db.models import Q

from fraud.enums import CaseDecision, CaseOutcome, CaseState
from fraud.models.assessment import Assessment

WAITING = [CaseState.OPEN, CaseState.CLAIMED]


class ReviewCase(models.Model):
    """One per payment. The database lets it be decided once and never changes it afterwards.

    `next_action_at` is when the case declines itself if nobody decides; `capture_deadline` is when the
    authorisation lapses. `claimed_by` and `decided_by` are actors (`STAFF:…`, `SYSTEM:…`).
    """

    case_id = models.CharField(max_length=40, unique=True)
    livemode = models.BooleanField()
    payment_id = models.CharField(max_length=40, unique=True)
    transaction_id = models.CharField(max_length=40, null=True)
    assessment = models.ForeignKey(Assessment, on_delete=models.PROTECT, null=True, related_name="cases")
    payer_id = models.CharField(max_length=64)
    payee_id = models.CharField(max_length=64, null=True)
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    score = models.PositiveSmallIntegerField(null=True)
    why = models.CharField(max_length=500)
    state = models.CharField(max_length=7, choices=CaseState, default=CaseState.OPEN)
    capture_deadline = models.DateTimeField()
    next_action_at = models.DateTimeField()
    claimed_by = models.CharField(max_length=120, blank=True)
    claimed_at = models.DateTimeField(null=True)
    decision = models.CharField(max_length=7, choices=CaseDecision, blank=True)
    outcome = models.CharField(max_length=15, choices=CaseOutcome, blank=True)
    decision_reason = models.CharField(max_length=1000, blank=True)
    decided_by = models.CharField(max_length=120, blank=True)
    decided_at = models.DateTimeField(null=True)
    opened_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(state__in=CaseState.values), name="case_state_is_known"),
            models.CheckConstraint(
                condition=Q(state=CaseState.DECIDED, decided_at__isnull=False)
                & Q(decision__in=CaseDecision.values)
                & Q(outcome__in=CaseOutcome.values)
                & ~Q(decision_reason="")
                & ~Q(decided_by="")
                | Q(state__in=WAITING, decision="", outcome="", decision_reason="", decided_by="", decided_at=None),
                name="case_is_decided_whole_or_not_at_all",
            ),
            models.CheckConstraint(
                condition=~Q(state=CaseState.CLAIMED) | (~Q(claimed_by="") & Q(claimed_at__isnull=False)),
                name="claimed_case_has_a_holder",
            ),
            models.CheckConstraint(
                condition=Q(next_action_at__lte=models.F("capture_deadline")), name="case_ends_before_the_authorisation"
            ),
        ]
        indexes = [
            models.Index(
                fields=["capture_deadline", "-score", "id"], condition=Q(state__in=WAITING), name="case_queue"
            ),
            models.Index(fields=["state", "-id"], name="case_by_state"),
            models.Index(fields=["livemode", "payer_id", "-id"], name="case_by_payer"),
        ]

    def __str__(self) -> str:
        return self.case_id
