"""Order work inside a transaction, and run what is due. The list is rows; brokers only wake whoever runs it.

    @work.performs("payments.resume")
    def resume(*, key: str, payload: dict[str, Any], now: datetime) -> None: ...

    work.enqueue(kind="payments.resume", key=payment.public_id, payload={}, due_at=now, now=now)

Payloads are ids and numbers. Never a card number, an account number or a secret: rows are kept and shown to staff.
"""

import json
import time
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from core.actors import Actor
from core.audit import services as audit
from core.telemetry import context
from core.work import jobs, wake
from core.work.engine import Lane, Step, Tally, run_pass
from core.work.models import JobRun, State, WorkItem
from core.work.registry import job, performer, performs, periodic

__all__ = [
    "OutsideTransaction",
    "cancel",
    "drain",
    "enqueue",
    "performs",
    "periodic",
    "retry",
    "retry_all",
    "run_job_now",
    "run_pending",
]

MAX_PASSES = 10_000
RETRIED_AT_ONCE = 500


class OutsideTransaction(RuntimeError):
    """Something that must commit together with its cause was called without an open transaction."""


class NeverDone(RuntimeError):
    """Work kept making more work due at the same moment."""


def enqueue(*, kind: str, key: str, payload: dict[str, Any], due_at: datetime, now: datetime) -> None:
    """Order `kind` for `key` at or after `due_at`; commits with the caller's transaction or not at all.

    While the same order waits, a second one only brings it forward (never a retry that is pausing) and replaces
    its payload. While it runs, a second one is kept and runs after it. While it is parked, a second one adds
    nothing: a person decides. Raises OutsideTransaction without a transaction.
    """
    if not connection.in_atomic_block:
        raise OutsideTransaction(f"{kind} was ordered outside a transaction")
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO work_workitem AS waiting
                (kind, key, payload, state, attempts, due_at, created_at, last_error, correlation_id)
            VALUES (%s, %s, %s, 'DUE', 0, %s, %s, '', %s)
            ON CONFLICT (kind, key) WHERE state IN ('DUE', 'PARKED') DO UPDATE
                SET payload = excluded.payload, due_at = CASE WHEN waiting.attempts = 0
                    THEN least(waiting.due_at, excluded.due_at) ELSE waiting.due_at END
                WHERE waiting.state = 'DUE'
            """,
            [kind, key, json.dumps(payload), due_at, now, context.correlation_id() or ""],
        )
    if due_at <= now:
        wake.after_commit("work")


def cancel(*, kind: str, key: str) -> bool:
    """Withdraw an order that still waits. False when there is none: done, running, parked or never ordered."""
    if not connection.in_atomic_block:
        raise OutsideTransaction(f"{kind} was cancelled outside a transaction")
    deleted, _ = WorkItem.objects.filter(kind=kind, key=key, state=State.DUE).delete()
    return deleted == 1


def retry(*, item_id: int, actor: Actor, now: datetime) -> bool:
    """Give a parked item a fresh round of tries, in the name of whoever decided it. False when it is not parked."""
    with transaction.atomic():
        item = WorkItem.objects.select_for_update().filter(pk=item_id, state=State.PARKED).first()
        if item is None:
            return False
        WorkItem.objects.filter(pk=item_id).update(state=State.DUE, attempts=0, due_at=now)
        audit.record(
            actor=actor, action="work.item.retried", subject=item.key, at=now,
            details={"kind": item.kind, "item": item.pk, "last_error": item.last_error},
        )  # fmt: skip
        wake.after_commit("work")
    return True


def retry_all(*, kind: str, actor: Actor, now: datetime) -> int:
    """The same for up to 500 parked items of a kind, the oldest first; one audit entry. Returns how many."""
    with transaction.atomic():
        parked = WorkItem.objects.select_for_update(skip_locked=True).filter(kind=kind, state=State.PARKED)
        keys = list(parked.order_by("due_at", "pk").values_list("pk", flat=True)[:RETRIED_AT_ONCE])
        number = WorkItem.objects.filter(pk__in=keys).update(state=State.DUE, attempts=0, due_at=now)
        if number:
            audit.record(
                actor=actor, action="work.kind.retried", subject=f"work:{kind}", at=now, details={"items": number}
            )
            wake.after_commit("work")
    return number


def run_job_now(*, name: str, actor: Actor, now: datetime) -> bool:
    """Order a run of a job at this moment. False while one is waiting or running; raises NoPerformer."""
    declared = job(name)
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(
                """
                INSERT INTO work_jobrun (job, scheduled_for, state, attempts, due_at, created_at, last_error)
                VALUES (%s, %s, 'DUE', 0, %s, %s, '') ON CONFLICT DO NOTHING
                """,
                [declared.name, now, now, now],
            )
            ordered: bool = cursor.rowcount == 1
        if ordered:
            audit.record(actor=actor, action="work.job.ordered", subject=f"job:{name}", at=now)
            wake.after_commit("work")
    return ordered


def run_pending(*, now: datetime) -> Tally:
    """One pass: periodic jobs whose moment has come, then work that is due. Empty when there was nothing."""
    jobs.schedule(now=now)
    return run_pass(_JOBS, now=now) + run_pass(_WORK, now=now)


def drain(*, now: datetime, with_jobs: bool = False) -> Tally:
    """Run everything due at `now`, in this thread, until nothing is left. For tests, demos and commands."""
    total = Tally()
    for _ in range(MAX_PASSES):
        tally = run_pending(now=now) if with_jobs else run_pass(_WORK, now=now)
        if not tally:
            return total
        total += tally
    raise NeverDone("work is still due")


def _perform(row: WorkItem, now: datetime) -> Step:
    declared = performer(row.kind)
    return Step(lambda: declared.function(key=row.key, payload=row.payload, now=now), declared.external)


def _run_job(row: JobRun, now: datetime) -> Step:
    declared = job(row.job)

    def timed() -> None:
        started = time.perf_counter()
        try:
            declared.function(now=now)
        finally:
            spent = round((time.perf_counter() - started) * 1000)
            JobRun.objects.filter(pk=row.pk, state=State.RUNNING, attempts=row.attempts).update(duration_ms=spent)

    return Step(timed, external=True)


_WORK: Lane[WorkItem] = Lane(
    name="work",
    model=WorkItem,
    resolve=_perform,
    condition="""NOT EXISTS (SELECT 1 FROM work_workitem running WHERE running.state = 'RUNNING'
        AND running.kind = waiting.kind AND running.key = waiting.key)""",
    correlation=lambda row: row.correlation_id,
    twin=("kind", "key"),
)
_JOBS: Lane[JobRun] = Lane(name="jobs", model=JobRun, resolve=_run_job)
