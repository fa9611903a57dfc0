"""The work list: rows in PostgreSQL. Brokers and clocks only say when to look at it."""

from typing import ClassVar

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import Q


class State(models.TextChoices):
    """DUE waits for its time (also for a retry), RUNNING is claimed, DONE is history, PARKED waits for a person."""

    DUE = "DUE"
    RUNNING = "RUNNING"
    DONE = "DONE"
    PARKED = "PARKED"


def claimable_constraints(noun: str) -> list[models.BaseConstraint]:
    """What must be true of every claimable row, named after its noun."""
    return [
        models.CheckConstraint(condition=Q(state__in=State.values), name=f"{noun}_state_is_known"),
        models.CheckConstraint(
            condition=Q(state=State.RUNNING, lease_until__isnull=False)
            | (~Q(state=State.RUNNING) & Q(lease_until__isnull=True)),
            name=f"{noun}_has_a_lease_while_it_runs",
        ),
        models.CheckConstraint(
            condition=Q(state=State.DONE, finished_at__isnull=False)
            | (~Q(state=State.DONE) & Q(finished_at__isnull=True)),
            name=f"{noun}_is_finished_when_done",
        ),
    ]


def claimable_indexes(noun: str) -> list[models.Index]:
    """One small index per question the engine and the screens ask. Finished rows are only in the last, which costs next
    to nothing to keep: it knows the oldest and newest of each stretch of the table, enough to forget old rows."""
    return [
        models.Index(fields=["due_at"], condition=Q(state=State.DUE), name=f"{noun}_due"),
        models.Index(fields=["lease_until"], condition=Q(state=State.RUNNING), name=f"{noun}_running"),
        models.Index(fields=["due_at"], condition=Q(state=State.PARKED), name=f"{noun}_parked"),
        BrinIndex(fields=["finished_at"], autosummarize=True, name=f"{noun}_done"),
    ]


class Claimable(models.Model):
    """A row that one worker at a time takes, runs and finishes.

    `attempts` counts claims, so a row that kills its worker is counted too; it is also the fence: only the
    claim with the current number may finish the row. `lease_until` is when others may ask whether the
    runner still lives, not how long a run may take.
    """

    state = models.CharField(max_length=8, default=State.DUE)
    attempts = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField()
    lease_until = models.DateTimeField(null=True)
    last_error = models.CharField(max_length=300, default="")
    created_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    objects: ClassVar[models.Manager]

    class Meta:
        abstract = True


class WorkItem(Claimable):
    """One thing to do at or after `due_at`: `kind` names the performer, `key` what it is about."""

    kind = models.CharField(max_length=80)
    key = models.CharField(max_length=120)
    payload = models.JSONField(default=dict)
    correlation_id = models.CharField(max_length=64, default="")

    class Meta:
        constraints = [
            *claimable_constraints("work_item"),
            # A waiting or parked row takes up a second order for the same thing. A running one does not: it may
            # have read the world before the order came, so the order gets a row of its own, to be run after it.
            models.UniqueConstraint(
                fields=["kind", "key"],
                condition=Q(state__in=[State.DUE, State.PARKED]),
                name="work_item_waits_once",
            ),
            models.UniqueConstraint(
                fields=["kind", "key"], condition=Q(state=State.RUNNING), name="work_item_runs_alone"
            ),
        ]
        indexes = claimable_indexes("work_item")


class JobRun(Claimable):
    """One run of a periodic job. Two beats meet at the unique (job, scheduled_for).

    `duration_ms` is of the last try, also of one that failed; empty before the first.
    """

    job = models.CharField(max_length=80)
    scheduled_for = models.DateTimeField()
    duration_ms = models.PositiveIntegerField(null=True)

    class Meta:
        constraints = [
            *claimable_constraints("job_run"),
            models.UniqueConstraint(fields=["job", "scheduled_for"], name="job_run_is_scheduled_once"),
            models.UniqueConstraint(
                fields=["job"], condition=Q(state__in=[State.DUE, State.RUNNING]), name="job_run_does_not_overlap"
            ),
        ]
        indexes = claimable_indexes("job_run")
