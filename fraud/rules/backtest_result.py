"""The figures of a backtest, from what was counted. Pure.

Rates are None where nothing could be divided. Precision, recall and false positive rate are over decisions whose label
is final; what is too young or unlabelled is counted apart. Amounts are minor units by currency.
"""

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fraud.enums import Outcome
from fraud.rules.backtest import Counts, Label, week

THOUSAND = 1_000
LABELS = tuple(Label)
SIDES = ("then", "before", "after")


@dataclass(frozen=True, slots=True)
class Watch:
    """How forecasts will be used: on so many newest decisions, with so many standard deviations of tolerance."""

    sample: int
    deviations: float


def summarise(counts: Counts, *, codes: Sequence[str], watch: Watch) -> dict[str, Any]:
    """Everything a person is shown of a backtest. `codes` are the candidate's rules."""
    by_label = _labels(counts, "decisions")
    by_day = _sums(counts, "decisions", lambda key: key[1])
    return {
        "decisions": sum(by_label.values()),
        "unjudged": counts["unjudged",],
        "degraded": counts["degraded",],
        "labels": by_label,
        "amount": dict(_sums(counts, "amount", lambda key: key[1])),
        "sides": {side: _side(counts, side, by_label) for side in SIDES},
        "moves": _moves(counts),
        "rules": {code: _rule(counts, code, by_label, by_day, watch) for code in codes},
        "overlap": _overlap(counts, codes),
        "weeks": _weeks(counts),
    }


def band(
    hits: Mapping[str, int], decisions: Mapping[str, int], *, deviations: float, sample: int
) -> dict[str, float] | None:
    """Hits per 1,000 decisions: mean, and how far `sample` newest decisions may lie from it, both by day. None where
    no decision was judged: nothing is forecast from nothing.

    Two things move a rate: days differ (what was seen between them, each weighted by its decisions, beyond what chance
    does to a day), and a sample is small. A rule that never hit still has a band, for one hit may come; rare hits come
    in lumps, which lifts the upper end as the third moment of a Poisson count does.
    """
    total, number = sum(decisions.values()), len(decisions)
    if not total:
        return None
    mean = sum(hits.values()) / total
    expected = (sum(hits.values()) + 1) / (total + 2)
    chance, size = expected * (1 - expected), min(total / number, sample)
    between = 0.0
    if number > 1:
        spread = sum(of * (hits.get(day, 0) / of - mean) ** 2 for day, of in decisions.items()) / total
        between = max(spread * number / (number - 1) - chance * number / total, 0.0)
    reach = deviations * math.sqrt(between + chance / size)
    lumps = (deviations**2 - 1) / 6 / size
    low, high = max(mean - reach, 0.0), min(mean + reach + lumps, 1.0)
    return {name: round(rate * THOUSAND, 3) for name, rate in (("mean", mean), ("low", low), ("high", high))}


def quality(flagged: Mapping[str, int], everything: Mapping[str, int]) -> dict[str, float | None]:
    """How well what was flagged is what was fraud. Both by label."""
    caught, wrongly = flagged[Label.FRAUD], flagged[Label.GENUINE]
    return {
        "precision": _ratio(caught, caught + wrongly),
        "recall": _ratio(caught, everything[Label.FRAUD]),
        "false_positive_rate": _ratio(wrongly, everything[Label.GENUINE]),
    }


def _rule(
    counts: Counts, code: str, everything: Mapping[str, int], by_day: Mapping[str, int], watch: Watch
) -> dict[str, Any]:
    hits = _labels(counts, "hit", code)
    days = _sums(counts, "hit", lambda key: key[2], code)
    new = _labels(counts, "new", code)
    weeks: dict[str, dict[str, int]] = defaultdict(lambda: dict.fromkeys(LABELS, 0))
    for key, number in _under(counts, "hit", code):
        weeks[week(key[2])][key[3]] += number
    return {
        "hits": sum(hits.values()),
        "labels": hits,
        "amount": dict(_sums(counts, "hit_amount", lambda key: key[2], code)),
        "fraud_amount": _amount_of(counts, "hit_amount", code, label=Label.FRAUD),
        **quality(hits, everything),
        "new": {
            "hits": sum(new.values()),
            "labels": new,
            "amount": dict(_sums(counts, "new_amount", lambda key: key[2], code)),
            "fraud_amount": _amount_of(counts, "new_amount", code, label=Label.FRAUD),
        },
        "only": counts["only", code],
        "unknown": counts["unknown", code],
        "band": band(days, by_day, deviations=watch.deviations, sample=watch.sample),
        "weeks": [{"week": name, "labels": weeks[name]} for name in _all_weeks(by_day) if name in weeks],
    }


def _side(counts: Counts, side: str, everything: Mapping[str, int]) -> dict[str, Any]:
    flagged: dict[str, int] = dict.fromkeys(LABELS, 0)
    outcomes = {}
    for outcome in Outcome:
        found = _labels(counts, "mix", side, outcome.value)
        if number := sum(found.values()):
            amounts = dict(_sums(counts, "mix_amount", lambda key: key[3], side, outcome.value))
            outcomes[outcome.value] = {"decisions": number, "amount": amounts}
        if outcome != Outcome.APPROVE:
            flagged = {label: flagged[label] + found[label] for label in LABELS}
    return {"outcomes": outcomes, "flagged": sum(flagged.values()), "labels": flagged, **quality(flagged, everything)}


def _moves(counts: Counts) -> list[dict[str, Any]]:
    """Every change of outcome from the active version to the candidate, the most frequent first."""
    pairs = {(key[1], key[2]) for key in counts if key[0] == "move"}
    moves = []
    for before, after in sorted(pairs):
        labels = _labels(counts, "move", before, after)
        moves.append(
            {
                "before": before,
                "after": after,
                "decisions": sum(labels.values()),
                "labels": labels,
                "amount": dict(_sums(counts, "move_amount", lambda key: key[3], before, after)),
                "amount_by_label": {
                    label: _amount_of(counts, "move_amount", before, after, label=label) for label in LABELS
                },
            }
        )
    return sorted(moves, key=lambda move: -move["decisions"])


def _overlap(counts: Counts, codes: Sequence[str]) -> dict[str, Any]:
    """Row and column are rules; a cell is on how many decisions both were true, the diagonal how often one was."""
    hits = {code: sum(_labels(counts, "hit", code).values()) for code in codes}
    together = [
        [hits[one] if one == other else counts["both", one, other] + counts["both", other, one] for other in codes]
        for one in codes
    ]
    return {"codes": list(codes), "together": together}


def _weeks(counts: Counts) -> list[dict[str, Any]]:
    decisions: dict[str, dict[str, int]] = defaultdict(lambda: dict.fromkeys(LABELS, 0))
    flagged: dict[tuple[str, str], dict[str, int]] = defaultdict(lambda: dict.fromkeys(LABELS, 0))
    for key, number in _under(counts, "decisions"):
        decisions[week(key[1])][key[2]] += number
    for key, number in _under(counts, "flagged"):
        flagged[key[1], week(key[2])][key[3]] += number
    return [
        {
            "week": name,
            "decisions": sum(decisions[name].values()),
            "labels": decisions[name],
            **{side: dict(flagged[side, name]) for side in SIDES},
        }
        for name in sorted(decisions)
    ]


def _under(counts: Counts, *prefix: str) -> Iterable[tuple[tuple[str, ...], int]]:
    length = len(prefix)
    return ((key, number) for key, number in counts.items() if key[:length] == prefix)


def _sums(counts: Counts, name: str, by: Callable[[tuple[str, ...]], str], *prefix: str) -> dict[str, int]:
    sums: dict[str, int] = defaultdict(int)
    for key, number in _under(counts, name, *prefix):
        sums[by(key)] += number
    return sums


def _labels(counts: Counts, *prefix: str) -> dict[str, int]:
    """By label, which is the last part of these keys."""
    sums = dict.fromkeys(LABELS, 0)
    for key, number in _under(counts, *prefix):
        sums[Label(key[-1])] += number
    return {str(label): number for label, number in sums.items()}


def _amount_of(counts: Counts, name: str, *prefix: str, label: Label) -> dict[str, int]:
    sums: dict[str, int] = defaultdict(int)
    for key, number in _under(counts, name, *prefix):
        if key[-1] == label:
            sums[key[-2]] += number
    return dict(sums)


def _all_weeks(days: Iterable[str]) -> list[str]:
    return sorted({week(day) for day in days})


def _ratio(part: int, whole: int) -> float | None:
    return round(part / whole, 6) if whole else None
