"""When a count is unusual: against the same hour of comparable days, with a floor under small numbers. Pure."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

SATURDAY = 5


@dataclass(frozen=True, slots=True)
class Limits:
    """A spike has at least `minimum` payments, `multiple` times what is usual, and is `deviations` standard
    deviations above it. All three at once: the first silences small numbers, the second large ones.
    """

    minimum: int
    multiple: float
    deviations: float


@dataclass(frozen=True, slots=True)
class Spike:
    """`seen` where `expected` are usual and anything up to `limit` would have been ordinary."""

    seen: int
    expected: float
    limit: float


def find_spike(seen: int, baseline: Sequence[int], limits: Limits) -> Spike | None:
    """None where the count is ordinary. `baseline` are the counts of comparable hours, zeros included.

    The spread is the larger of what the baseline shows and what chance alone does to a count (Poisson: the variance
    of a count is its mean), widened by what so few comparable hours leave unknown about the mean. A subject without
    any past has nothing usual; for it the minimum alone decides.
    """
    expected = sum(baseline) / len(baseline) if baseline else 0.0
    limit = max(
        limits.minimum - 1.0,
        expected * limits.multiple,
        expected + limits.deviations * math.sqrt(_variance(baseline, expected)),
    )
    return Spike(seen, expected, limit) if seen > limit else None


def comparable_hours(now: datetime, *, days: int, window: timedelta) -> list[tuple[datetime, datetime]]:
    """The same window on earlier days of the same kind (working day or weekend), oldest first.

    Day by day back from `now`; what people do at 3 in the morning and on a Sunday is compared with its like.
    """
    is_weekend = now.weekday() >= SATURDAY
    ends = [now - timedelta(days=back) for back in range(days, 0, -1)]
    return [(end - window, end) for end in ends if (end.weekday() >= SATURDAY) == is_weekend]


def _variance(baseline: Sequence[int], mean: float) -> float:
    if not baseline:
        return 0.0
    number = len(baseline)
    sample = sum((count - mean) ** 2 for count in baseline) / (number - 1) if number > 1 else 0.0
    return max(sample, mean) * (1 + 1 / number)
