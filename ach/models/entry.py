"""One entry: what is asked of the bank, where it stands in which file, and what became of it."""

from django.db import models
from django.db.models import F, Q

from ach.enums import Direction, EntryKind, EntryState, Priority

UNFILED = (EntryState.WAITING, EntryState.HELD, EntryState.PARKED, EntryState.CANCELLED)
UNSENT = (EntryState.WAITING, EntryState.HELD)


class Entry(models.Model):
    """`reference` is the public id of whatever asked for it, unique per `kind`.

    `account` has the number under lock; nothing here repeats it. `name` is the receiver as the file names it,
    `description` the ten columns of the batch, `addenda` the eighty of the entry. `due_at` is the cutoff that may carry
    it; `effective_on` the day asked of the bank. `on_behalf` is the seller whose return rate it counts in.
    `original` is the entry that a reversal or a retry follows. Place: `file`, `batch_number`, `line`, `trace`.
    `settles_on` and `settles_at` are known once it is sent.
    """

    public_id = models.CharField(max_length=40, unique=True)
    livemode = models.BooleanField()
    originator = models.ForeignKey("ach.Originator", on_delete=models.PROTECT, related_name="+", db_index=False)
    kind = models.CharField(max_length=8, choices=EntryKind)
    reference = models.CharField(max_length=64)
    account = models.ForeignKey("compliance.BankAccount", on_delete=models.PROTECT, related_name="+")
    party = models.ForeignKey("compliance.Party", on_delete=models.PROTECT, related_name="+", db_index=False)
    on_behalf = models.ForeignKey(
        "compliance.Party", on_delete=models.PROTECT, related_name="+", null=True, db_index=False
    )
    original = models.ForeignKey("self", on_delete=models.PROTECT, related_name="followers", null=True)
    direction = models.CharField(max_length=6, choices=Direction)
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    sec = models.CharField(max_length=3)
    transaction_code = models.CharField(max_length=2)
    payment_type = models.CharField(max_length=2, blank=True, default="")
    name = models.CharField(max_length=22)
    individual_id = models.CharField(max_length=15, blank=True, default="")
    description = models.CharField(max_length=10)
    addenda = models.CharField(max_length=80, blank=True, default="")
    priority = models.CharField(max_length=8, choices=Priority)
    effective_on = models.DateField()
    due_at = models.DateTimeField()
    state = models.CharField(max_length=12, choices=EntryState, default=EntryState.WAITING)
    state_why = models.CharField(max_length=200, blank=True, default="")
    file = models.ForeignKey("ach.File", on_delete=models.PROTECT, related_name="entries", null=True, db_index=False)
    batch_number = models.PositiveIntegerField(null=True)
    line = models.PositiveIntegerField(null=True)
    trace = models.CharField(max_length=15, blank=True, default="")
    filed_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    settles_on = models.DateField(null=True)
    settles_at = models.DateTimeField(null=True)
    settled_at = models.DateTimeField(null=True)
    return_code = models.CharField(max_length=3, blank=True, default="")
    returned_at = models.DateTimeField(null=True)
    created_by = models.CharField(max_length=120)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "reference"], name="ach_entry_is_asked_once"),
            models.UniqueConstraint(
                fields=["file", "batch_number", "trace"],
                condition=Q(file__isnull=False),
                name="ach_entry_has_its_own_trace",
            ),
            models.CheckConstraint(condition=Q(state__in=EntryState.values), name="ach_entry_state_is_known"),
            models.CheckConstraint(condition=Q(kind__in=EntryKind.values), name="ach_entry_kind_is_known"),
            models.CheckConstraint(condition=Q(direction__in=Direction.values), name="ach_entry_direction_is_known"),
            models.CheckConstraint(
                condition=Q(kind=EntryKind.PRENOTE, amount_minor=0)
                | (~Q(kind=EntryKind.PRENOTE) & Q(amount_minor__gt=0, amount_minor__lte=9_999_999_999)),
                name="ach_entry_amount_fits_ten_columns",
            ),
            models.CheckConstraint(
                condition=Q(state__in=UNFILED, file=None, batch_number=None, line=None, trace="", filed_at=None)
                | (
                    ~Q(state__in=UNFILED)
                    & Q(file__isnull=False, batch_number__isnull=False, filed_at__isnull=False)
                    & ~Q(trace="")
                ),
                name="ach_entry_has_its_place_once_filed",
            ),
            models.CheckConstraint(
                condition=Q(state=EntryState.RETURNED, returned_at__isnull=False) & ~Q(return_code="")
                | ~Q(state=EntryState.RETURNED) & Q(returned_at=None, return_code=""),
                name="ach_entry_returns_with_a_code",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=(EntryKind.REVERSAL, EntryKind.RETRY), original__isnull=False)
                | (~Q(kind__in=(EntryKind.REVERSAL, EntryKind.RETRY)) & Q(original=None)),
                name="ach_entry_names_what_it_follows",
            ),
            models.CheckConstraint(
                condition=Q(settled_at=None) | Q(sent_at__isnull=False, settled_at__gte=F("sent_at")),
                name="ach_entry_settles_after_it_was_sent",
            ),
        ]
        indexes = [
            models.Index(fields=["livemode", "-created_at", "-id"], name="ach_entry_newest_first"),
            models.Index(fields=["livemode", "state", "-created_at", "-id"], name="ach_entry_by_state"),
            models.Index(
                fields=["originator", "due_at", "id"],
                condition=Q(state=EntryState.WAITING),
                name="ach_entry_by_cutoff",
            ),
            models.Index(
                fields=["file", "batch_number", "line"], condition=Q(file__isnull=False), name="ach_entry_by_line"
            ),
            models.Index(fields=["id"], condition=Q(line=None) & ~Q(state__in=UNFILED), name="ach_entry_without_line"),
            models.Index(fields=["trace", "-id"], condition=~Q(trace=""), name="ach_entry_by_trace"),
            models.Index(fields=["party", "-created_at", "-id"], name="ach_entry_by_party"),
            models.Index(
                fields=["settles_on", "id"],
                condition=Q(state__in=(EntryState.SENT, EntryState.ACKNOWLEDGED)),
                name="ach_entry_to_settle",
            ),
            models.Index(
                fields=["originator", "direction", "sent_at"],
                condition=Q(sent_at__isnull=False),
                name="ach_entry_for_rates",
            ),
            models.Index(
                fields=["on_behalf", "direction", "sent_at"],
                condition=Q(sent_at__isnull=False, on_behalf__isnull=False),
                name="ach_entry_for_seller_rates",
            ),
            models.Index(fields=["account", "id"], condition=Q(state__in=UNSENT), name="ach_entry_unsent_of_account"),
        ]

    def __str__(self) -> str:
        return self.public_id
