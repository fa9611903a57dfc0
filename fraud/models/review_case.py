"""What a person has to judge: a held payment with an hour at which it is voided, or a doubt without a hold."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from fraud.enums import CaseBoost, CaseCause, CaseDecision, CaseLevel, CaseOutcome, CaseState
from fraud.models.assessment import Assessment

WAITING = [CaseState.OPEN, CaseState.CLAIMED]


class ReviewCase(models.Model):
    """One waits per subject (`payment:…` or `party:…`) and cause. The database lets it be decided once.

    A held payment has both `capture_deadline`, when the authorisation lapses, and `next_action_at`, when the case
    declines itself if nobody decides; without a hold both are empty. `due_at` is the point of no return the order
    counts to. `priority` is explained in docs/fraud-queue.md; `rank` 1 stands above it, for the reason `boost`.
    `not_for` may never hold the case: who escalated it, or whose decision it looks at again. `hits` counts what was
    found about the subject, the first included. Whoever is named is an actor (`STAFF:…`, `SYSTEM:…`).
    """

    case_id = models.CharField(max_length=40, unique=True)
    livemode = models.BooleanField()
    cause = models.CharField(
        max_length=13, choices=CaseCause, default=CaseCause.OUTCOME, db_default=CaseCause.OUTCOME.value
    )
    subject = models.CharField(max_length=80)
    payment_id = models.CharField(max_length=40, null=True)
    transaction_id = models.CharField(max_length=40, null=True)
    assessment = models.ForeignKey(Assessment, on_delete=models.PROTECT, null=True, related_name="cases")
    payer_id = models.CharField(max_length=64)
    payee_id = models.CharField(max_length=64, null=True)
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    score = models.PositiveSmallIntegerField(null=True)
    why = models.CharField(max_length=500)
    opened_by = models.CharField(max_length=120, default="SYSTEM:holdfast", db_default="SYSTEM:holdfast")
    opened_at = models.DateTimeField()
    hits = models.PositiveIntegerField(default=1, db_default=1)
    last_hit_at = models.DateTimeField(null=True)
    expected_loss_minor = models.BigIntegerField(default=0, db_default=0)
    due_at = models.DateTimeField()
    priority = models.FloatField(default=0.0, db_default=0.0)
    rank = models.SmallIntegerField(default=0, db_default=0)
    boost = models.CharField(max_length=10, choices=CaseBoost, blank=True, db_default="")
    skills = ArrayField(models.CharField(max_length=20), default=list, db_default=[])
    state = models.CharField(max_length=7, choices=CaseState, default=CaseState.OPEN)
    level = models.CharField(
        max_length=7, choices=CaseLevel, default=CaseLevel.ANALYST, db_default=CaseLevel.ANALYST.value
    )
    not_for = models.CharField(max_length=120, blank=True, db_default="")
    assigned_to = models.CharField(max_length=120, blank=True, db_default="")
    snoozed_until = models.DateTimeField(null=True)
    capture_deadline = models.DateTimeField(null=True)
    next_action_at = models.DateTimeField(null=True)
    claimed_by = models.CharField(max_length=120, blank=True)
    claimed_at = models.DateTimeField(null=True)
    decision = models.CharField(max_length=7, choices=CaseDecision, blank=True)
    outcome = models.CharField(max_length=15, choices=CaseOutcome, blank=True)
    decision_reason = models.CharField(max_length=1000, blank=True)
    decided_by = models.CharField(max_length=120, blank=True)
    decided_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["livemode", "subject", "cause"],
                condition=Q(state__in=WAITING),
                name="one_case_waits_per_subject_and_cause",
            ),
            models.UniqueConstraint(
                fields=["payment_id"], condition=Q(cause=CaseCause.OUTCOME), name="payment_is_held_for_review_once"
            ),
            models.CheckConstraint(condition=Q(state__in=CaseState.values), name="case_state_is_known"),
            models.CheckConstraint(condition=Q(cause__in=CaseCause.values), name="case_cause_is_known"),
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
                condition=Q(next_action_at__lte=F("capture_deadline")), name="case_ends_before_the_authorisation"
            ),
            models.CheckConstraint(
                condition=Q(capture_deadline__isnull=True, next_action_at__isnull=True)
                | Q(capture_deadline__isnull=False, next_action_at__isnull=False, payment_id__isnull=False),
                name="case_holds_a_payment_or_nothing",
            ),
            models.CheckConstraint(
                condition=Q(rank=0, boost="") | Q(rank=1, boost__in=CaseBoost.values),
                name="case_stands_first_for_a_reason",
            ),
            models.CheckConstraint(
                condition=Q(snoozed_until__isnull=True) | Q(state=CaseState.OPEN), name="snoozed_case_is_held_by_nobody"
            ),
            models.CheckConstraint(
                condition=Q(level=CaseLevel.ANALYST) | Q(level=CaseLevel.LEAD) & ~Q(not_for=""),
                name="escalated_case_names_who_gave_it_up",
            ),
            models.CheckConstraint(
                condition=Q(not_for="") | ~Q(state=CaseState.CLAIMED) | ~Q(claimed_by=F("not_for")),
                name="case_is_not_held_by_who_may_not",
            ),
            models.CheckConstraint(
                condition=Q(not_for="") | ~Q(state=CaseState.DECIDED) | ~Q(decided_by=F("not_for")),
                name="case_is_not_decided_by_who_may_not",
            ),
        ]
        indexes = [
            models.Index(
                fields=["livemode", "-rank", "-priority", "-id"], condition=Q(state__in=WAITING), name="case_queue"
            ),
            models.Index(fields=["claimed_by"], condition=Q(state=CaseState.CLAIMED), name="case_by_holder"),
            models.Index(fields=["state", "-id"], name="case_by_state"),
            models.Index(fields=["livemode", "payer_id", "-id"], name="case_by_payer"),
            models.Index(fields=["payment_id"], name="case_by_payment"),
            models.Index(fields=["livemode", "decided_at"], condition=Q(state=CaseState.DECIDED), name="case_by_end"),
        ]

    def __str__(self) -> str:
        return self.case_id

    @property
    def is_held(self) -> bool:
        """Whether money is authorised and waits for the decision."""
        return self.next_action_at is not None
