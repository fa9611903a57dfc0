"""The newest version of every role, kept by each process for seconds. Without rows nobody may anything."""

import threading
import time
from dataclasses import dataclass

from core.staff.models import RoleVersion, Separation
from core.staff.role_table import Role, Table

CACHE_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class _Snapshot:
    read_at: float
    table: Table


_snapshot: _Snapshot | None = None
_lock = threading.Lock()


def table() -> Table:
    """Some dozen rows, read again after five seconds; a stale answer is never used longer than that."""
    global _snapshot
    seen = _snapshot
    if seen is not None and time.monotonic() - seen.read_at < CACHE_SECONDS:
        return seen.table
    with _lock:
        read_at = time.monotonic()
        fresh = _Snapshot(read_at, read())
        _snapshot = fresh
        return fresh.table


def read() -> Table:
    """What the rows say at this moment, past the cache: for decisions that cannot be taken back."""
    rules = Separation.objects.order_by("-id").first()
    if rules is None:
        return Table({}, (), frozenset())
    newest = RoleVersion.objects.order_by("role", "-id").distinct("role")
    return Table(
        {row.role: as_role(row) for row in newest},
        tuple((making, checking) for making, checking in rules.pairs),
        frozenset(rules.money),
    )


def as_role(row: RoleVersion) -> Role:
    return Role(row.role, row.title, row.purpose, frozenset(row.permissions), row.stands_alone)


def forget_cache() -> None:
    global _snapshot
    _snapshot = None
