"""Periodic jobs become rows: one per job and moment, whoever asks first; and the list's own housekeeping."""

from datetime import datetime, timedelta

from django.db import connection

from core.parameters import services as parameters
from core.work.models import JobRun, State, WorkItem
from core.work.registry import jobs, periodic

FORGET_BATCH = 5_000

_seen: dict[str, datetime] = {}


def schedule(*, now: datetime) -> None:
    """Write the run of every job whose current moment this process has not seen yet.

    A job with an unfinished run gets no second one: it does not overlap itself, and a moment missed while nobody
    was running is not made up.
    """
    slots = {job.name: job.slot(now) for job in jobs()}
    fresh = {name: slot for name, slot in slots.items() if _seen.get(name) != slot}
    if not fresh:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO work_jobrun (job, scheduled_for, state, attempts, due_at, created_at, last_error)
            SELECT job, scheduled_for, 'DUE', 0, scheduled_for, %s, ''
            FROM unnest(%s::text[], %s::timestamptz[]) AS fresh(job, scheduled_for)
            ON CONFLICT DO NOTHING
            """,
            [now, list(fresh), list(fresh.values())],
        )
    _seen.update(fresh)


def forget_schedule() -> None:
    """Ask the database again at the next pass; for tests, whose tables are emptied under a running process."""
    _seen.clear()


@periodic("work.forget_finished", every=timedelta(hours=1))
def forget_finished(*, now: datetime) -> None:
    """Delete finished rows older than their parameter says; parked rows stay until a person decides."""
    for model, name in ((WorkItem, "work.keep_days"), (JobRun, "jobs.keep_days")):
        before = now - timedelta(days=parameters.read(name, at=now))
        old = model.objects.filter(state=State.DONE, finished_at__lt=before)
        while batch := list(old.values_list("pk", flat=True)[:FORGET_BATCH]):
            model.objects.filter(pk__in=batch).delete()
