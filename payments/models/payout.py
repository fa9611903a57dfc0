"""When a balance is paid out by itself, and each payout of it."""

from django.db import models
from django.db.models import Q

from payments.transfer_enums import Interval, Trigger

PAUSED = Q(paused_at__isnull=False)


class PayoutSchedule(models.Model):
    """`anchor` is the day: 1 (Monday) to 5 of a week, 1 to 28 of a month, 0 for every banking day.

    Nothing is paid below `minimum_minor`, and `reserve_minor` always stays. While it is paused nothing new is paid and
    what no file carries yet is held.
    """

    party = models.OneToOneField("compliance.Party", on_delete=models.PROTECT, related_name="payout_schedule")
    livemode = models.BooleanField()
    interval = models.CharField(max_length=7, choices=Interval)
    anchor = models.PositiveSmallIntegerField(default=0)
    minimum_minor = models.BigIntegerField(default=1)
    reserve_minor = models.BigIntegerField(default=0)
    currency = models.CharField(max_length=3)
    is_active = models.BooleanField(default=True)
    next_at = models.DateTimeField(null=True)
    last_outcome = models.CharField(max_length=200, blank=True, default="")
    paused_at = models.DateTimeField(null=True)
    paused_by = models.CharField(max_length=120, blank=True, default="")
    paused_why = models.CharField(max_length=200, blank=True, default="")
    updated_by = models.CharField(max_length=120)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(
                fields=["next_at", "id"],
                condition=Q(is_active=True, next_at__isnull=False, paused_at=None),
                name="payout_schedule_by_due",
            ),
            models.Index(fields=["livemode", "-created_at", "-id"], name="payout_schedule_newest_first"),
        ]
        permissions = [("pause_payouts", "Can pause the payouts of a party and let them go on")]
        constraints = [
            models.CheckConstraint(condition=Q(interval__in=Interval.values), name="payout_interval_is_known"),
            models.CheckConstraint(
                condition=Q(interval=Interval.DAILY, anchor=0)
                | Q(interval=Interval.WEEKLY, anchor__gte=1, anchor__lte=5)
                | Q(interval=Interval.MONTHLY, anchor__gte=1, anchor__lte=28),
                name="payout_anchor_is_a_day_of_its_interval",
            ),
            models.CheckConstraint(
                condition=Q(minimum_minor__gte=1, reserve_minor__gte=0), name="payout_limits_are_not_negative"
            ),
            models.CheckConstraint(
                condition=(PAUSED & ~Q(paused_by="") & ~Q(paused_why="")) | (~PAUSED & Q(paused_by="", paused_why="")),
                name="payout_is_paused_for_a_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.interval} {self.party_id}"


class Payout(models.Model):
    """One payment of a balance. `run` names the moment of the schedule it belongs to: one payout each."""

    public_id = models.CharField(max_length=40, unique=True)
    livemode = models.BooleanField()
    party = models.ForeignKey("compliance.Party", on_delete=models.PROTECT, related_name="+", db_index=False)
    transfer = models.OneToOneField("payments.Transfer", on_delete=models.PROTECT, related_name="payout")
    schedule = models.ForeignKey(PayoutSchedule, on_delete=models.PROTECT, related_name="payouts", null=True)
    trigger = models.CharField(max_length=9, choices=Trigger)
    run = models.DateTimeField(null=True)
    amount_minor = models.BigIntegerField()
    withheld_minor = models.BigIntegerField(default=0)
    currency = models.CharField(max_length=3)
    created_by = models.CharField(max_length=120)
    created_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["livemode", "-created_at", "-id"], name="payout_newest_first"),
            models.Index(fields=["party", "-created_at", "-id"], name="payout_by_party"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["schedule", "run"], name="payout_is_once_a_run"),
            models.CheckConstraint(
                condition=Q(amount_minor__gt=0, withheld_minor__gte=0), name="payout_amount_is_positive"
            ),
            models.CheckConstraint(
                condition=Q(trigger=Trigger.SCHEDULED, schedule__isnull=False, run__isnull=False)
                | Q(trigger=Trigger.ON_DEMAND, schedule=None, run=None),
                name="payout_has_its_run_if_scheduled",
            ),
        ]

    def __str__(self) -> str:
        return self.public_id
