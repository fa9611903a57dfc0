"""What becomes of a funded escrow if nobody does anything from now on."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from escrow.terms.agreed import Condition
from escrow.terms.situations import ConditionNow, Situation
from escrow.terms.words import State

NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Forecast:
    """`met_at`: the conditions; `inspected_at`: also their inspections; `release_at`: also agreed hour and time lock.

    NEVER where it does not come. Without a `release_hour` nothing is released by itself, `release_at` or not.
    """

    met_at: datetime
    inspected_at: datetime
    release_at: datetime
    release_hour: datetime
    refund_at: datetime

    @property
    def refunds(self) -> bool:
        """Whether the refund comes first. What is met at the hour of the refund is met too late."""
        return self.refund_at != NEVER and self.met_at >= self.refund_at


def idle(situation: Situation, funded_at: datetime) -> Forecast:
    agreed, start = situation.agreed, funded_at.astimezone(UTC)
    timeouts = agreed.timeouts
    moments = [_met(each, situation, start) for each in agreed.conditions]
    met_at = _over([met for met, _ in moments], every=agreed.release.all_conditions_met) or start
    inspected_at = _over([inspected for _, inspected in moments], every=agreed.release.all_conditions_met) or start
    release_hour = _after(start, timeouts.auto_release_after_hours)
    earliest = start if release_hour == NEVER else release_hour
    return Forecast(
        met_at=met_at,
        inspected_at=inspected_at,
        release_at=max(inspected_at, earliest, situation.available_at or start),
        release_hour=release_hour,
        refund_at=_after(start, timeouts.auto_refund_after_hours),
    )


def _met(condition: Condition, situation: Situation, start: datetime) -> tuple[datetime, datetime]:
    """When it is met and when its inspection is over."""
    now = situation.conditions.get(condition.condition_id, ConditionNow())
    if now.state == State.MET:
        met = now.met_at or start
        return met, now.inspection_ends_at or met
    if now.state == State.LAPSED or not condition.is_met_by_time:
        return NEVER, NEVER
    met = now.due_at or _after(start, condition.timeout_hours)
    return met, met + timedelta(hours=condition.inspection_hours)


def _over(moments: list[datetime], *, every: bool) -> datetime | None:
    if not moments:
        return None
    return max(moments) if every else min(moments)


def _after(start: datetime, hours: int | None) -> datetime:
    return NEVER if hours is None else start + timedelta(hours=hours)
