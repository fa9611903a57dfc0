"""What the sandbox bank remembers. It plays an outside party: no table of the product points here.

It never keeps an account number beside the sealed files, only which documented behaviour the number asks for.
"""

from django.db import models
from django.db.models import Q

from ach.enums import Direction
from ach.sandbox.enums import InboxState, MovementKind, OutboxKind, PostingState


class SandboxInbox(models.Model):
    """A file that was delivered. `content` is sealed, `sha256` of the plain bytes.

    `header_key` is destination, origin, date, time and modifier, by which a bank knows a file that it had already.
    `acknowledges_at` is when the answer leaves; none for a file that is never answered.
    """

    public_id = models.CharField(max_length=40, unique=True)
    originator = models.ForeignKey("ach.Originator", on_delete=models.PROTECT, related_name="+", db_index=False)
    name = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64)
    size = models.PositiveBigIntegerField()
    content = models.BinaryField()
    state = models.CharField(max_length=8, choices=InboxState, default=InboxState.RECEIVED)
    why = models.CharField(max_length=200, blank=True, default="")
    header_key = models.CharField(max_length=31, blank=True, default="")
    entry_count = models.PositiveIntegerField(default=0)
    debit_minor = models.BigIntegerField(default=0)
    credit_minor = models.BigIntegerField(default=0)
    received_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)
    acknowledges_at = models.DateTimeField(null=True)
    acknowledged_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["originator", "name"], name="sandbox_inbox_has_a_name_once"),
            models.UniqueConstraint(
                fields=["originator", "header_key"],
                condition=Q(state=InboxState.ACCEPTED),
                name="sandbox_inbox_accepts_a_header_once",
            ),
            models.CheckConstraint(condition=Q(state__in=InboxState.values), name="sandbox_inbox_state_is_known"),
            models.CheckConstraint(
                condition=Q(state=InboxState.REJECTED) & ~Q(why="") | ~Q(state=InboxState.REJECTED) & Q(why=""),
                name="sandbox_inbox_rejects_with_a_reason",
            ),
        ]
        indexes = [
            models.Index(fields=["id"], condition=Q(state=InboxState.RECEIVED), name="sandbox_inbox_unread"),
            models.Index(
                fields=["acknowledges_at", "id"],
                condition=Q(acknowledges_at__isnull=False, acknowledged_at=None),
                name="sandbox_inbox_unanswered",
            ),
            models.Index(fields=["sha256"], name="sandbox_inbox_by_content"),
        ]

    def __str__(self) -> str:
        return self.public_id


class SandboxPosting(models.Model):
    """One entry of an accepted file. `line`, `batch_number` and `trace` are its place, `routing` the receiver's bank.

    `behaviour` has the three digits that its account number asks for, or nothing. `account_key` tells postings to one
    account, for behaviours that count. `answers_at` is when the next step of the behaviour is due; `told` has what was
    said so far: code, trace and banking day of each answer.
    """

    inbox = models.ForeignKey(SandboxInbox, on_delete=models.PROTECT, related_name="postings", db_index=False)
    line = models.PositiveIntegerField()
    batch_number = models.PositiveIntegerField()
    trace = models.CharField(max_length=15)
    routing = models.CharField(max_length=9)
    sec = models.CharField(max_length=3)
    transaction_code = models.CharField(max_length=2)
    direction = models.CharField(max_length=6, choices=Direction)
    amount_minor = models.BigIntegerField()
    behaviour = models.CharField(max_length=3, blank=True, default="")
    account_key = models.CharField(max_length=64, blank=True, default="")
    settles_on = models.DateField()
    settles_at = models.DateTimeField()
    step = models.PositiveSmallIntegerField(default=0)
    answers_at = models.DateTimeField(null=True)
    told = models.JSONField(default=list)
    state = models.CharField(max_length=10, choices=PostingState, default=PostingState.ACCEPTED)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["inbox", "batch_number", "trace"], name="sandbox_posting_is_once"),
            models.CheckConstraint(condition=Q(state__in=PostingState.values), name="sandbox_posting_state_is_known"),
            models.CheckConstraint(
                condition=Q(direction__in=Direction.values), name="sandbox_posting_direction_is_known"
            ),
        ]
        indexes = [
            models.Index(
                fields=["settles_at", "id"], condition=Q(state=PostingState.ACCEPTED), name="sandbox_posting_to_settle"
            ),
            models.Index(
                fields=["answers_at", "id"], condition=Q(answers_at__isnull=False), name="sandbox_posting_to_answer"
            ),
            models.Index(fields=["account_key"], condition=~Q(account_key=""), name="sandbox_posting_by_account"),
        ]

    def __str__(self) -> str:
        return self.trace


class SandboxMovement(models.Model):
    """A line of our account at the bank: above zero came in, below zero left. `code` of what came back.

    What somebody else paid in or took out has no posting but a `reference` and `words` of its own.
    """

    posting = models.ForeignKey(SandboxPosting, on_delete=models.PROTECT, related_name="movements", null=True)
    day = models.DateField()
    kind = models.CharField(max_length=10, choices=MovementKind)
    code = models.CharField(max_length=3, blank=True, default="")
    reference = models.CharField(max_length=100, blank=True, default="")
    words = models.CharField(max_length=100, blank=True, default="")
    amount_minor = models.BigIntegerField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(amount_minor=0), name="sandbox_movement_moves_something"),
            models.CheckConstraint(condition=Q(kind__in=MovementKind.values), name="sandbox_movement_kind_is_known"),
            models.CheckConstraint(
                condition=Q(kind=MovementKind.OTHER, posting=None) & ~Q(reference="") & ~Q(words="")
                | ~Q(kind=MovementKind.OTHER) & Q(posting__isnull=False, reference="", words=""),
                name="sandbox_movement_is_of_a_posting_or_named",
            ),
            models.UniqueConstraint(
                fields=["reference", "words"],
                condition=Q(kind=MovementKind.OTHER),
                name="sandbox_movement_of_others_is_once",
            ),
        ]
        indexes = [models.Index(fields=["day", "id"], name="sandbox_movement_by_day")]


class SandboxOutbox(models.Model):
    """A file to be fetched, sealed. It lies there until the product says that it is done with it (`taken_at`)."""

    public_id = models.CharField(max_length=40, unique=True)
    originator = models.ForeignKey("ach.Originator", on_delete=models.PROTECT, related_name="+", db_index=False)
    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=15, choices=OutboxKind)
    sha256 = models.CharField(max_length=64)
    content = models.BinaryField()
    made_at = models.DateTimeField()
    taken_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["originator", "name"], name="sandbox_outbox_has_a_name_once"),
            models.CheckConstraint(condition=Q(kind__in=OutboxKind.values), name="sandbox_outbox_kind_is_known"),
        ]
        indexes = [
            models.Index(
                fields=["originator", "made_at", "id"], condition=Q(taken_at=None), name="sandbox_outbox_to_fetch"
            ),
            models.Index(fields=["originator", "kind", "made_at"], name="sandbox_outbox_by_moment"),
        ]

    def __str__(self) -> str:
        return self.public_id
