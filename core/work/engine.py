"""Claim, run, finish: what work items, periodic jobs and outbox deliveries have in common.

A claim is one short UPDATE that counts the try. The run follows in a transaction of its own that first marks the
row done under the same count, so a second runner, or one that comes too late, changes nothing. Whatever dies in
between leaves a row in RUNNING; when its lease is over and nobody holds it, it goes back with its try counted.
"""

import hashlib
import logging
import random
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Generic, TypeVar

import structlog
from django.db import Error as DatabaseError
from django.db import connection, transaction

from core.database import refusals, statements
from core.errors import Refusal
from core.parameters import services as parameters
from core.telemetry import context, metrics
from core.work import failpoints
from core.work.models import Claimable, State

log = structlog.get_logger("holdfast.work")
Row = TypeVar("Row", bound=Claimable)
_random = random.SystemRandom()
RECOVERIES_PER_PASS = 100
ROWS = metrics.counter("rows", "Claimed rows by what became of them", ["lane", "outcome"])


class RunnerLost(Exception):
    """The process that had claimed a row is gone."""


@dataclass(frozen=True, slots=True)
class Step:
    """What to do for a row. `external` steps run outside a transaction."""

    run: Callable[[], None]
    external: bool


@dataclass(frozen=True, slots=True)
class Lane(Generic[Row]):
    """One table of claimable rows. `name` prefixes its parameters; `prepare` loads what a batch needs at once;
    `correlation` is the request a row goes back to; `condition` is SQL over the alias `waiting`; `twin` are the
    fields by which another waiting row is the same order as this one."""

    name: str
    model: type[Row]
    resolve: Callable[[Row, datetime], Step]
    prepare: Callable[[list[Row]], None] = lambda _rows: None
    correlation: Callable[[Row], str] = lambda _row: ""
    condition: str = "TRUE"
    twin: tuple[str, ...] = ()

    def parameter(self, name: str, now: datetime) -> int:
        return int(parameters.read(f"{self.name}.{name}", at=now))


@dataclass(slots=True)
class Tally:
    """What one pass did. `lost` rows were given back because their runner died."""

    done: int = 0
    failed: int = 0
    parked: int = 0
    lost: int = 0

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(
            self.done + other.done, self.failed + other.failed, self.parked + other.parked, self.lost + other.lost
        )

    def __bool__(self) -> bool:
        return bool(self.done or self.failed or self.parked or self.lost)


def run_pass(lane: Lane[Row], *, now: datetime) -> Tally:
    """One batch of first tries, then as many second and later tries one by one. Empty when nothing is due.

    Only first tries are claimed together: a row that kills its worker takes its neighbours' first try with it,
    never their later ones, so the innocent finish and the guilty row parks alone.
    """
    tally = _recover(lane, now=now)
    size = lane.parameter("batch_size", now)
    for row in _claim(lane, now=now, first_tries=True, limit=size):
        _run(lane, row, now=now, tally=tally)
    for _ in range(size):
        again = _claim(lane, now=now, first_tries=False, limit=1)
        if not again:
            break
        _run(lane, again[0], now=now, tally=tally)
    return tally


def _claim(lane: Lane[Row], *, now: datetime, first_tries: bool, limit: int) -> list[Row]:
    table = lane.model._meta.db_table
    lease_until = now + timedelta(seconds=lane.parameter("lease_seconds", now))
    claimed = lane.model.objects.raw(
        f"""
        WITH next AS MATERIALIZED (
            SELECT waiting.id FROM {table} waiting
            WHERE waiting.state = 'DUE' AND waiting.due_at <= %s
              AND waiting.attempts {"=" if first_tries else ">"} 0 AND {lane.condition}
            ORDER BY waiting.due_at LIMIT %s FOR UPDATE SKIP LOCKED
        )
        UPDATE {table} claimed SET state = 'RUNNING', attempts = claimed.attempts + 1, lease_until = %s
        FROM next WHERE claimed.id = next.id RETURNING claimed.*
        """,  # noqa: S608 - names from code, values as parameters
        [now, limit, lease_until],
    )
    rows = sorted(claimed, key=lambda row: (row.due_at, row.pk))
    if rows:
        failpoints.reach(f"{lane.name}.claimed")
        lane.prepare(rows)
    return rows


def _run(lane: Lane[Row], row: Row, *, now: datetime, tally: Tally) -> None:
    with context.scope(lane=lane.name, correlation_id=lane.correlation(row) or None):
        try:
            step = lane.resolve(row, now)
            finished = _run_outside(lane, row, step, now) if step.external else _run_inside(lane, row, step, now)
        except Exception as error:  # noqa: BLE001 - whatever one row raises, the others go on; it is kept on the row
            _give_back(lane, row, error=error, now=now, tally=tally)
        else:
            tally.done += finished
            ROWS.labels(lane.name, "done" if finished else "taken_over").inc()


def _run_inside(lane: Lane[Row], row: Row, step: Step, now: datetime) -> bool:
    with transaction.atomic():
        # Done first: this takes the row's lock, proves that the claim still holds, and is undone with the rest.
        if not _finish(lane, row, now):
            return False
        step.run()
        failpoints.reach(f"{lane.name}.before_commit")
    failpoints.reach(f"{lane.name}.committed")
    return True


def _run_outside(lane: Lane[Row], row: Row, step: Step, now: datetime) -> bool:
    with _held(lane, row) as held:
        if not held or not _claimed(lane, row).exists():
            return False
        step.run()
        failpoints.reach(f"{lane.name}.before_finish")
        return _finish(lane, row, now)


def _claimed(lane: Lane[Row], row: Row) -> Any:
    return lane.model.objects.filter(pk=row.pk, state=State.RUNNING, attempts=row.attempts)


def _finish(lane: Lane[Row], row: Row, now: datetime) -> bool:
    """By hand: this statement runs once per row, and building it would take longer than the server's part."""
    finished = statements.execute(
        f"""
        UPDATE {lane.model._meta.db_table}
        SET state = 'DONE', lease_until = NULL, finished_at = %s, last_error = ''
        WHERE id = %s AND state = 'RUNNING' AND attempts = %s
        """,  # noqa: S608 - names from code, values as parameters
        [now, row.pk, row.attempts],
    )
    return finished == 1


def _give_back(lane: Lane[Row], row: Row, *, error: Exception, now: datetime, tally: Tally) -> None:
    """Count the failure: due again after a pause, or parked after the last try."""
    if not connection.in_atomic_block:
        connection.close_if_unusable_or_obsolete()
    parked = row.attempts >= lane.parameter("max_attempts", now)
    changes: dict[str, Any] = {
        "state": State.PARKED if parked else State.DUE,
        "due_at": now + (timedelta() if _was_unlucky(row, error) else pause(lane, attempts=row.attempts, now=now)),
        "lease_until": None,
        "last_error": describe(error),
    }
    outcome = "parked" if parked else "failed"
    level = logging.INFO if _was_unlucky(row, error) and not parked else logging.WARNING
    log.log(level, f"row {outcome}", lane=lane.name, row=row.pk, tries=row.attempts, error=changes["last_error"])
    ROWS.labels(lane.name, outcome).inc()
    try:
        with transaction.atomic():
            if _merge_into_twin(lane, row, changes):
                changes = {"state": State.DONE, "lease_until": None, "finished_at": now, **_only_error(changes)}
            changed = _claimed(lane, row).update(**changes)
    except DatabaseError as unable:
        # The row stays RUNNING and comes back when its lease is over.
        log.warning("row could not be given back", lane=lane.name, row=row.pk, error=describe(unable))
        return
    tally.parked += changed if parked else 0
    tally.failed += 0 if parked else changed


def _was_unlucky(row: Claimable, error: Exception) -> bool:
    """A first runner that died says more about runners than about the row: no pause. A second says something."""
    return isinstance(error, RunnerLost) and row.attempts == 1


def _merge_into_twin(lane: Lane[Row], row: Row, changes: dict[str, Any]) -> bool:
    """The same order came again while this row ran: the newer row carries on, with the tries of this one."""
    if not lane.twin:
        return False
    same = {name: getattr(row, name) for name in lane.twin}
    waiting = lane.model.objects.filter(**same, state=State.DUE)
    carried: int = waiting.update(attempts=row.attempts, **{k: v for k, v in changes.items() if k != "lease_until"})
    return carried == 1


def _only_error(changes: dict[str, Any]) -> dict[str, Any]:
    return {"last_error": changes["last_error"]}


def _recover(lane: Lane[Row], *, now: datetime) -> Tally:
    """Give back rows whose lease is over and that nobody holds, by row lock or by advisory lock."""
    tally = Tally()
    late = lane.model.objects.filter(state=State.RUNNING, lease_until__lte=now).order_by("lease_until")
    for pk in late.values_list("pk", flat=True)[:RECOVERIES_PER_PASS]:
        with transaction.atomic():
            row = late.select_for_update(skip_locked=True).filter(pk=pk).first()
            if row is not None and _nobody_holds(lane, row):
                _give_back(lane, row, error=RunnerLost(), now=now, tally=tally)
                tally.lost += 1
    return tally


def pause(lane: Lane[Row], *, attempts: int, now: datetime) -> timedelta:
    """Doubles from the base to the cap; the second half of it is random, so that crowds come apart."""
    base, cap = lane.parameter("retry_base_seconds", now), lane.parameter("retry_cap_seconds", now)
    longest = float(min(cap, base * 2 ** min(attempts - 1, 30)))
    return timedelta(seconds=_random.uniform(longest / 2, longest))


def describe(error: Exception) -> str:
    """What may be kept of an error: its class, and for ours the sentence meant for the caller. Never row values."""
    name = type(error).__name__
    if isinstance(error, Refusal):
        return f"{name}: {error.detail}"[:300]
    if isinstance(error, DatabaseError):
        parts = [part for part in (refusals.sqlstate(error), refusals.refusal_name(error)) if part]
        return f"{name} {' '.join(parts)}".strip()[:300]
    trace, place = error.__traceback__, ""
    while trace is not None:
        place = f" in {trace.tb_frame.f_globals.get('__name__', '?')} line {trace.tb_lineno}"
        trace = trace.tb_next
    return f"{name}{place}"[:300]


def _lock_number(lane: Lane[Row], row: Row) -> int:
    digest = hashlib.sha256(f"{lane.model._meta.db_table}:{row.pk}".encode()).digest()
    return int.from_bytes(digest[:8], signed=True)


@contextmanager
def _held(lane: Lane[Row], row: Row) -> Iterator[bool]:
    """A session's advisory lock: it dies with the process, however long the run takes."""
    number = _lock_number(lane, row)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [number])
        held = bool(_first(cursor.fetchall()))
    try:
        yield held
    finally:
        if held:
            # A lost session has lost its locks with it.
            with suppress(DatabaseError), connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [number])


def _nobody_holds(lane: Lane[Row], row: Row) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_lock_number(lane, row)])
        return bool(_first(cursor.fetchall()))


def _first(rows: Iterable[tuple[Any, ...]]) -> Any:
    return next(iter(rows))[0]
