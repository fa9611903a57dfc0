"""Between which hours things can happen, whatever people do. Hours from funding; `inf` is never.

A person may satisfy a condition in its first hour or not at all, so a condition has an earliest hour and an hour by
which it is surely met. `all` waits for the last of its conditions, `any` for the first; without conditions there is
nothing to wait for.
"""

import math
from collections.abc import Callable

from escrow.terms.agreed import Agreed, Condition
from escrow.terms.words import ConditionType

Hours = float


def earliest(condition: Condition) -> Hours:
    if condition.type is not ConditionType.TIME_ELAPSED:
        return 0
    return math.inf if condition.timeout_hours is None else condition.timeout_hours


def surely(condition: Condition) -> Hours:
    """By when it is met even if nobody does anything."""
    hours = condition.timeout_hours
    return hours if hours is not None and condition.is_met_by_time else math.inf


def over(agreed: Agreed, hour: Callable[[Condition], Hours]) -> Hours:
    """That hour for the conditions together."""
    hours = [hour(condition) for condition in agreed.conditions]
    if not hours:
        return 0
    return max(hours) if agreed.release.all_conditions_met else min(hours)


def earliest_release(condition: Condition) -> Hours:
    """With its inspection run to the end: a payer who accepts earlier does the payee a favour, no more."""
    return earliest(condition) + condition.inspection_hours


def latest(agreed: Agreed, condition: Condition) -> Hours:
    """The last hour it can be met while it still matters."""
    refund = agreed.timeouts.auto_refund_after_hours
    ends = [math.inf if hours is None else hours for hours in (condition.timeout_hours, refund)]
    if not agreed.release.all_conditions_met:
        ends.append(over(agreed, surely))
    return min(ends)


def refund_hour(agreed: Agreed) -> Hours:
    hours = agreed.timeouts.auto_refund_after_hours
    return math.inf if hours is None else hours


def can_refund(agreed: Agreed) -> bool:
    """Whether some behaviour leaves the conditions unmet until the refund; met at its hour is too late."""
    return agreed.timeouts.auto_refund_after_hours is not None and over(agreed, surely) >= refund_hour(agreed)
