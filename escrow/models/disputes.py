"""A dispute about held money: who said what, what belongs to the same case, and how it ended."""

from django.db import models
from django.db.models import F, Q

from escrow.dispute_enums import (
    CauseKind,
    DisputeOutcome,
    DisputeReason,
    DisputeSide,
    DisputeState,
    EvidenceKind,
    ResolvedHow,
)
from escrow.dispute_states import ENDED, WAITING
from escrow.models.escrow import Escrow

IS_WAITING = Q(state__in=sorted(WAITING))
DECIDED = Q(state__in=[DisputeState.PROPOSED, DisputeState.RESOLVED])


class Dispute(models.Model):
    """`amount_minor` is what the two disagree about, `taken_minor` how much of it a network has given back already.

    `release_minor` and `refund_minor` are the proposal while signatures are asked for, then what was done. `mediator`
    is the e-mail of one of the staff. Since `escalated_at` one person alone does not decide, for `escalated_why`.
    """

    public_id = models.CharField(max_length=32, unique=True)
    escrow = models.ForeignKey(Escrow, on_delete=models.PROTECT, related_name="disputes")
    livemode = models.BooleanField()
    state = models.CharField(max_length=9, choices=DisputeState)
    side = models.CharField(max_length=7, choices=DisputeSide)
    raised_by = models.CharField(max_length=120)
    reason = models.CharField(max_length=13, choices=DisputeReason)
    text = models.CharField(max_length=2000, blank=True)
    amount_minor = models.BigIntegerField()
    taken_minor = models.BigIntegerField(default=0)
    currency = models.CharField(max_length=3)
    opened_at = models.DateTimeField()
    evidence_due_at = models.DateTimeField()
    auto_resolution_at = models.DateTimeField()
    auto_outcome = models.CharField(max_length=7, choices=DisputeOutcome)
    mediator = models.CharField(max_length=254, blank=True)
    mediator_since = models.DateTimeField(null=True)
    escalated_at = models.DateTimeField(null=True)
    escalated_why = models.CharField(max_length=500, blank=True)
    outcome = models.CharField(max_length=7, choices=DisputeOutcome, blank=True)
    release_minor = models.BigIntegerField(null=True)
    refund_minor = models.BigIntegerField(null=True)
    approval_id = models.CharField(max_length=40, blank=True)
    resolved_how = models.CharField(max_length=8, choices=ResolvedHow, blank=True)
    resolution_reason = models.CharField(max_length=500, blank=True)
    ended_by = models.CharField(max_length=120, blank=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["livemode", "-opened_at", "-id"], name="dispute_newest_first"),
            models.Index(fields=["livemode", "auto_resolution_at", "id"], condition=IS_WAITING, name="dispute_waiting"),
            models.Index(
                fields=["livemode", "mediator", "auto_resolution_at", "id"],
                condition=IS_WAITING,
                name="dispute_by_mediator",
            ),
            models.Index(fields=["escrow", "-opened_at", "-id"], name="dispute_of_escrow"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["escrow"], condition=IS_WAITING, name="escrow_has_one_open_dispute"),
            models.CheckConstraint(condition=Q(state__in=DisputeState.values), name="dispute_state_is_known"),
            models.CheckConstraint(condition=Q(side__in=DisputeSide.values), name="dispute_side_is_known"),
            models.CheckConstraint(condition=Q(reason__in=DisputeReason.values), name="dispute_reason_is_known"),
            models.CheckConstraint(
                condition=Q(amount_minor__gt=0, taken_minor__gte=0, taken_minor__lte=F("amount_minor")),
                name="dispute_amount_is_positive",
            ),
            models.CheckConstraint(
                condition=Q(opened_at__lt=F("evidence_due_at"), evidence_due_at__lte=F("auto_resolution_at")),
                name="dispute_deadlines_are_in_order",
            ),
            models.CheckConstraint(
                condition=(DECIDED & ~Q(outcome="") & Q(release_minor__gte=0, refund_minor__gte=0))
                | (~DECIDED & Q(outcome="", release_minor__isnull=True, refund_minor__isnull=True)),
                name="dispute_outcome_has_amounts",
            ),
            models.CheckConstraint(
                condition=Q(release_minor__isnull=True)
                | Q(amount_minor__gte=F("taken_minor") + F("release_minor") + F("refund_minor")),
                name="dispute_disposes_of_no_more_than_is_disputed",
            ),
            models.CheckConstraint(
                condition=Q(outcome="")
                | Q(outcome=DisputeOutcome.RELEASE, refund_minor=0)
                | Q(outcome=DisputeOutcome.REFUND, release_minor=0)
                | Q(outcome=DisputeOutcome.SPLIT, release_minor__gt=0, refund_minor__gt=0),
                name="dispute_outcome_fits_its_amounts",
            ),
            models.CheckConstraint(
                condition=(Q(state__in=sorted(ENDED), ended_at__isnull=False) & ~Q(ended_by=""))
                | (IS_WAITING & Q(ended_at__isnull=True, ended_by="")),
                name="dispute_is_ended_by_somebody",
            ),
            models.CheckConstraint(
                condition=(Q(state=DisputeState.RESOLVED) & ~Q(resolved_how="") & ~Q(resolution_reason=""))
                | (~Q(state=DisputeState.RESOLVED) & Q(resolved_how="")),
                name="dispute_resolution_says_how_and_why",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=[DisputeState.ESCALATED, DisputeState.PROPOSED]) | Q(escalated_at__isnull=False),
                name="dispute_is_escalated_at_a_moment",
            ),
            models.CheckConstraint(
                condition=~Q(state=DisputeState.EVIDENCE) | ~Q(mediator=""), name="dispute_is_heard_by_somebody"
            ),
        ]

    def __str__(self) -> str:
        return self.public_id

    @property
    def is_open(self) -> bool:
        return self.state in WAITING

    @property
    def needs_signatures(self) -> bool:
        return self.escalated_at is not None

    @property
    def disposable_minor(self) -> int:
        """What a resolution may still dispose of. `escrow` is read for what is held."""
        return max(0, min(self.amount_minor - self.taken_minor, self.escrow.held_minor))


class DisputeCause(models.Model):
    """What was joined to the case: the escrow's own dispute, a chargeback (`cb_…`), an ACH return. Append-only.

    `amount_minor` is what it is about, of the escrow's net.
    """

    dispute = models.ForeignKey(Dispute, on_delete=models.PROTECT, related_name="causes")
    kind = models.CharField(max_length=10, choices=CauseKind)
    reference = models.CharField(max_length=64)
    amount_minor = models.BigIntegerField()
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "reference"], name="cause_is_joined_once"),
            models.CheckConstraint(condition=Q(kind__in=CauseKind.values), name="cause_kind_is_known"),
            models.CheckConstraint(condition=Q(amount_minor__gte=0), name="cause_amount_is_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.reference}"


class Evidence(models.Model):
    """A statement, or a document by name and SHA-256: the document itself stays with whoever has it. Append-only.

    What is staged later under the same name (or as the statement) replaces what was staged before.
    """

    dispute = models.ForeignKey(Dispute, on_delete=models.PROTECT, related_name="evidence")
    side = models.CharField(max_length=7, choices=DisputeSide)
    kind = models.CharField(max_length=9, choices=EvidenceKind)
    name = models.CharField(max_length=200, blank=True)
    media_type = models.CharField(max_length=100, blank=True)
    sha256 = models.CharField(max_length=64, blank=True)
    size_bytes = models.BigIntegerField(null=True)
    text = models.TextField(max_length=4000, blank=True)
    by = models.CharField(max_length=120)
    at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "evidence"
        indexes = [models.Index(fields=["dispute", "side", "id"], name="evidence_of_side")]
        constraints = [
            models.CheckConstraint(
                condition=Q(side__in=[DisputeSide.PAYER, DisputeSide.PAYEE]), name="evidence_is_of_a_party"
            ),
            models.CheckConstraint(
                condition=(Q(kind=EvidenceKind.STATEMENT, name="", sha256="") & ~Q(text=""))
                | (Q(kind=EvidenceKind.DOCUMENT, sha256__regex=r"^[0-9a-f]{64}$") & ~Q(name="")),
                name="evidence_is_a_statement_or_a_document",
            ),
            models.CheckConstraint(
                condition=Q(size_bytes__isnull=True) | Q(size_bytes__gte=0), name="evidence_size_is_not_negative"
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.kind


class Submission(models.Model):
    """One side has said what it has to say, once. Append-only; `digest` covers statement and documents."""

    dispute = models.ForeignKey(Dispute, on_delete=models.PROTECT, related_name="submissions", db_index=False)
    side = models.CharField(max_length=7, choices=DisputeSide)
    digest = models.CharField(max_length=71)
    documents = models.PositiveSmallIntegerField()
    by = models.CharField(max_length=120)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["dispute", "side"], name="evidence_is_submitted_once_by_a_side"),
            models.CheckConstraint(
                condition=Q(side__in=[DisputeSide.PAYER, DisputeSide.PAYEE]), name="submission_is_of_a_party"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.side} {self.at:%Y-%m-%d}"
