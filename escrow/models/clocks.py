"""What stops an escrow, and what will happen to it by itself."""

from django.db import models
from django.db.models import Q

from escrow.enums import LockReason, TimerKind, TimerState
from escrow.models.escrow import Escrow


class Lock(models.Model):
    """A reason why the money stays. One open of each reason; `reference` is what it waits for (`apr_…`)."""

    escrow = models.ForeignKey(Escrow, on_delete=models.PROTECT, related_name="locks")
    reason = models.CharField(max_length=14, choices=LockReason)
    note = models.CharField(max_length=500, blank=True)
    reference = models.CharField(max_length=64, blank=True)
    placed_by = models.CharField(max_length=120)
    placed_at = models.DateTimeField()
    lifted_by = models.CharField(max_length=120, blank=True)
    lifted_at = models.DateTimeField(null=True)
    lifted_note = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["escrow", "reason"],
                condition=Q(lifted_at__isnull=True),
                name="escrow_is_locked_once_for_a_reason",
            ),
            models.CheckConstraint(condition=Q(reason__in=LockReason.values), name="lock_reason_is_known"),
            models.CheckConstraint(
                condition=Q(lifted_at__isnull=True, lifted_by="") | (Q(lifted_at__isnull=False) & ~Q(lifted_by="")),
                name="lock_is_lifted_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.escrow_id} {self.reason}"


class Timer(models.Model):
    """Fires once at `due_at`, or is stopped. `key` tells timers of one kind apart (a condition's id).

    `late_seconds` says by how much it fired too late, `outcome` in words what came of it; that is written once.
    """

    escrow = models.ForeignKey(Escrow, on_delete=models.PROTECT, related_name="timers", db_index=False)
    livemode = models.BooleanField()
    kind = models.CharField(max_length=20, choices=TimerKind)
    key = models.CharField(max_length=80, blank=True)
    due_at = models.DateTimeField()
    state = models.CharField(max_length=7, choices=TimerState, default=TimerState.PENDING)
    created_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    late_seconds = models.PositiveIntegerField(null=True)
    outcome = models.CharField(max_length=300, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["livemode", "state", "due_at", "id"], name="timer_by_due"),
            models.Index(fields=["livemode", "state", "kind", "due_at", "id"], name="timer_by_kind"),
            models.Index(fields=["escrow", "due_at", "id"], name="timer_of_escrow"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["escrow", "kind", "key"],
                condition=Q(state=TimerState.PENDING),
                name="timer_is_set_once",
            ),
            models.CheckConstraint(condition=Q(kind__in=TimerKind.values), name="timer_kind_is_known"),
            models.CheckConstraint(
                condition=Q(state=TimerState.PENDING, ended_at__isnull=True)
                | (Q(state__in=[TimerState.FIRED, TimerState.STOPPED]) & Q(ended_at__isnull=False)),
                name="timer_ends_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.due_at:%Y-%m-%d %H:%M}"
