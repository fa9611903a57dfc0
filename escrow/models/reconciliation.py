"""Runs that compare everything with everything, what they found, and what they certify."""

from django.db import models
from django.db.models import F, Q

from escrow.break_kinds import BreakKind
from escrow.enums_reconciliation import UNFINISHED, BreakState, RunOrigin, RunState
from ledger.enums import Book


class ReconciliationRun(models.Model):
    """One comparison of a book. `checks` are [{name, found, milliseconds}], `totals` what it counted and summed.

    `is_full`: the ledger and the audit record proved themselves too. `problem` is why there is no answer.
    """

    public_id = models.CharField(max_length=40, unique=True)
    book = models.CharField(max_length=4, choices=Book)
    origin = models.CharField(max_length=7, choices=RunOrigin)
    is_full = models.BooleanField()
    state = models.CharField(max_length=7, choices=RunState)
    requested_by = models.CharField(max_length=120)
    requested_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    checks = models.JSONField(default=list)
    totals = models.JSONField(default=dict)
    found = models.PositiveIntegerField(default=0)
    fresh = models.PositiveIntegerField(default=0)
    cleared = models.PositiveIntegerField(default=0)
    milliseconds = models.PositiveIntegerField(default=0)
    problem = models.CharField(max_length=200, blank=True)

    class Meta:
        indexes = [models.Index(fields=["book", "-id"], name="run_newest_first")]
        constraints = [
            models.UniqueConstraint(
                fields=["book"], condition=Q(state__in=UNFINISHED), name="book_is_reconciled_once_at_a_time"
            ),
            models.CheckConstraint(condition=Q(book__in=Book.values), name="run_book_is_known"),
            models.CheckConstraint(condition=Q(origin__in=RunOrigin.values), name="run_origin_is_known"),
            models.CheckConstraint(
                condition=Q(state__in=UNFINISHED, finished_at__isnull=True)
                | Q(state__in=[RunState.CLEAN, RunState.BROKEN, RunState.FAILED], finished_at__isnull=False),
                name="run_is_finished_with_an_answer",
            ),
            models.CheckConstraint(condition=~Q(state=RunState.CLEAN) | Q(found=0), name="run_is_clean_without_breaks"),
        ]

    def __str__(self) -> str:
        return self.public_id

    @property
    def is_unfinished(self) -> bool:
        return self.state in UNFINISHED


class Break(models.Model):
    """Two things that should agree and do not. One open of each kind and subject; it is found again by later runs.

    `subject` names the thing (`ESC_…`, `ESC_…/3`, `ent_…`, `stm_…/12`, `book`), `account` the ledger account concerned.
    Amounts are empty where the break is about none. `scope` is what was halted for it, or would be.
    """

    public_id = models.CharField(max_length=40, unique=True)
    book = models.CharField(max_length=4, choices=Book)
    kind = models.CharField(max_length=24, choices=BreakKind)
    subject = models.CharField(max_length=80)
    scope = models.CharField(max_length=64)
    account = models.CharField(max_length=100, blank=True)
    currency = models.CharField(max_length=3, blank=True)
    expected_minor = models.BigIntegerField(null=True)
    actual_minor = models.BigIntegerField(null=True)
    detail = models.CharField(max_length=300, blank=True)
    state = models.CharField(max_length=11, choices=BreakState)
    first_run = models.ForeignKey(ReconciliationRun, on_delete=models.PROTECT, related_name="+")
    first_seen_at = models.DateTimeField()
    last_run = models.ForeignKey(ReconciliationRun, on_delete=models.PROTECT, related_name="+")
    last_seen_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    closed_why = models.CharField(max_length=500, blank=True)
    approval_id = models.CharField(max_length=40, blank=True)
    entry_id = models.CharField(max_length=40, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["book", "-id"], name="break_newest_first"),
            models.Index(fields=["book", "state", "-id"], name="break_by_state"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["book", "kind", "subject", "currency"],
                condition=Q(state=BreakState.OPEN),
                name="break_is_open_once",
            ),
            models.UniqueConstraint(
                fields=["approval_id"], condition=~Q(approval_id=""), name="write_off_is_approved_once"
            ),
            models.CheckConstraint(condition=Q(book__in=Book.values), name="break_book_is_known"),
            models.CheckConstraint(condition=Q(kind__in=BreakKind.values), name="break_kind_is_known"),
            models.CheckConstraint(
                condition=Q(state=BreakState.OPEN, closed_at__isnull=True, approval_id="", entry_id="")
                | Q(state=BreakState.CLEARED, closed_at__isnull=False, approval_id="", entry_id="")
                | (Q(state=BreakState.WRITTEN_OFF, closed_at__isnull=False) & ~Q(approval_id="") & ~Q(closed_why="")),
                name="break_ends_for_a_reason",
            ),
            models.CheckConstraint(condition=Q(last_seen_at__gte=F("first_seen_at")), name="break_is_seen_in_order"),
        ]

    def __str__(self) -> str:
        return self.public_id

    @property
    def difference_minor(self) -> int | None:
        if self.expected_minor is None or self.actual_minor is None:
            return None
        return self.actual_minor - self.expected_minor


class StateExport(models.Model):
    """What a scope held at the moment a run halted it. Append-only. `content` is JSON text."""

    public_id = models.CharField(max_length=40, unique=True)
    run = models.ForeignKey(ReconciliationRun, on_delete=models.PROTECT, related_name="exports")
    scope = models.CharField(max_length=64)
    content = models.TextField()
    sha256 = models.CharField(max_length=64)
    made_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "scope"], name="scope_is_exported_once_a_run")]

    def __str__(self) -> str:
        return self.public_id


class Certificate(models.Model):
    """What a run proved of its book, signed, with the digest of the certificate before. Append-only.

    `document` is canonical JSON, `digest` its SHA-256, `mac` a keyed hash of the document.
    """

    public_id = models.CharField(max_length=40, unique=True)
    run = models.OneToOneField(ReconciliationRun, on_delete=models.PROTECT, related_name="certificate")
    book = models.CharField(max_length=4, choices=Book)
    number = models.PositiveIntegerField()
    document = models.TextField()
    digest = models.CharField(max_length=64)
    previous_digest = models.CharField(max_length=64, blank=True)
    key_id = models.CharField(max_length=40)
    mac = models.BinaryField(max_length=32)
    signed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["book", "number"], name="certificate_has_its_own_number"),
            models.UniqueConstraint(fields=["book", "previous_digest"], name="certificate_follows_one_other"),
            models.CheckConstraint(
                condition=Q(number=1, previous_digest="") | (Q(number__gt=1) & ~Q(previous_digest="")),
                name="certificate_follows_the_one_before",
            ),
        ]

    def __str__(self) -> str:
        return self.public_id
