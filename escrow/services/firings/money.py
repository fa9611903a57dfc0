"""Hours at which money moves by itself: it is released, waits for its time lock, or goes back."""

from datetime import datetime, timedelta

from django.db import transaction

from core.actors import SYSTEM
from core.approvals.refusals import AskedAlready
from core.database import statements
from escrow.enums import ConditionState, EscrowStatus, LockReason, TimerKind
from escrow.models import Escrow, Timer
from escrow.selectors import agreements
from escrow.selectors.agreements import InForce
from escrow.services import escrows, locks, parts, refunds, releases, timers
from escrow.services.firings.registry import fires
from escrow.terms import timeline

MOVABLE = (EscrowStatus.FUNDED, EscrowStatus.LOCKED)
BY_THE_TERMS = "by the terms, at their hour"
REFUND = "SELECT due_at FROM escrow_timer WHERE escrow_id = %s AND kind = %s AND state = 'PENDING'"


@fires(TimerKind.AUTO_RELEASE)
def auto_release(escrow: Escrow, timer: Timer, *, now: datetime) -> str:  # noqa: ARG001 (a firing's form)
    return _go_on(escrow, now=now)


@fires(TimerKind.TIME_LOCK_END)
def end_time_lock(escrow: Escrow, timer: Timer, *, now: datetime) -> str:  # noqa: ARG001 (a firing's form)
    """What waited for it goes on."""
    return _go_on(escrow, now=now)


def _go_on(escrow: Escrow, *, now: datetime) -> str:
    """A time lock that is over goes last: signatures that are asked for keep the escrow locked without a gap."""
    outcome = release_if_met(escrow, now=now)
    if escrow.closed_at is None and (escrow.available_at is None or escrow.available_at <= now):
        locks.lift(escrow, LockReason.TIME_LOCK, note="its time is over", actor=SYSTEM, now=now)
    return outcome


@fires(TimerKind.AUTO_REFUND, with_payment=True)
def auto_refund(escrow: Escrow, timer: Timer, *, now: datetime) -> str:
    """What counts is whether the terms were met at the hour, not when the clock is read."""
    if escrow.status not in MOVABLE:
        return f"The escrow is {escrow.status.lower()}"
    terms = agreements.in_force(escrow)
    if was_met_by(terms, timer.due_at):
        return "The terms are met: nothing goes back"
    freed = {part.pk for part in parts.held(escrow) if _is_freed(terms, part.condition_id, timer.due_at)}
    rest = [part for part in parts.held(escrow) if part.pk not in freed]
    gone = escrows.money(escrow, sum(part.amount_minor for part in rest))
    refunds.back(escrow, gone.minor, actor=SYSTEM, reason=BY_THE_TERMS, now=now, among=rest)
    outcome = f"{gone} went back to the payer: the conditions were not met by then"
    return f"{outcome}. {release_if_met(escrow, now=now)}" if freed else outcome


def release_if_met(escrow: Escrow, *, now: datetime) -> str:
    """Release all that is held, ask for the signatures it takes, or say what it waits for; something wakes it then."""
    if escrow.status not in MOVABLE:
        return f"The escrow is {escrow.status.lower()}"
    terms = agreements.in_force(escrow)
    if _refund_hour_is_past(escrow, terms, now):
        missing = releases.missing_for_parts(escrow, terms, parts.held(escrow), now=now)
    else:
        missing = releases.missing_for(escrow, terms, now=now)
    waits = {str(each["conditionId"]): str(each["state"]) for each in missing}
    unmet = [name for name, state in waits.items() if state in (ConditionState.OPEN, ConditionState.LAPSED)]
    if open_ := [name for name in unmet if name in terms.conditions]:
        return f"Not released: {', '.join(open_)} not met"[:250]
    if timeline.satisfied(terms.agreed, terms.states) and _refund_was_first(escrow, terms):
        return "Not released: the hour of the refund came before the conditions were met"
    if inspected := [name for name, state in waits.items() if state == "INSPECTION"]:
        return f"Waits for the inspection of {', '.join(inspected)}"[:250]
    if unmet:
        return _wait_for_time_lock(escrow, now=now)
    if waiting := locks.find(escrow, LockReason.APPROVALS):
        return f"Signatures are asked for already: {waiting.reference}"
    return _move(escrow, terms, now=now)


def _is_freed(terms: InForce, condition_id: str, at: datetime) -> bool:
    """A milestone that was met and looked at by then is the payee's, whatever became of the others."""
    condition = terms.conditions.get(condition_id)
    if condition is None or condition.met_at is None or not terms.agreed.release.partial_release_allowed:
        return False
    return condition.met_at < at and (condition.inspection_ends_at is None or condition.inspection_ends_at <= at)


def _refund_hour_is_past(escrow: Escrow, terms: InForce, now: datetime) -> bool:
    """What is held then are milestones that were met: nothing else waits for them any more."""
    hours = terms.agreed.timeouts.auto_refund_after_hours
    return hours is not None and escrow.funded_at is not None and now >= escrow.funded_at + timedelta(hours=hours)


def was_met_by(terms: InForce, at: datetime) -> bool:
    """Whether the conditions were met before that instant; what was met at it was met too late."""
    states = {
        name: ConditionState.OPEN if each.met_at is not None and each.met_at >= at else each.state
        for name, each in terms.conditions.items()
    }
    return timeline.satisfied(terms.agreed, states)


def _refund_was_first(escrow: Escrow, terms: InForce) -> bool:
    """After downtime both hours may be past. Then the one that came first by the terms decides."""
    refund = statements.fetch_one(REFUND, [escrow.pk, TimerKind.AUTO_REFUND])
    return refund is not None and not was_met_by(terms, refund[0])


def _wait_for_time_lock(escrow: Escrow, *, now: datetime) -> str:
    assert escrow.available_at is not None
    locks.place(escrow, LockReason.TIME_LOCK, note=escrow.available_why, actor=SYSTEM, now=now)
    timers.set_(escrow, TimerKind.TIME_LOCK_END, escrow.available_at, now=now)
    return f"Waits for the time lock until {escrow.available_at:%Y-%m-%d %H:%M} UTC"


def _move(escrow: Escrow, terms: InForce, *, now: datetime) -> str:
    held = escrows.money(escrow, escrow.held_minor)
    escrows.require_movable(escrow, held, now=now)
    try:
        with transaction.atomic():
            asked = releases.move_or_ask(escrow, terms, parts.held(escrow), actor=SYSTEM, reason=BY_THE_TERMS, now=now)
    except AskedAlready as known:
        escrow.refresh_from_db()
        return f"Signatures are asked for already: {known.request_id}"
    if asked.request_id:
        return f"{asked.needed} signatures asked for: {asked.request_id}"
    return f"{held} released to the payee"
