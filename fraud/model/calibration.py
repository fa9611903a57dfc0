"""From log-odds to 0-1000 by how often genuine payments get that far, and to a probability. Pure Python.

300 is passed by at most 2 % of genuine payments, 700 by 0.2 %, 900 by 0.05 %: a score keeps its meaning from one model
to the next, and so do limits written against it. Between the anchors the score is linear in log10 of that share; above
900 linear in log-odds up to the largest ever seen, and 1000 beyond.
"""

import itertools
import math
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

HIGHEST = 1_000
ANCHORS = ((1.0, 0), (0.02, 300), (0.002, 700), (0.0005, 900))
"""(share of genuine payments above, score)."""
POINTS_BETWEEN = 12
FEWEST_ABOVE = 10
"""So many genuine payments above a point make its share a measurement; with fewer it is extrapolated."""


class TooFewGenuine(ValueError):
    """Not even the first anchor could be measured or extrapolated."""


@dataclass(frozen=True, slots=True)
class Anchor:
    """`raw` in log-odds; a payment above it scores above `score`. `share` is None for the end of the scale."""

    share: float | None
    score: int
    raw: float
    is_extrapolated: bool


@dataclass(frozen=True, slots=True)
class Curve:
    """`points` are (log-odds, score), both rising; `anchors` are those of them that people read."""

    points: tuple[tuple[float, float], ...]
    anchors: tuple[Anchor, ...]

    def score(self, raw: float) -> int:
        """0 to 1000; rounded up, so that what lies above an anchor's log-odds scores above the anchor."""
        place = bisect_left(self.points, raw, key=lambda point: point[0])
        if place == len(self.points):
            return HIGHEST
        upper, high = self.points[place]
        if place == 0 or raw == upper:
            return math.ceil(high)
        lower, low = self.points[place - 1]
        return min(math.ceil(low + (high - low) * (raw - lower) / (upper - lower)), HIGHEST)


def fit(genuine: Sequence[float], *, largest: float) -> Curve:
    """`genuine` are raw scores of genuine payments the model has not learned from, `largest` the largest seen of any.

    Raises TooFewGenuine below 500, where not even 2 % can be measured.
    """
    falling = sorted(genuine, reverse=True)
    if len(falling) * ANCHORS[1][0] < FEWEST_ABOVE:
        raise TooFewGenuine(f"{len(falling)} genuine payments; {FEWEST_ABOVE / ANCHORS[1][0]:.0f} are needed")
    points = [(falling[-1], 0.0)]
    anchors = [Anchor(1.0, 0, falling[-1], False)]
    for (wide, low), (narrow, high) in itertools.pairwise(ANCHORS):
        for step in range(1, POINTS_BETWEEN + 1):
            part = step / POINTS_BETWEEN
            share = narrow if step == POINTS_BETWEEN else wide * (narrow / wide) ** part
            points.append((max(_raw_at(falling, share), points[-1][0]), low + (high - low) * part))
        anchors.append(Anchor(narrow, high, points[-1][0], _is_extrapolated(falling, narrow)))
    top = max(largest, falling[0], points[-1][0])
    points.append((top, float(HIGHEST)))
    anchors.append(Anchor(None, HIGHEST, top, False))
    return Curve(tuple(points), tuple(anchors))


def _is_extrapolated(falling: Sequence[float], share: float) -> bool:
    return len(falling) * share < FEWEST_ABOVE - 1e-6


def _raw_at(falling: Sequence[float], share: float) -> float:
    """The log-odds that at most this share of genuine payments exceed; by a straight line where too few would."""
    if not _is_extrapolated(falling, share):
        return _measured_at(falling, share)
    near, far = FEWEST_ABOVE / len(falling), min(FEWEST_ABOVE * 10 / len(falling), 1.0)
    at_near, at_far = _measured_at(falling, near), _measured_at(falling, far)
    return at_near + (at_near - at_far) * math.log(near / share) / math.log(far / near)


def _measured_at(falling: Sequence[float], share: float) -> float:
    return falling[min(int(len(falling) * share + 1e-9), len(falling) - 1)]
