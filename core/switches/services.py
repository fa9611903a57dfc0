"""Stop one thing without stopping all. What is unknown, missing or unreadable is closed."""

import threading
import time
from dataclasses import dataclass
from datetime import datetime

from django.db import Error as DatabaseError
from django.db import transaction

from core.actors import SYSTEM, Actor
from core.audit import services as audit
from core.errors import Refusal
from core.switches import selectors
from core.switches.enums import State, Switch
from core.switches.models import SwitchTurn

__all__ = [
    "Switch",
    "SwitchClosed",
    "UnableToTurn",
    "close",
    "forget_cache",
    "install",
    "is_open",
    "reopen",
    "require_open",
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


def require_open(switch: Switch, *, now: datetime, scope: str | None = None) -> None:
    """Raises SwitchClosed unless the switch is open everywhere and, where a scope is given, also for that scope.

    Other processes see a turn within two seconds.
    """
    if not is_open(switch, now=now, scope=scope):
        raise SwitchClosed(f"{switch} is suspended")


def is_open(switch: Switch, *, now: datetime, scope: str | None = None) -> bool:
    """Never raises: a table that cannot be read means closed."""
    try:
        turns = _turns(now)
    except DatabaseError:
        return False
    everywhere = selectors.in_force(turns.get((switch, ""), ()), now)
    if everywhere is None or everywhere.state != State.OPEN:
        return False
    narrower = selectors.in_force(turns.get((switch, scope), ()), now) if scope else None
    return narrower is None or narrower.state == State.OPEN


def close(
    *, switch: Switch, reason: str, actor: Actor, now: datetime, scope: str = "", expires_at: datetime | None = None
) -> SwitchTurn:
    """Stop it. The safe direction, so one person is enough. Audited. Raises UnableToTurn."""
    return _turn(switch, State.CLOSED, reason, actor, now, scope, expires_at)


def reopen(
    *, switch: Switch, reason: str, actor: Actor, now: datetime, scope: str = "", expires_at: datetime | None = None
) -> SwitchTurn:
    """Let it run again. With `expires_at` what was in force before comes back at that moment. Audited."""
    return _turn(switch, State.OPEN, reason, actor, now, scope, expires_at)


def install(*, now: datetime) -> None:
    """Open each switch that never had a turn; run after every migrate."""
    known = set(SwitchTurn.objects.filter(scope="").values_list("switch", flat=True))
    SwitchTurn.objects.bulk_create(
        [
            SwitchTurn(switch=switch, state=State.OPEN, reason="shipped open", actor=str(SYSTEM), turned_at=now)
            for switch in Switch
            if switch not in known
        ]
    )
    forget_cache()


def forget_cache() -> None:
    global _snapshot
    _snapshot = None


def _turn(
    switch: Switch, state: State, reason: str, actor: Actor, now: datetime, scope: str, expires_at: datetime | None
) -> SwitchTurn:
    if switch not in Switch.values:
        raise UnableToTurn(f"no switch is named {switch}")
    if not reason.strip() or len(reason) > LONGEST_REASON:
        raise UnableToTurn(f"a turn has a reason of at most {LONGEST_REASON} characters")
    if len(scope) > LONGEST_SCOPE:
        raise UnableToTurn(f"a scope has at most {LONGEST_SCOPE} characters")
    if expires_at is not None and expires_at <= now:
        raise UnableToTurn("a turn expires after now")
    with transaction.atomic():
        row = SwitchTurn.objects.create(
            switch=switch,
            scope=scope,
            state=state,
            reason=reason,
            actor=str(actor),
            turned_at=now,
            expires_at=expires_at,
        )
        audit.record(
            actor=actor,
            action=f"switches.switch.{'opened' if state == State.OPEN else 'closed'}",
            subject=f"switch:{switch}",
            at=now,
            details={
                "scope": scope,
                "reason": reason,
                "expires_at": expires_at.isoformat() if expires_at else None,
            },
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
