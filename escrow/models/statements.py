"""What the bank says happened on the trust account, and which of our entries is which of its lines."""

from django.db import models
from django.db.models import F, Q

from escrow.enums_reconciliation import FileState, MatchRule
from ledger.enums import Book


class StatementFile(models.Model):
    """A file as it came, stored before it was read. `content` is encrypted: it names our account.

    `sha256` is of the plain bytes; one content is taken once. `problem` says why it could not be read.
    """

    public_id = models.CharField(max_length=40, unique=True)
    book = models.CharField(max_length=4, choices=Book)
    name = models.CharField(max_length=120)
    format = models.CharField(max_length=4, blank=True)
    sha256 = models.CharField(max_length=64)
    size = models.PositiveIntegerField()
    content = models.BinaryField()
    state = models.CharField(max_length=10, choices=FileState)
    problem = models.CharField(max_length=200, blank=True)
    received_by = models.CharField(max_length=120)
    received_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["book", "-id"], name="statement_file_newest_first")]
        constraints = [
            models.UniqueConstraint(fields=["sha256"], name="statement_content_is_taken_once"),
            models.CheckConstraint(condition=Q(book__in=Book.values), name="statement_file_book_is_known"),
            models.CheckConstraint(
                condition=Q(state=FileState.STORED, read_at__isnull=True, problem="")
                | Q(state=FileState.READ, read_at__isnull=False, problem="")
                | (Q(state=FileState.UNREADABLE, read_at__isnull=False) & ~Q(problem="")),
                name="statement_file_is_read_or_says_why_not",
            ),
        ]

    def __str__(self) -> str:
        return self.public_id


class BankStatement(models.Model):
    """One account from one day to another, both included. Append-only. Of the account only its end is kept."""

    public_id = models.CharField(max_length=40, unique=True)
    file = models.ForeignKey(StatementFile, on_delete=models.PROTECT, related_name="statements")
    book = models.CharField(max_length=4, choices=Book)
    account_tail = models.CharField(max_length=4, blank=True)
    currency = models.CharField(max_length=3)
    first_day = models.DateField()
    last_day = models.DateField()
    opening_minor = models.BigIntegerField()
    closing_minor = models.BigIntegerField()
    line_count = models.PositiveIntegerField()
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["book", "currency", "last_day"], name="day_has_one_bank_statement"),
            models.CheckConstraint(condition=Q(book__in=Book.values), name="bank_statement_book_is_known"),
            models.CheckConstraint(
                condition=Q(last_day__gte=F("first_day")), name="bank_statement_ends_after_it_begins"
            ),
        ]

    def __str__(self) -> str:
        return self.public_id


class StatementLine(models.Model):
    """A movement as the bank tells it: above zero came in, below left. Append-only. `number` is of the file."""

    statement = models.ForeignKey(BankStatement, on_delete=models.PROTECT, related_name="lines", db_index=False)
    number = models.PositiveIntegerField()
    day = models.DateField()
    amount_minor = models.BigIntegerField()
    reference = models.CharField(max_length=100, blank=True)
    description = models.CharField(max_length=500, blank=True)
    code = models.CharField(max_length=3, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["statement", "number"], name="statement_line_has_its_own_number"),
            models.CheckConstraint(condition=~Q(amount_minor=0), name="statement_line_moves_money"),
        ]

    def __str__(self) -> str:
        return f"{self.statement_id}/{self.number}"


class LineMatch(models.Model):
    """This entry of the ledger is (part of) this line of the bank. Append-only; an entry is in one line."""

    line = models.ForeignKey(StatementLine, on_delete=models.PROTECT, related_name="matches")
    entry = models.OneToOneField("ledger.Entry", on_delete=models.PROTECT, related_name="+")
    amount_minor = models.BigIntegerField()
    rule = models.CharField(max_length=9, choices=MatchRule)
    matched_at = models.DateTimeField()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(rule__in=MatchRule.values), name="match_rule_is_known")]

    def __str__(self) -> str:
        return f"{self.line_id} {self.rule}"
