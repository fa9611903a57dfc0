"""Stop what is wrong: close the switch for its scope, and tell operations once."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from django.urls import reverse

from core.actors import SYSTEM
from core.outbox import services as outbox
from core.switches import selectors as turns
from core.switches import services as switches
from core.switches.enums import State, Switch
from escrow.break_kinds import TERMS, BreakKind
from escrow.comparisons.comparison import Finding
from escrow.events import DiscrepancyFound
from escrow.models import Break, ReconciliationRun, StateExport

OWNER = "TREASURY"


def is_halted(scope: str, *, now: datetime) -> bool:
    """Whether exactly this scope is closed already."""
    turn = turns.find_in_force(switch=Switch.ESCROW_MOVEMENTS, scope=scope, now=now)
    return turn is not None and turn.state != State.OPEN


def raise_for(
    *, run: ReconciliationRun, fresh: Iterable[Break], broken: Iterable[Finding], exports: Mapping[str, StateExport],
    now: datetime,
) -> None:  # fmt: skip
    """In the run's transaction. `exports` are the scopes to halt; the others hear of new breaks only.

    A scope whose break is known but which people have opened meanwhile is halted again: the money still differs.
    """
    whole = f"book:{run.book}"
    known = [(BreakKind(row.kind), row.scope) for row in fresh]
    for scope, export in exports.items():
        kinds = [found.kind for found in broken if _concerns(found.kind, found.scope, scope, whole)]
        _halt(run, scope, kinds, now)
        _tell(run, scope, "P1", kinds, export, now)
    for severity in ("P1", "P2", "P3"):
        rest: dict[str, list[BreakKind]] = {}
        for kind, scope in known:
            covered = severity == "P1" and (scope in exports or whole in exports)
            if TERMS[kind].severity == severity and not covered:
                rest.setdefault(scope if severity == "P1" else whole, []).append(kind)
        for scope, kinds in rest.items():
            _tell(run, scope, severity, kinds, None, now)


def _concerns(kind: BreakKind, of: str, scope: str, whole: str) -> bool:
    return TERMS[kind].concerns_money and scope in (of, whole)


def _halt(run: ReconciliationRun, scope: str, kinds: list[BreakKind], now: datetime) -> None:
    switches.close(
        switch=Switch.ESCROW_MOVEMENTS,
        scope=scope,
        reason=f"reconciliation {run.public_id}: {_words(kinds)}"[: switches.LONGEST_REASON],
        actor=SYSTEM,
        now=now,
    )


def _tell(
    run: ReconciliationRun, scope: str, severity: str, kinds: list[BreakKind], export: StateExport | None, now: datetime
) -> None:
    outbox.publish(
        DiscrepancyFound(
            run_id=run.public_id,
            book=run.book,
            scope=scope,
            severity=severity,
            breaks=len(kinds),
            summary=_words(kinds),
            halted=export is not None,
            export_id=export.public_id if export else "",
            url=reverse("admin:reconciliation", args=[run.public_id]),
            found_at=now,
        ),
        now=now,
    )


def _words(kinds: list[BreakKind]) -> str:
    """`2 BALANCE_DIFFERS, 1 PARTS_DIFFER`."""
    counted = {kind: kinds.count(kind) for kind in kinds}
    return ", ".join(f"{number} {kind.value}" for kind, number in sorted(counted.items()))
