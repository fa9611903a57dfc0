"""When things happen under terms, and whether the conditions are met. Times are told, never asked for.

Windows are half-open: what is to happen before an hour happens before its first instant. Where hours coincide, a refund
comes before a condition is met by time, and a condition before a release; `timers` is in that order.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from escrow.terms.agreed import Agreed, Condition
from escrow.terms.next_actions import next_action
from escrow.terms.situations import ApprovalNow, ConditionNow, DisputeNow, NextAction, Situation
from escrow.terms.words import ConditionType, State, TimerKind

__all__ = [
    "ApprovalNow", "ConditionNow", "DisputeNow", "Due", "NextAction", "Situation", "can_still_be_met",
    "may_be_satisfied", "next_action", "satisfied", "timers",
]  # fmt: skip

_ORDER = (
    TimerKind.WARNING, TimerKind.DISPUTE_WINDOW_END, TimerKind.AUTO_REFUND, TimerKind.CONDITION_TIMEOUT,
    TimerKind.AUTO_RELEASE,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Due:
    """`key` is the condition's id, `AUTO_RELEASE:72` of a warning 72 hours before the release, else empty."""

    kind: TimerKind
    key: str
    at: datetime


def timers(agreed: Agreed, funded_at: datetime) -> list[Due]:
    """Everything with an hour of its own, in the order it takes effect. In UTC: an hour is an hour all year."""
    timeouts, disputes = agreed.timeouts, agreed.disputes
    due = [
        (TimerKind.CONDITION_TIMEOUT, condition.condition_id, condition.timeout_hours)
        for condition in agreed.conditions
        if condition.timeout_hours is not None
    ]
    for kind, hours in (
        (TimerKind.AUTO_RELEASE, timeouts.auto_release_after_hours),
        (TimerKind.AUTO_REFUND, timeouts.auto_refund_after_hours),
    ):
        if hours is not None:
            warned = [before for before in timeouts.warning_notification_hours if before < hours]
            due += [(kind, "", hours), *((TimerKind.WARNING, f"{kind}:{before}", hours - before) for before in warned)]
    if disputes.allow_disputes:
        due.append((TimerKind.DISPUTE_WINDOW_END, "", disputes.dispute_window_hours))
    start = funded_at.astimezone(UTC)
    placed = [Due(kind, key, start + timedelta(hours=hours)) for kind, key, hours in due]
    return sorted(placed, key=lambda each: (each.at, _ORDER.index(each.kind)))


def satisfied(agreed: Agreed, states: Mapping[str, str]) -> bool:
    """Whether the conditions are met: all, or one where one is enough. A condition nobody speaks of is open."""
    met = [states.get(each.condition_id) == State.MET for each in agreed.conditions]
    return not met or (all(met) if agreed.release.all_conditions_met else any(met))


def can_still_be_met(agreed: Agreed, states: Mapping[str, str]) -> bool:
    """Whether no lapse has decided already that they never will be."""
    alive = [states.get(each.condition_id) != State.LAPSED for each in agreed.conditions]
    return not alive or (all(alive) if agreed.release.all_conditions_met else any(alive))


def may_be_satisfied(
    agreed: Agreed, condition: Condition, states: Mapping[str, str], *, funded_at: datetime, now: datetime
) -> bool:
    """Whether a person may say now that it is met: hours count as passed, whether or not their timer has fired."""
    if condition.type is ConditionType.TIME_ELAPSED or states.get(condition.condition_id, State.OPEN) != State.OPEN:
        return False
    passed = now - funded_at
    if condition.timeout_hours is not None and passed >= timedelta(hours=condition.timeout_hours):
        return False
    refund = agreed.timeouts.auto_refund_after_hours
    return refund is None or passed < timedelta(hours=refund) or satisfied(agreed, states)
