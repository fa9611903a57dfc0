"""Two models on the same payments: how much better one is, and how much of that is chance. Pure Python.

Days are drawn anew with replacement, both models on the same days: payments of a day are not independent of each other,
and what both models find hard cancels out.
"""

import itertools
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

SEED = 20180725
LIKELY, UNLIKELY = 0.05, 0.95
RATE = 0.01
FEWEST_IN_A_BAND = 10


@dataclass(frozen=True, slots=True)
class Pair:
    """One payment that both judged: the day it was judged on, what it was, and what each said."""

    day: int
    is_fraud: bool
    champion: float
    challenger: float
    champion_score: int
    challenger_score: int


@dataclass(frozen=True, slots=True)
class Ranked:
    """Payments by falling score as (score, day, is fraud): sorted once, weighed anew for each draw."""

    rows: tuple[tuple[float, int, bool], ...]

    @classmethod
    def of(cls, pairs: Sequence[Pair], *, challenger: bool) -> "Ranked":
        rows = ((pair.challenger if challenger else pair.champion, pair.day, pair.is_fraud) for pair in pairs)
        return cls(tuple(sorted(rows, key=lambda row: -row[0])))

    def measured(self, weights: Counter[int]) -> tuple[float, float]:
        """(average precision, recall at 1 % of genuine payments) where each day counts so many times."""
        frauds = sum(weights[day] for _, day, is_fraud in self.rows if is_fraud)
        genuine = sum(weights[day] for _, day, is_fraud in self.rows if not is_fraud)
        if not frauds:
            return 0.0, 0.0
        found = flagged = step_found = step_flagged = 0
        area = recall = 0.0
        last: float | None = None
        for score, day, is_fraud in (*self.rows, (float("-inf"), -1, False)):
            if last is not None and score != last:
                found, flagged = found + step_found, flagged + step_flagged
                if step_found:
                    area += step_found / frauds * (found / flagged)
                if flagged - found <= RATE * genuine:
                    recall = found / frauds
                step_found = step_flagged = 0
            last = score
            step_flagged += weights[day]
            step_found += weights[day] * is_fraud
        return area, recall


def compare(pairs: Sequence[Pair], *, limits: Sequence[int], draws: int) -> dict[str, Any]:
    """Figures of both and of the difference, challenger minus champion, with the middle 90 % of the draws.

    `limits` are the highest scores of the bands but the last.
    """
    days = sorted({pair.day for pair in pairs})
    champion, challenger = Ranked.of(pairs, challenger=False), Ranked.of(pairs, challenger=True)
    once = Counter(dict.fromkeys(days, 1))
    before, after = champion.measured(once), challenger.measured(once)
    chance = random.Random(SEED)  # noqa: S311 (repeatable on purpose)
    differences: list[tuple[float, float]] = []
    for _ in range(draws if days else 0):
        drawn = Counter(chance.choices(days, k=len(days)))
        old, new = champion.measured(drawn), challenger.measured(drawn)
        differences.append((new[0] - old[0], new[1] - old[1]))
    return {
        "days": len(days),
        "payments": len(pairs),
        "frauds": sum(pair.is_fraud for pair in pairs),
        "average_precision": _figure(before[0], after[0], [drawn[0] for drawn in differences]),
        "recall_at_1_fpr": _figure(before[1], after[1], [drawn[1] for drawn in differences]),
        "bands": _bands(pairs, limits),
    }


def _figure(before: float, after: float, drawn: Sequence[float]) -> dict[str, float]:
    ordered = sorted(drawn) or [0.0]
    low, high = (ordered[min(int(part * len(ordered)), len(ordered) - 1)] for part in (LIKELY, UNLIKELY))
    return {"champion": before, "challenger": after, "difference": after - before, "low": low, "high": high}


def _bands(pairs: Sequence[Pair], limits: Sequence[int]) -> list[dict[str, Any]]:
    """Share of the genuine payments in each band, by either."""
    genuine = [pair for pair in pairs if not pair.is_fraud]
    edges = [-1, *limits, 1_000]
    return [
        {
            "above": max(low, 0),
            "upto": high,
            "champion": sum(low < pair.champion_score <= high for pair in genuine),
            "challenger": sum(low < pair.challenger_score <= high for pair in genuine),
            "genuine": len(genuine),
        }
        for low, high in itertools.pairwise(edges)
    ]


@dataclass(frozen=True, slots=True)
class Terms:
    """The rules of promotion as they are in force."""

    days: int
    frauds: int
    recall_loss: float
    band_shift: float


def checks(result: dict[str, Any], terms: Terms) -> list[dict[str, Any]]:
    """Each rule of promotion with what was found and whether it holds."""
    precision, recall = result["average_precision"], result["recall_at_1_fpr"]
    moved = [_shift(band) for band in result["bands"]]
    return [
        _check("labelled days", result["days"] >= terms.days, f"{result['days']} of at least {terms.days}"),
        _check("known frauds", result["frauds"] >= terms.frauds, f"{result['frauds']} of at least {terms.frauds}"),
        _check(
            "average precision is higher, and not by chance",
            precision["difference"] > 0 and precision["low"] >= 0,
            _found(precision),
        ),
        _check(
            "recall at 1 % false positives is not lost",
            recall["low"] >= -terms.recall_loss,
            _found(recall),
        ),
        _check(
            "no band of genuine payments moved too far",
            max(moved, default=0.0) <= terms.band_shift,
            f"at most {max(moved, default=0.0):.0%} of {terms.band_shift:.0%}",
        ),
    ]


def _shift(band: dict[str, Any]) -> float:
    """How far the share moved, as a part of what it was. A band that holds next to nothing cannot tell."""
    before, after = band["champion"], band["challenger"]
    if max(before, after) < FEWEST_IN_A_BAND:
        return 0.0
    return abs(after - before) / before if before else 1.0


def _check(name: str, passed: bool, found: str) -> dict[str, Any]:
    return {"name": name, "passed": passed, "found": found}


def _found(figure: dict[str, float]) -> str:
    return f"{figure['difference']:+.3f}, in nine draws of ten from {figure['low']:+.3f} to {figure['high']:+.3f}"
