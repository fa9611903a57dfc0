"""Stop one thing without stopping all. What is unknown, missing or unreadable is closed.

Closing is the safe direction: one person, at once. Opening is not: `core.switches.approvals`.
"""

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import Error as DatabaseError
from django.db import transaction

from core.actors import SYSTEM, Actor
from core.audit import services as audit
from core.errors import Refusal
from core.money import Money
from core.outbox import services as outbox
from core.parameters import services as parameters
from core.switches import catalogue, counting, selectors
from core.switches.enums import Decided, State, Switch
from core.switches.events import SwitchTurned
from core.switches.models import SwitchTurn

__all__ = [
    "Switch",
    "SwitchClosed",
    "UnableToTurn",
    "close",
    "forget_cache",
    "install",
    "is_open",
    "require_open",
    "require_sensible_opening",
    "turn_open",
]

CACHE_SECONDS = 2.0
LONGEST_REASON = 200
LONGEST_SCOPE = 120


class SwitchClosed(Refusal):
    code = "OPERATION_SUSPENDED"
    status = 503
    title = "This operation is suspended"


class UnableToTurn(Refusal):
    code = "INVALID_SWITCH"
    title = "The switch cannot be turned"


@dataclass(frozen=True, slots=True)
class _Snapshot:
    read_at: float
    turns: dict[tuple[str, str], list[selectors.Turn]]


_snapshot: _Snapshot | None = None
_lock = threading.Lock()


def require_open(switch: Switch, *, now: datetime, scopes: Sequence[str] = (), amount: Money | None = None) -> None:
    """Raises SwitchClosed unless the switch is open everywhere and for each of `scopes` (`gateway:sandbox`).

    `amount` is what the operation is about, for the count of what was refused. Other processes see a turn within two
    seconds.
    """
    is_allowed, turn = _decide(switch, scopes, now)
    if turn is not None and turn.is_out_of_the_ordinary:
        counting.note(turn_id=turn.id, decided=Decided.ALLOWED if is_allowed else Decided.REFUSED, amount=amount)
    if not is_allowed:
        raise SwitchClosed(f"{switch} is suspended")


def is_open(switch: Switch, *, now: datetime, scopes: Sequence[str] = ()) -> bool:
    """Never raises: a table that cannot be read means closed. Counts nothing."""
    return _decide(switch, scopes, now)[0]


def find_way_round(switch: Switch, *, now: datetime, amount: Money | None = None) -> int | None:
    """The turn that opens a way round a check, which is counted with `amount`; None while it is closed, or unknown."""
    is_allowed, turn = _decide(switch, (), now)
    if not is_allowed or turn is None:
        return None
    counting.note(turn_id=turn.id, decided=Decided.ALLOWED, amount=amount)
    return turn.id


def list_ways_round(*, now: datetime) -> list[tuple[catalogue.Guard, datetime | None]]:
    """The ways round a check that are open, with the end of each, for the banner of every page. Never raises."""
    found = []
    for guard in catalogue.GUARDS.values():
        if guard.is_way_round:
            is_allowed, turn = _decide(guard.switch, (), now)
            if is_allowed and turn is not None:
                found.append((guard, turn.expires_at))
    return found


def close(
    *,
    switch: Switch,
    reason: str,
    actor: Actor,
    now: datetime,
    scope: str = "",
    owner: str = "",
    expires_at: datetime | None = None,
) -> SwitchTurn:
    """Stop it. The safe direction, so one person is enough.

    With `expires_at` what was in force before comes back at that moment. `owner` answers for it, the actor unless
    named. Audited, published. Raises UnableToTurn.
    """
    _require_sensible(switch, reason=reason, scope=scope, expires_at=expires_at, now=now)
    with transaction.atomic():
        return _turn(
            SwitchTurn(
                switch=switch,
                scope=scope,
                state=State.CLOSED,
                reason=reason,
                actor=str(actor),
                owner=owner,
                turned_at=now,
                expires_at=expires_at,
            ),
            actor,
        )


def turn_open(
    *,
    switch: Switch,
    scope: str,
    reason: str,
    owner: str,
    approval_id: str,
    actor: Actor,
    now: datetime,
    expires_at: datetime | None,
) -> SwitchTurn:
    """Let it run again, for an executed approval: the database refuses the turn without one.

    Within the approval's transaction. Raises UnableToTurn.
    """
    require_sensible_opening(switch, reason=reason, scope=scope, expires_at=expires_at, now=now)
    return _turn(
        SwitchTurn(
            switch=switch,
            scope=scope,
            state=State.OPEN,
            reason=reason,
            actor=str(actor),
            owner=owner,
            approval_id=approval_id,
            turned_at=now,
            expires_at=expires_at,
        ),
        actor,
    )


def require_sensible_opening(
    switch: Switch, *, reason: str, scope: str, expires_at: datetime | None, now: datetime
) -> None:
    """Raises UnableToTurn for what `turn_open` would refuse: so nobody signs for nothing."""
    _require_sensible(switch, reason=reason, scope=scope, expires_at=expires_at, now=now)
    if catalogue.GUARDS[switch].is_way_round:
        most = parameters.read("switches.longest_bypass_minutes", at=now)
        if expires_at is None or expires_at - now > timedelta(minutes=most):
            raise UnableToTurn(f"a way round a check is opened for at most {most} minutes")
    longest = timedelta(hours=parameters.read("switches.longest_opening_hours", at=now))
    if expires_at is not None and expires_at - now > longest:
        raise UnableToTurn(
            f"a switch is opened for at most {longest // timedelta(hours=1)} hours, or until it is closed"
        )
    known = selectors.find_in_force(switch=switch, scope=scope, now=now)
    if known is None and scope:
        raise UnableToTurn(f"{scope} was never closed")
    if known is not None and known.state == State.OPEN and known.expires_at is None:
        raise UnableToTurn(f"{switch} is open {scope or 'everywhere'}")


def install(*, now: datetime) -> None:
    """Give each switch that never had a turn its first: open, a way round a check closed. Run after every migrate."""
    known = set(SwitchTurn.objects.filter(scope="").values_list("switch", flat=True))
    SwitchTurn.objects.bulk_create(
        [
            SwitchTurn(switch=switch, state=state, reason=f"shipped {state.lower()}", actor=str(SYSTEM), turned_at=now)
            for switch, state in catalogue.shipped()
            if switch not in known
        ]
    )
    forget_cache()


def forget_cache() -> None:
    global _snapshot
    _snapshot = None


def _decide(switch: Switch, scopes: Sequence[str], now: datetime) -> tuple[bool, selectors.Turn | None]:
    """Whether it may run, and the turn that says so; no turn where the answer is that nobody knows."""
    try:
        turns = _turns(now)
    except DatabaseError:
        return False, None
    decisive = selectors.in_force(turns.get((switch, ""), ()), now)
    if decisive is None or decisive.state != State.OPEN:
        return False, decisive
    for scope in scopes:
        narrower = selectors.in_force(turns.get((switch, scope), ()), now)
        if narrower is None:
            continue
        if narrower.state != State.OPEN:
            return False, narrower
        if narrower.is_out_of_the_ordinary:
            decisive = narrower
    return True, decisive


def _require_sensible(switch: Switch, *, reason: str, scope: str, expires_at: datetime | None, now: datetime) -> None:
    if switch not in Switch.values:
        raise UnableToTurn(f"no switch is named {switch}")
    if not reason.strip() or len(reason) > LONGEST_REASON:
        raise UnableToTurn(f"a turn has a reason of at most {LONGEST_REASON} characters")
    if len(scope) > LONGEST_SCOPE:
        raise UnableToTurn(f"a scope has at most {LONGEST_SCOPE} characters")
    if fault := catalogue.find_fault(switch, scope):
        raise UnableToTurn(fault)
    if expires_at is not None and expires_at <= now:
        raise UnableToTurn("a turn expires after now")


def _turn(row: SwitchTurn, actor: Actor) -> SwitchTurn:
    row.save(force_insert=True)
    audit.record(
        actor=actor,
        action=f"switches.switch.{'opened' if row.state == State.OPEN else 'closed'}",
        subject=f"switch:{row.switch}",
        at=row.turned_at,
        details={
            "scope": row.scope,
            "reason": row.reason,
            "owner": row.responsible,
            "approval": row.approval_id or None,
            "expires_at": row.expires_at.isoformat() if row.expires_at else None,
        },
    )
    outbox.publish(
        SwitchTurned(
            turn_id=row.pk,
            switch=str(row.switch),
            scope=row.scope,
            state=str(row.state),
            owner=row.responsible,
            expires_at=row.expires_at,
            turned_at=row.turned_at,
        ),
        now=row.turned_at,
    )
    transaction.on_commit(forget_cache)
    forget_cache()
    return row


def _turns(now: datetime) -> dict[tuple[str, str], list[selectors.Turn]]:
    """Some dozens of rows, read again after two seconds; a stale answer is never used longer than that."""
    global _snapshot
    seen = _snapshot
    if seen is not None and time.monotonic() - seen.read_at < CACHE_SECONDS:
        return seen.turns
    with _lock:
        read_at = time.monotonic()
        fresh = _Snapshot(read_at, selectors.turns_that_matter(now))
        _snapshot = fresh
        return fresh.turns
