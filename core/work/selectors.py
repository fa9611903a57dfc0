"""How much is waiting, for how long, and what waits for a person."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

from django.db.models import Count, Min, Q, QuerySet

from core.work.models import Claimable, JobRun, State, WorkItem
from core.work.registry import Job, jobs

Row = TypeVar("Row", bound=Claimable)


@dataclass(frozen=True, slots=True)
class Load:
    """`depth` rows are due or running at this moment, the oldest since `lag`; `parked` wait for a person."""

    depth: int
    lag: timedelta
    parked: int


@dataclass(frozen=True, slots=True)
class JobLine:
    """A job as the console lists it. `late` is zero while it keeps its times."""

    job: Job
    run: JobRun | None
    next_due_at: datetime
    late: timedelta


def load(*, now: datetime) -> Load:
    """The work list's load. Work ordered for later is not depth."""
    return measure(WorkItem, now=now)


def jobs_load(*, now: datetime) -> Load:
    """The periodic jobs' load: `depth` above the number of jobs or a growing lag means that nobody runs them."""
    return measure(JobRun, now=now)


def measure(model: type[Claimable], *, now: datetime) -> Load:
    """Counted over the small indexes of unfinished rows; finished rows cost nothing."""
    found: dict[str, Any] = model.objects.filter(
        Q(state=State.DUE, due_at__lte=now) | Q(state=State.RUNNING)
    ).aggregate(depth=Count("pk"), oldest=Min("due_at"))
    lag = max(timedelta(), now - found["oldest"]) if found["oldest"] else timedelta()
    return Load(found["depth"], lag, model.objects.filter(state=State.PARKED).count())


def list_parked() -> QuerySet[WorkItem]:
    """Work that used up its tries, oldest first."""
    return WorkItem.objects.filter(state=State.PARKED).order_by("due_at", "pk")


def list_in_state(model: type[Row], state: str) -> tuple[QuerySet[Row], tuple[str, ...]]:
    """Rows in a state and the fields they page by: each state has its small index. Without a state the newest first.

    Finished rows are only found among all, where they are the most.
    """
    if state in (State.DUE, State.PARKED):
        return model.objects.filter(state=state), ("due_at", "pk")
    if state == State.RUNNING:
        return model.objects.filter(state=state), ("lease_until", "pk")
    return model.objects.all(), ("pk",)


def list_jobs(*, now: datetime) -> list[JobLine]:
    """Every job that the program declares with its last run, by name."""
    last = {run.job: run for run in list_last_runs()}
    return [_line(job, last.get(job.name), now) for job in jobs()]


def _line(job: Job, run: JobRun | None, now: datetime) -> JobLine:
    """Late is what has not ended two intervals (and at least a minute) after it was due."""
    due = job.slot(now) + job.every
    patience = max(2 * job.every, timedelta(minutes=1))
    if run is None:
        return JobLine(job, None, due, timedelta())
    waits_since = run.due_at if run.state != State.DONE else run.scheduled_for + job.every
    late = now - waits_since
    return JobLine(job, run, due, late if late > patience else timedelta())


def list_last_runs() -> list[JobRun]:
    """The latest run of every job that the program declares, by name; one look into an index per job."""
    return list(
        JobRun.objects.raw(
            """
            SELECT run.* FROM unnest(%s::text[]) AS declared(job) CROSS JOIN LATERAL (
                SELECT * FROM work_jobrun WHERE work_jobrun.job = declared.job ORDER BY scheduled_for DESC LIMIT 1
            ) AS run ORDER BY run.job
            """,
            [[job.name for job in jobs()]],
        )
    )
