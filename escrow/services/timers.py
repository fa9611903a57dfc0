"""Timers are rows. Set, moved and stopped here, in the transaction of what they are about; fired by `firing`.

The caller holds the escrow. `Escrow.next_due_at` is the earliest that waits, so that one index finds what is due.
"""

from collections.abc import Iterable
from datetime import datetime

from django.db.models import QuerySet

from core.database import statements
from escrow.enums import HOLDS, STILLED, EscrowStatus, TimerKind, TimerState
from escrow.models import Escrow, Timer

REFRESH = """
UPDATE escrow_escrow e SET next_due_at = (
    SELECT min(t.due_at) FROM escrow_timer t WHERE t.escrow_id = e.id AND t.state = 'PENDING'
      AND (t.kind <> ALL(%s) OR NOT (%s OR EXISTS (
          SELECT FROM escrow_lock l WHERE l.escrow_id = e.id AND l.lifted_at IS NULL AND l.reason = ANY(%s)))))
WHERE e.id = %s RETURNING e.next_due_at
"""
WAKE = """
WITH late AS (
    SELECT e.id, min(t.due_at) AS due_at FROM escrow_timer t JOIN escrow_escrow e ON e.id = t.escrow_id
    WHERE t.livemode IN (true, false) AND t.state = 'PENDING' AND t.due_at <= %s
      AND (t.kind <> ALL(%s) OR NOT (e.status = 'DISPUTED' OR EXISTS (
          SELECT FROM escrow_lock l WHERE l.escrow_id = e.id AND l.lifted_at IS NULL AND l.reason = ANY(%s))))
      AND (e.next_due_at IS NULL OR e.next_due_at > %s)
      AND NOT EXISTS (SELECT FROM escrow_setback s WHERE s.escrow_id = e.id)
    GROUP BY e.id ORDER BY min(t.due_at) LIMIT %s
), free AS (
    SELECT e.id FROM escrow_escrow e JOIN late ON late.id = e.id FOR NO KEY UPDATE OF e SKIP LOCKED
)
UPDATE escrow_escrow e SET next_due_at = late.due_at FROM late JOIN free ON free.id = late.id WHERE e.id = late.id
"""


def set_(escrow: Escrow, kind: TimerKind, due_at: datetime, *, now: datetime, key: str = "") -> Timer:
    """One of a kind and key waits at a time: an earlier one is stopped and replaced."""
    _stop(Timer.objects.filter(escrow=escrow, kind=kind, key=key), "replaced", now)
    timer = Timer.objects.create(
        escrow=escrow, livemode=escrow.livemode, kind=kind, key=key, due_at=due_at, created_at=now
    )
    refresh(escrow)
    return timer


def set_many(escrow: Escrow, wanted: Iterable[tuple[TimerKind, str, datetime]], *, now: datetime) -> None:
    """(kind, key, due_at) of an escrow that has none of them yet."""
    Timer.objects.bulk_create(
        Timer(escrow=escrow, livemode=escrow.livemode, kind=kind, key=key, due_at=due_at, created_at=now)
        for kind, key, due_at in wanted
    )
    refresh(escrow)


def stop(escrow: Escrow, *kinds: TimerKind, now: datetime, why: str, key: str | None = None) -> int:
    """Stop what waits of these kinds (every kind where none is named). Returns how many."""
    found = Timer.objects.filter(escrow=escrow)
    if kinds:
        found = found.filter(kind__in=kinds)
    if key is not None:
        found = found.filter(key=key)
    stopped = _stop(found, why, now)
    if stopped:
        refresh(escrow)
    return stopped


def refresh(escrow: Escrow) -> None:
    """Bring `next_due_at` in step with the rows. No new version: what is signed is not when something is looked at.

    What a hold or a dispute stops is left out, so nobody looks at it again and again; whoever places or lifts a hold,
    or ends a dispute, comes by here.
    """
    is_disputed = escrow.status == EscrowStatus.DISPUTED
    found = statements.fetch_one(REFRESH, [sorted(STILLED), is_disputed, sorted(HOLDS), escrow.pk])
    escrow.next_due_at = found[0] if found else None


def look_again(escrow: Escrow, at: datetime) -> None:
    """Not before then, whatever is due."""
    escrow.next_due_at = at
    Escrow.objects.filter(pk=escrow.pk).update(next_due_at=at)


def wake_overdue(*, now: datetime, limit: int = 1_000) -> int:
    """Escrows with something due that nobody would look at now, brought in step. Returns how many."""
    return statements.execute(WAKE, [now, sorted(STILLED), sorted(HOLDS), now, limit])


def _stop(found: QuerySet[Timer], why: str, now: datetime) -> int:
    waiting = found.filter(state=TimerState.PENDING)
    return waiting.update(state=TimerState.STOPPED, ended_at=now, outcome=why[:300])
