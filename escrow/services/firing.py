"""Fire what is due: escrow by escrow, each in a transaction of its own, each timer once.

An escrow is claimed by `next_due_at` with SKIP LOCKED, so workers pass each other. Nobody waits for a second lock:
where money may go back to a card and somebody has the payment, the escrow is left for the next pass. Its timers fire in
the order of their hours, however late. One that a closed switch stops waits, and those after it with it; one that fails
is undone alone, noted, and tried again later.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection, transaction

from core.actors import SYSTEM
from core.audit import services as audit
from core.database import statements
from core.parameters import services as parameters
from core.switches.services import SwitchClosed
from core.work import failpoints
from escrow import lateness, metrics
from escrow.enums import HOLDS, STILLED, EscrowStatus, TimerState
from escrow.models import Escrow, Timer
from escrow.services import dispute_clocks, escrows, firings, reserves, setbacks, timers
from escrow.services.firings import registry
from escrow.services.firings.registry import fires

# Named so that whoever fires knows every kind.
__all__ = ["BATCH", "Fired", "dispute_clocks", "fire_due", "fires", "firings", "reserves"]

BATCH = 500
MOST_OF_ONE = 100
CLAIM = """
SELECT e.id, e.next_due_at, e.payment_id, EXISTS (SELECT FROM escrow_setback s WHERE s.escrow_id = e.id)
FROM escrow_escrow e WHERE e.next_due_at <= %s AND (e.next_due_at, e.id) > (%s, %s)
ORDER BY e.next_due_at, e.id LIMIT 1 FOR NO KEY UPDATE OF e SKIP LOCKED
"""
TAKE_PAYMENT = "SELECT id FROM payments_payment WHERE id = %s FOR NO KEY UPDATE SKIP LOCKED"
# Marked before anything is done: whatever it does stops the other timers, never this one.
MARK = """
UPDATE escrow_timer SET state = 'FIRED', ended_at = %s,
    late_seconds = greatest(0, extract(epoch FROM %s::timestamptz - due_at))::integer
WHERE id = (
    SELECT t.id FROM escrow_timer t WHERE t.escrow_id = %s AND t.state = 'PENDING' AND t.due_at <= %s
      AND (t.kind <> ALL(%s) OR NOT (%s OR EXISTS (
          SELECT FROM escrow_lock l WHERE l.escrow_id = t.escrow_id AND l.lifted_at IS NULL AND l.reason = ANY(%s))))
    ORDER BY t.due_at, t.id LIMIT 1)
RETURNING id, kind, key, due_at, created_at, late_seconds
"""
TELL = "UPDATE escrow_timer SET outcome = %s WHERE id = %s"


class PaymentTaken(Exception):
    """Somebody has the row of the payment; the escrow is left for the next pass."""


@dataclass(frozen=True, slots=True)
class Fired:
    """`count` timers, `late` of them after the tolerated delay; escrows `put_off` by a switch, or `failed`."""

    count: int = 0
    late: int = 0
    put_off: int = 0
    failed: int = 0

    def __add__(self, other: "Fired") -> "Fired":
        return Fired(
            self.count + other.count, self.late + other.late, self.put_off + other.put_off, self.failed + other.failed
        )


@dataclass(frozen=True, slots=True)
class Claim:
    """An escrow that is held, and the place of the pass in the order of all that is due."""

    pk: int
    due_at: datetime
    payment_pk: int | None
    had_setback: bool


_FIRST = Claim(0, datetime(2000, 1, 1, tzinfo=UTC), None, False)


def fire_due(*, now: datetime, limit: int = BATCH) -> Fired:
    """One pass over at most `limit` escrows, each visited once. Nothing fired: nothing is due that could be fired."""
    total, place = Fired(), _FIRST
    for _ in range(limit):
        reached, fired = _fire_next(place, now)
        if reached is None:
            break
        place, total = reached, total + fired
    return total


def _fire_next(place: Claim, now: datetime) -> tuple[Claim | None, Fired]:
    claim = None
    try:
        with transaction.atomic():
            found = statements.fetch_one(CLAIM, [now, place.due_at, place.pk])
            if found is None:
                return None, Fired()
            claim = Claim(*found)
            failpoints.reach("escrow.timers_claimed")
            fired = _fire_escrow(claim, now)
            failpoints.reach("escrow.timers_before_commit")
    except Exception as error:
        if claim is None:
            raise
        if not connection.in_atomic_block:
            connection.close_if_unusable_or_obsolete()
        setbacks.note_apart(claim.pk, error, now=now)
        return claim, Fired(failed=1)
    failpoints.reach("escrow.timers_committed")
    return claim, fired


def _fire_escrow(claim: Claim, now: datetime) -> Fired:
    """Its due timers in order, until nothing is due or one of them cannot be fired now."""
    visit = _Visit(escrows.lock_row(claim.pk), claim.payment_pk)
    stopped = Fired()
    try:
        for number in range(MOST_OF_ONE):
            with transaction.atomic():
                told = _fire_first(visit, number, now)
            if told is None:
                break
            visit.told.append(told)
    except PaymentTaken:
        stopped = Fired()  # its hour stays; the next pass finds it
    except SwitchClosed:
        stopped = Fired(put_off=1)
    except Exception as error:  # noqa: BLE001 - kept on a row, and an alarm when it goes on
        setbacks.note(visit.escrow, error, now=now)
        return visit.fired(now) + Fired(failed=1)
    if claim.had_setback:
        setbacks.clear(visit.escrow)
    timers.refresh(visit.escrow)
    if stopped.put_off:
        _put_off(visit.escrow, now)
    return visit.fired(now) + stopped


def _fire_first(visit: "_Visit", number: int, due_by: datetime) -> "_Told | None":
    """Mark the first that is due and do what it does. None where none is. Raises PaymentTaken, and what it raises.

    Each has a moment of its own: endpoints hear of an event by its kind and moment, once.
    """
    escrow, now = visit.escrow, due_by + timedelta(microseconds=number)
    disputed = escrow.status == EscrowStatus.DISPUTED
    row = statements.fetch_one(MARK, [now, now, escrow.pk, due_by, sorted(STILLED), disputed, sorted(HOLDS)])
    if row is None:
        return None
    failpoints.reach("escrow.timer_marked")
    timer = _timer(escrow, row, now)
    visit.require_payment(timer)
    outcome = registry.get(timer.kind).function(escrow, timer, now=now)
    late = timedelta(seconds=timer.late_seconds or 0)
    is_late = late.total_seconds() >= parameters.read("escrow.timer_late_seconds", at=now)
    timer.outcome = f"{outcome} (late by {lateness.in_words(late)})" if is_late else outcome
    statements.execute(TELL, [timer.outcome, timer.pk])
    failpoints.reach("escrow.timer_acted")
    return _Told(timer, is_late)


def _timer(escrow: Escrow, row: tuple[Any, ...], now: datetime) -> Timer:
    pk, kind, key, due_at, created_at, late_seconds = row
    return Timer(
        pk=pk,
        escrow=escrow,
        livemode=escrow.livemode,
        kind=kind,
        key=key,
        due_at=due_at,
        state=TimerState.FIRED,
        created_at=created_at,
        ended_at=now,
        late_seconds=late_seconds,
    )


@dataclass(frozen=True, slots=True)
class _Told:
    timer: Timer
    is_late: bool


@dataclass(slots=True)
class _Visit:
    """A transaction at one escrow: what is held, and what has fired."""

    escrow: Escrow
    payment_pk: int | None
    told: list[_Told] = field(default_factory=list)

    def require_payment(self, timer: Timer) -> None:
        """Raises PaymentTaken. Once it is held it stays so."""
        if self.payment_pk is None or not registry.needs_payment(timer.kind):
            return
        if statements.fetch_one(TAKE_PAYMENT, [self.payment_pk]) is None:
            raise PaymentTaken

    def fired(self, now: datetime) -> Fired:
        """Written down for all of them at once."""
        audit.record_many([_fact(each.timer, now) for each in self.told])
        for each in self.told:
            metrics.FIRED.labels(each.timer.kind, "late" if each.is_late else "in time").inc()
        return Fired(len(self.told), sum(each.is_late for each in self.told))


def _fact(timer: Timer, now: datetime) -> audit.Fact:
    details: dict[str, Any] = {
        "kind": timer.kind, "key": timer.key, "due_at": timer.due_at.isoformat(), "late_seconds": timer.late_seconds,
        "outcome": timer.outcome,
    }  # fmt: skip
    action = "escrow.escrow.timer_fired"
    return audit.Fact(actor=SYSTEM, action=action, subject=timer.escrow.public_id, at=now, details=details)


def _put_off(escrow: Escrow, now: datetime) -> None:
    """The timer keeps its hour; the escrow is looked at again after a pause that grows with how late it is."""
    shortest, longest = (
        timedelta(seconds=parameters.read(f"escrow.timer_suspended_{name}", at=now))
        for name in ("seconds", "cap_seconds")
    )
    late = now - (escrow.next_due_at or now)
    timers.look_again(escrow, now + min(max(shortest, late / 4), longest))
