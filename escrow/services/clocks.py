"""Set the clocks of the terms: when conditions lapse, when money moves by itself, when somebody is warned."""

from datetime import datetime, timedelta

from escrow.enums import ConditionState, TimerKind
from escrow.models import Condition, Escrow
from escrow.selectors.agreements import InForce
from escrow.services import escrows, timers
from escrow.terms import allocation, timeline

OF_THE_TERMS = (
    TimerKind.CONDITION_TIMEOUT,
    TimerKind.INSPECTION_END,
    TimerKind.AUTO_RELEASE,
    TimerKind.AUTO_REFUND,
    TimerKind.WARNING,
    TimerKind.DISPUTE_WINDOW_END,
)


def wind(escrow: Escrow, terms: InForce, *, now: datetime) -> None:
    """Everything the terms foresee from the moment of funding. What is past already is due at once, in order."""
    assert escrow.funded_at is not None
    for condition in terms.agreed.conditions:
        if condition.timeout_hours:
            due = escrow.funded_at + timedelta(hours=condition.timeout_hours)
            Condition.objects.filter(terms=terms.terms, condition_id=condition.condition_id).update(due_at=due)
    open_ = {name for name, condition in terms.conditions.items() if condition.state == ConditionState.OPEN}
    wanted = [
        (TimerKind(due.kind), due.key, due.at)
        for due in timeline.timers(terms.agreed, escrow.funded_at)
        if due.kind.value != TimerKind.CONDITION_TIMEOUT.value or due.key in open_
    ]
    wanted += [
        (TimerKind.INSPECTION_END, name, condition.inspection_ends_at)
        for name, condition in terms.conditions.items()
        if condition.inspection_ends_at and condition.inspection_ends_at > now
    ]
    timers.set_many(escrow, wanted, now=now)


def wind_again(escrow: Escrow, terms: InForce, *, now: datetime) -> None:
    """New terms, or a dispute that ended: what waits is set anew."""
    timers.stop(escrow, *OF_THE_TERMS, now=now, why="set anew")
    wind(escrow, terms, now=now)


def shares(escrow: Escrow, terms: InForce) -> list[tuple[str, int]]:
    """(condition id or empty, amount) of the parts that the money is held in."""
    net = escrows.money(escrow, escrow.amount_minor - escrow.fee_minor)
    return [(share.condition_id or "", share.amount.minor) for share in allocation.split(terms.agreed, net)]
