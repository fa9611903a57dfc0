"""What an escrow is made of: parts that end once, and the posting that ended each."""

from django.db import models
from django.db.models import Q

from escrow.enums import MovementKind, PartState
from escrow.models.escrow import Escrow


class Part(models.Model):
    """An amount that leaves the escrow as a whole. To move less, it is DIVIDED into parts that sum to it.

    `condition_id` names the milestone that frees it; empty: the terms as a whole do.
    """

    escrow = models.ForeignKey(Escrow, on_delete=models.PROTECT, related_name="parts")
    number = models.PositiveSmallIntegerField()
    parent = models.ForeignKey("self", on_delete=models.PROTECT, related_name="children", null=True)
    amount_minor = models.BigIntegerField()
    state = models.CharField(max_length=8, choices=PartState, default=PartState.HELD)
    condition_id = models.CharField(max_length=64, blank=True)
    created_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["escrow", "number"], name="part_number_is_unique"),
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="part_amount_is_positive"),
            models.CheckConstraint(condition=Q(state__in=PartState.values), name="part_state_is_known"),
            models.CheckConstraint(
                condition=Q(state=PartState.HELD, settled_at__isnull=True)
                | (~Q(state=PartState.HELD) & Q(settled_at__isnull=False)),
                name="part_is_settled_when_it_ended",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.escrow_id}/{self.number}"


class Movement(models.Model):
    """The one posting that ended a part. Append-only.

    `reference` is what ordered it: `apr_…` (signatures), `re_…` (refund), `cb_…` (chargeback), `dsp_…` (dispute), or a
    word. `approval_id` where signatures were needed.
    """

    part = models.OneToOneField(Part, on_delete=models.PROTECT, related_name="movement")
    escrow = models.ForeignKey(Escrow, on_delete=models.PROTECT, related_name="movements")
    kind = models.CharField(max_length=10, choices=MovementKind)
    amount_minor = models.BigIntegerField()
    entry_id = models.CharField(max_length=40)
    transaction_id = models.CharField(max_length=40)
    reference = models.CharField(max_length=64, blank=True)
    approval_id = models.CharField(max_length=40, blank=True, default="", db_default="")
    by = models.CharField(max_length=120)
    reason = models.CharField(max_length=500, blank=True)
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["entry_id"], name="movement_by_entry")]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=MovementKind.values), name="movement_kind_is_known"),
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="movement_amount_is_positive"),
        ]

    def __str__(self) -> str:
        return self.transaction_id
