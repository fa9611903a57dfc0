"""A return that we do not take."""

from django.db import models
from django.db.models import Q

from ach.enums import DishonorState

CODES = ("R61", "R62", "R67", "R68", "R69", "R70")


class Dishonor(models.Model):
    """`item` is the return, applied or in suspense. Its bank may contest until `contestable_until`; then it is undone.

    What tells the bank is its `Reply`: with that, `sent_at` and the days are those of the file that reached the bank.
    """

    public_id = models.CharField(max_length=40, unique=True)
    livemode = models.BooleanField()
    item = models.ForeignKey("ach.InboundItem", on_delete=models.PROTECT, related_name="dishonors")
    code = models.CharField(max_length=3)
    state = models.CharField(max_length=9, choices=DishonorState, default=DishonorState.OPEN)
    approval_id = models.CharField(max_length=40)
    requested_by = models.CharField(max_length=120)
    requested_at = models.DateTimeField()
    settles_on = models.DateField()
    contestable_until = models.DateTimeField()
    contest = models.OneToOneField("ach.InboundItem", on_delete=models.PROTECT, related_name="contests", null=True)
    sent_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(state__in=DishonorState.values), name="ach_dishonor_state_is_known"),
            models.CheckConstraint(condition=Q(code__in=CODES), name="ach_dishonor_code_is_one_of_ours"),
            models.CheckConstraint(
                condition=Q(state=DishonorState.OPEN, ended_at=None)
                | ~Q(state=DishonorState.OPEN) & Q(ended_at__isnull=False),
                name="ach_dishonor_ends_at_a_time",
            ),
            models.CheckConstraint(
                condition=Q(state=DishonorState.CONTESTED, contest__isnull=False)
                | ~Q(state=DishonorState.CONTESTED) & Q(contest=None),
                name="ach_dishonor_names_its_contest",
            ),
            models.UniqueConstraint(
                fields=["item"], condition=~Q(state=DishonorState.WITHDRAWN), name="ach_return_is_dishonored_once"
            ),
            models.CheckConstraint(
                condition=~Q(state=DishonorState.WITHDRAWN) | Q(sent_at=None), name="ach_dishonor_is_withdrawn_unsent"
            ),
        ]
        indexes = [
            models.Index(fields=["livemode", "-requested_at", "-id"], name="ach_dishonor_newest_first"),
            models.Index(fields=["livemode", "state", "-requested_at", "-id"], name="ach_dishonor_by_state"),
            models.Index(
                fields=["contestable_until", "id"], condition=Q(state=DishonorState.OPEN), name="ach_dishonor_by_end"
            ),
        ]

    def __str__(self) -> str:
        return self.public_id
