"""How far what a model sees now is from what it learned on: population stability, with bins where fraud hides.

Deciles alone do not see the 5 % of a distribution that moves into its tail, which is what an attack looks like. So
the score has bins of its own within the bands, and a variable the ten deciles, the 99 % and the 99.9 % edge. Missing is
a bin; of categories those seen in the reference are bins, anything else is "other".
"""

import math
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fraud.enums import DriftVerdict as Verdict

SCORE = "score"
SCORE_EDGES = (100.0, 200.0, 300.0, 500.0, 700.0, 900.0)
QUANTILES = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.99, 0.999)
MOST_CATEGORIES = 20
MISSING, OTHER = "missing", "other"
HALF = 0.5


@dataclass(frozen=True, slots=True)
class Histogram:
    """Counts by bin. Numbers have `edges` (a value equal to an edge lies below it) and one bin more than edges;
    categories have `categories` and a last bin for any other. Missing values stand apart.
    """

    edges: tuple[float, ...]
    categories: tuple[str, ...]
    counts: tuple[int, ...]
    missing: int

    @property
    def events(self) -> int:
        return sum(self.counts) + self.missing

    def of(self, values: Iterable[Any]) -> "Histogram":
        """The same bins over other values."""
        counts, missing = [0] * len(self.counts), 0
        for value in values:
            if _is_missing(value):
                missing += 1
            else:
                counts[self._bin(value)] += 1
        return Histogram(self.edges, self.categories, tuple(counts), missing)

    def _bin(self, value: Any) -> int:
        if not self.categories:
            return bisect_left(self.edges, value)
        return self.categories.index(value) if value in self.categories else len(self.categories)

    def labels(self) -> list[str]:
        """What each bin holds, in words, the missing ones last."""
        if self.categories:
            return [*self.categories, OTHER, MISSING]
        spelled = [f"{edge:g}" for edge in self.edges]
        return [*(f"to {edge}" for edge in spelled), f"over {spelled[-1]}" if spelled else "any", MISSING]

    def as_json(self) -> dict[str, Any]:
        return {
            "edges": list(self.edges),
            "categories": list(self.categories),
            "counts": list(self.counts),
            "missing": self.missing,
        }


def read(stored: Mapping[str, Any]) -> Histogram:
    """What `Histogram.as_json` wrote."""
    return Histogram(
        tuple(stored["edges"]), tuple(stored["categories"]), tuple(stored["counts"]), int(stored["missing"])
    )


def of_scores(scores: Sequence[int]) -> Histogram:
    return Histogram(SCORE_EDGES, (), (0,) * (len(SCORE_EDGES) + 1), 0).of(scores)


def of_numbers(values: Sequence[float | None]) -> Histogram:
    """Equal edges, as a variable with few values has them, are one."""
    known = sorted(value for value in values if value is not None and not math.isnan(value))
    edges = sorted({known[min(int(part * len(known)), len(known) - 1)] for part in QUANTILES}) if known else []
    return Histogram(tuple(map(float, edges)), (), (0,) * (len(edges) + 1), 0).of(values)


def of_categories(values: Sequence[str | None]) -> Histogram:
    """The twenty most frequent ones have a bin each."""
    frequent = Counter(value for value in values if value is not None).most_common(MOST_CATEGORIES)
    names = tuple(sorted(name for name, _ in frequent))
    return Histogram((), names, (0,) * (len(names) + 1), 0).of(values)


def psi(reference: Histogram, seen: Histogram) -> float:
    """Population stability index, half a count added to every bin so that an empty one is no infinity."""
    before, after = [*reference.counts, reference.missing], [*seen.counts, seen.missing]
    total = 0.0
    for expected, actual in zip(_shares(before), _shares(after), strict=True):
        total += (actual - expected) * math.log(actual / expected)
    return total


def judge(value: float, *, events: int, fewest: int, warn: float, critical: float) -> Verdict:
    """Below `fewest` events the index says more about chance than about the world."""
    if events < fewest:
        return Verdict.INSUFFICIENT
    if value > critical:
        return Verdict.CRITICAL
    return Verdict.WARN if value > warn else Verdict.STABLE


def _shares(counts: Sequence[int]) -> list[float]:
    total = sum(counts) + HALF * len(counts)
    return [(count + HALF) / total for count in counts]


def _is_missing(value: Any) -> bool:
    return value is None or (isinstance(value, float) and math.isnan(value))
