"""What we send back about something that a bank sent us: a dishonored return, or the refusal of a correction."""

from django.db import models
from django.db.models import Q

from ach.enums import Direction, ReplyKind, ReplyState

UNFILED = (ReplyState.WAITING, ReplyState.PARKED, ReplyState.WITHDRAWN)


class Reply(models.Model):
    """It answers `item`, because of its `dishonor` or its `change`. What it says is made when its file is written.

    `due_at` is the cutoff that carries it; at `deadline_at` the rules' time for it is over. `amount_minor` and
    `direction` are those of the return, nothing and CREDIT or DEBIT of a refusal. Place: `file`, `batch_number`,
    `line`, `trace`.
    """

    public_id = models.CharField(max_length=40, unique=True)
    livemode = models.BooleanField()
    originator = models.ForeignKey("ach.Originator", on_delete=models.PROTECT, related_name="+", db_index=False)
    kind = models.CharField(max_length=8, choices=ReplyKind)
    item = models.ForeignKey("ach.InboundItem", on_delete=models.PROTECT, related_name="replies")
    dishonor = models.ForeignKey("ach.Dishonor", on_delete=models.PROTECT, related_name="replies", null=True)
    change = models.ForeignKey("ach.Change", on_delete=models.PROTECT, related_name="replies", null=True)
    code = models.CharField(max_length=3)
    direction = models.CharField(max_length=6, choices=Direction)
    amount_minor = models.BigIntegerField()
    due_at = models.DateTimeField()
    deadline_at = models.DateTimeField()
    state = models.CharField(max_length=9, choices=ReplyState, default=ReplyState.WAITING)
    state_why = models.CharField(max_length=200, blank=True, default="")
    file = models.ForeignKey("ach.File", on_delete=models.PROTECT, related_name="replies", null=True, db_index=False)
    batch_number = models.PositiveIntegerField(null=True)
    line = models.PositiveIntegerField(null=True)
    trace = models.CharField(max_length=15, blank=True, default="")
    filed_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    created_by = models.CharField(max_length=120)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(state__in=ReplyState.values), name="ach_reply_state_is_known"),
            models.CheckConstraint(
                condition=Q(kind=ReplyKind.DISHONOR, dishonor__isnull=False, change=None)
                | Q(kind=ReplyKind.REFUSAL, change__isnull=False, dishonor=None, amount_minor=0),
                name="ach_reply_names_what_it_is_for",
            ),
            models.UniqueConstraint(
                fields=["item"], condition=~Q(state=ReplyState.WITHDRAWN), name="ach_item_is_replied_to_once"
            ),
            models.UniqueConstraint(
                fields=["file", "batch_number", "trace"],
                condition=Q(file__isnull=False),
                name="ach_reply_has_its_own_trace",
            ),
            models.CheckConstraint(
                condition=Q(state__in=UNFILED, file=None, batch_number=None, line=None, trace="", filed_at=None)
                | (
                    ~Q(state__in=UNFILED)
                    & Q(file__isnull=False, batch_number__isnull=False, filed_at__isnull=False)
                    & ~Q(trace="")
                ),
                name="ach_reply_has_its_place_once_filed",
            ),
            models.CheckConstraint(
                condition=Q(state=ReplyState.SENT, sent_at__isnull=False, line__isnull=False)
                | ~Q(state=ReplyState.SENT) & Q(sent_at=None),
                name="ach_reply_is_sent_at_a_time",
            ),
        ]
        indexes = [
            models.Index(
                fields=["originator", "due_at", "id"],
                condition=Q(state=ReplyState.WAITING),
                name="ach_reply_by_cutoff",
            ),
            models.Index(fields=["file", "id"], condition=Q(file__isnull=False), name="ach_reply_by_file"),
            models.Index(fields=["trace", "-id"], condition=~Q(trace=""), name="ach_reply_by_trace"),
            models.Index(
                fields=["deadline_at", "id"],
                condition=~Q(state__in=(ReplyState.SENT, ReplyState.WITHDRAWN)),
                name="ach_reply_by_deadline",
            ),
        ]

    def __str__(self) -> str:
        return self.public_id
