"""Hours of single clauses: a condition's time is over, an inspection ends, a window closes, a deadline is near."""

from datetime import datetime

from core.actors import SYSTEM
from core.database import statements
from core.outbox import services as outbox
from escrow.enums import ConditionState, TimerKind
from escrow.events import EscrowWarned
from escrow.models import Escrow, Timer
from escrow.selectors import agreements
from escrow.selectors.agreements import InForce
from escrow.services import conditions
from escrow.services.firings.registry import fires
from escrow.terms import timeline

# Clocks are wound anew by an amendment or after a dispute; whoever was warned of this hour knows it.
DEADLINE = """
SELECT deadline.due_at, EXISTS (
    SELECT FROM escrow_timer said WHERE said.escrow_id = deadline.escrow_id AND said.state = 'FIRED'
      AND said.kind = %s AND said.key = %s AND said.due_at = %s AND said.id <> %s)
FROM escrow_timer deadline WHERE deadline.escrow_id = %s AND deadline.kind = %s AND deadline.state = 'PENDING'
ORDER BY deadline.due_at LIMIT 1
"""


@fires(TimerKind.CONDITION_TIMEOUT)
def end_condition(escrow: Escrow, timer: Timer, *, now: datetime) -> str:
    """Met at its agreed hour, however late this runs, where the clock meets it; else it lapses for good."""
    terms = agreements.in_force(escrow)
    condition = terms.conditions.get(timer.key)
    if condition is None or condition.state != ConditionState.OPEN:
        return "The condition had ended already"
    agreed = next(each for each in terms.agreed.conditions if each.condition_id == timer.key)
    if agreed.is_met_by_time:
        conditions.meet(escrow, terms, condition, by=conditions.CLOCK, actor=SYSTEM, now=now, at=timer.due_at)
        return "Met by the clock"
    conditions.lapse(escrow, condition, now=now)
    return "Lapsed: not met in time"


@fires(TimerKind.INSPECTION_END)
def end_inspection(escrow: Escrow, timer: Timer, *, now: datetime) -> str:  # noqa: ARG001 (a firing's form)
    conditions.wake_release(escrow, now=now)
    return "The time to inspect is over"


@fires(TimerKind.DISPUTE_WINDOW_END)
def close_window(escrow: Escrow, timer: Timer, *, now: datetime) -> str:  # noqa: ARG001 (a firing's form)
    return "The parties can no longer raise a dispute"


@fires(TimerKind.WARNING)
def warn(escrow: Escrow, timer: Timer, *, now: datetime) -> str:
    """`key` is `AUTO_RELEASE:72`: the deadline, and how many hours before it. Said only while it can still come."""
    kind, _, hours = timer.key.partition(":")
    found = statements.fetch_one(DEADLINE, [timer.kind, timer.key, timer.due_at, timer.pk, escrow.pk, kind])
    if found is None or found[0] <= now:
        return "Too late to warn: the hour itself has come"
    due_at, was_said = found
    if was_said:
        return "Said before"
    if not _still_matters(agreements.in_force(escrow), kind):
        return "Nothing to warn of: that deadline does not move the money any more"
    outbox.publish(EscrowWarned(escrow.public_id, kind, due_at, int(hours or 0), escrow.livemode, now), now=now)
    return f"Warned of {due_at:%Y-%m-%d %H:%M} UTC"


def _still_matters(terms: InForce, kind: str) -> bool:
    if kind == TimerKind.AUTO_REFUND:
        return not timeline.satisfied(terms.agreed, terms.states)
    return timeline.can_still_be_met(terms.agreed, terms.states)
