"""What a party owes after money it had already received was taken back, and what is kept back against that."""

from django.db import models
from django.db.models import F, Q

from escrow.dispute_enums import ReceivableState, RecoveryKind
from escrow.models.escrow import Escrow

OPEN = Q(state=ReceivableState.OPEN)


class Receivable(models.Model):
    """One debt of a party, out of its ledger account `returns_receivable:<party>`. `cause` is `cb_…` or a return's id.

    `recovered_minor` is what has come back, `written_off_minor` what was given up.
    """

    public_id = models.CharField(max_length=32, unique=True)
    livemode = models.BooleanField()
    party = models.ForeignKey("compliance.Party", on_delete=models.PROTECT, related_name="+", db_index=False)
    escrow = models.ForeignKey(Escrow, on_delete=models.PROTECT, related_name="receivables", null=True)
    cause = models.CharField(max_length=64)
    state = models.CharField(max_length=11, choices=ReceivableState, default=ReceivableState.OPEN)
    amount_minor = models.BigIntegerField()
    recovered_minor = models.BigIntegerField(default=0)
    written_off_minor = models.BigIntegerField(default=0)
    currency = models.CharField(max_length=3)
    approval_id = models.CharField(max_length=40, blank=True)
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["livemode", "-opened_at", "-id"], name="receivable_newest_first"),
            models.Index(fields=["livemode", "state", "-opened_at", "-id"], name="receivable_by_state"),
            models.Index(fields=["party", "id"], condition=OPEN, name="receivable_open_of_party"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["cause", "party"], name="receivable_is_opened_once_for_a_cause"),
            models.CheckConstraint(condition=Q(state__in=ReceivableState.values), name="receivable_state_is_known"),
            models.CheckConstraint(
                condition=Q(amount_minor__gt=0, recovered_minor__gte=0, written_off_minor__gte=0)
                & Q(amount_minor__gte=F("recovered_minor") + F("written_off_minor")),
                name="receivable_is_paid_no_more_than_once",
            ),
            models.CheckConstraint(
                condition=(OPEN & Q(closed_at__isnull=True, written_off_minor=0, approval_id=""))
                | (~OPEN & Q(closed_at__isnull=False, amount_minor=F("recovered_minor") + F("written_off_minor"))),
                name="receivable_is_closed_when_nothing_is_owed",
            ),
            models.CheckConstraint(
                condition=Q(state=ReceivableState.WRITTEN_OFF, written_off_minor__gt=0)
                | (~Q(state=ReceivableState.WRITTEN_OFF) & Q(written_off_minor=0)),
                name="receivable_is_written_off_by_an_amount",
            ),
        ]

    def __str__(self) -> str:
        return self.public_id

    @property
    def outstanding_minor(self) -> int:
        return self.amount_minor - self.recovered_minor - self.written_off_minor


class Recovery(models.Model):
    """What made a debt smaller. Append-only. `reference` is what it came from: `ESC_…`, `apr_…`, a word."""

    receivable = models.ForeignKey(Receivable, on_delete=models.PROTECT, related_name="recoveries")
    kind = models.CharField(max_length=11, choices=RecoveryKind)
    amount_minor = models.BigIntegerField()
    entry_id = models.CharField(max_length=40, blank=True)
    reference = models.CharField(max_length=64, blank=True)
    at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "recoveries"
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=RecoveryKind.values), name="recovery_kind_is_known"),
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="recovery_amount_is_positive"),
            models.CheckConstraint(
                condition=Q(kind=RecoveryKind.SETTLED) | ~Q(entry_id=""), name="recovery_has_its_entry"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.amount_minor}"


class Reserve(models.Model):
    """A share of one release that is kept back from its payee until `ends_at`, then owed to it."""

    escrow = models.ForeignKey(Escrow, on_delete=models.PROTECT, related_name="reserves")
    transaction_id = models.CharField(max_length=40, unique=True)
    amount_minor = models.BigIntegerField()
    entry_id = models.CharField(max_length=40)
    kept_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    end_entry_id = models.CharField(max_length=40, blank=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["ends_at", "id"], condition=Q(ended_at__isnull=True), name="reserve_by_end")]
        constraints = [
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="reserve_amount_is_positive"),
            models.CheckConstraint(condition=Q(ends_at__gt=F("kept_at")), name="reserve_ends_after_it_began"),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True, end_entry_id="") | (Q(ended_at__isnull=False) & ~Q(end_entry_id="")),
                name="reserve_ends_with_its_posting",
            ),
        ]

    def __str__(self) -> str:
        return self.transaction_id
