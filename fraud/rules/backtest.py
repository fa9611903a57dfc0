"""What a version of the rules would have made of stored decisions, beside the version that judges now. Pure.

Both judge the very values a decision was made from, under thresholds and bands given once for all of them. Rules that
say the same of two payments with one base score make the same of them, so `scoring.judge` is asked once for each such
pattern: what is counted is what live judging would do, at the speed of the compiled rules.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from functools import lru_cache
from itertools import combinations
from typing import Any, NamedTuple

from fraud.enums import Outcome
from fraud.rules import scoring
from fraud.rules.catalogue import LIST_PREFIX
from fraud.rules.compiled import CompiledRules, Verdicts, compile_rules
from fraud.rules.definitions import Rule
from fraud.rules.scoring import Bands, Judgement

PATTERNS_KEPT = 100_000
"""Patterns remembered of one pair of versions; beyond it they are worked out anew."""
PAIRS_KEPT = 2
"""Pairs of versions whose patterns a process remembers: what one slice worked out, the next one knows."""

Counts = Counter[tuple[str, ...]]
Rescore = Callable[[Mapping[str, Any]], int]
"""Another model's score of stored variables."""


class Label(StrEnum):
    """What is known of a payment. Only the first two say how good a rule is."""

    FRAUD = "fraud"
    GENUINE = "genuine"
    IMMATURE = "immature"
    UNLABELLED = "unlabelled"


class Decision(NamedTuple):
    """A stored decision. `day` is ISO 8601 in UTC, `outcome` what was decided then. `values` and `entries` are JSON
    objects: the variables, and the entries of the lists that `lists_named` gives, None if it gives none. `base_score`
    is None where nothing was judged; `candidate_base` is what the candidate starts from, None where that is not stored.
    Without `whole_history` a model would be blind.
    """

    day: str
    currency: str
    amount_minor: int
    label: str
    outcome: str
    base_score: int | None
    candidate_base: int | None
    values: str
    entries: str | None
    whole_history: bool


@dataclass(frozen=True, slots=True)
class Terms:
    """What both versions judge under: thresholds by name, and the bands."""

    thresholds: Mapping[str, Any]
    bands: Bands


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """What one pattern of verdicts comes to."""

    outcome: str
    hits: tuple[str, ...]
    unknown: tuple[str, ...]


def lists_named(*versions: CompiledRules) -> tuple[str, ...]:
    """The lists that some rule asks, by the names of expressions. What they held then stands with the decision."""
    names = {name for version in versions for used in version.names for name in used}
    return tuple(sorted(name for name in names if name.startswith(LIST_PREFIX)))


class Backtest:
    """Counts decisions. `counts` may be taken out between two calls of `add`, and a later one goes on from there.

    Decisions of one day, currency, label, outcome and pattern are counted as one cell, and cells are taken apart into
    counts only when these are asked for: most of a million decisions cost an addition.

    With `rescore` a candidate's base score that is not stored is asked for, where the history was whole; a decision
    without it is counted as degraded and judged by neither.
    """

    def __init__(
        self,
        *,
        active: CompiledRules,
        candidate: CompiledRules,
        terms: Terms,
        counts: Counts | None = None,
        rescore: Rescore | None = None,
    ) -> None:
        self.lists = lists_named(active, candidate)
        self._counts: Counts = Counter() if counts is None else counts
        self._cells: dict[tuple[str, str, str, str, str, Judged], list[int]] = {}
        self._unjudged = self._degraded = 0
        self._terms, self._rescore = terms, rescore
        self._judge = _judge_of(active, candidate, json.dumps(dict(terms.thresholds), sort_keys=True), terms.bands)

    def add(self, decisions: Iterable[Sequence[Any]]) -> None:
        """`decisions` are rows in the order of Decision's fields."""
        thresholds, cells, loads = self._terms.thresholds, self._cells, json.loads
        judged, rescore = self._judge.judged, self._rescore
        for day, currency, amount_minor, label, outcome, base_score, candidate_base, told, entries, whole in decisions:
            if base_score is None or (candidate_base is None and rescore is None):
                self._unjudged += 1
                continue
            if candidate_base is None and not whole:
                self._degraded += 1
                continue
            values = loads(told)
            if candidate_base is None and rescore is not None:
                candidate_base = rescore(values)
            values.update(thresholds)
            if entries:
                values.update(loads(entries))
            before, after = judged(values, base_score, candidate_base)
            key = (day, currency, label, outcome, before, after)
            cell = cells.get(key)
            if cell is None:
                cells[key] = [1, amount_minor]
            else:
                cell[0] += 1
                cell[1] += amount_minor

    @property
    def counts(self) -> Counts:
        cells, self._cells = self._cells, {}
        for key, (number, amount) in cells.items():
            self._fold(*key, number=number, amount=amount)
        self._counts["unjudged",] += self._unjudged
        self._counts["degraded",] += self._degraded
        self._unjudged = self._degraded = 0
        return self._counts

    def _fold(
        self, day: str, currency: str, label: str, then: str, before: str, after: Judged, *, number: int, amount: int
    ) -> None:
        counts, approved = self._counts, before == Outcome.APPROVE
        counts["decisions", day, label] += number
        counts["amount", currency, label] += amount
        for side, outcome in (("then", then), ("before", before), ("after", after.outcome)):
            counts["mix", side, outcome, label] += number
            counts["mix_amount", side, outcome, currency] += amount
            if outcome != Outcome.APPROVE:
                counts["flagged", side, day, label] += number
        if before != after.outcome:
            counts["move", before, after.outcome, label] += number
            counts["move_amount", before, after.outcome, currency, label] += amount
        for code in after.hits:
            counts["hit", code, day, label] += number
            counts["hit_amount", code, currency, label] += amount
            if approved:
                counts["new", code, label] += number
                counts["new_amount", code, currency, label] += amount
        if len(after.hits) == 1:
            counts["only", after.hits[0]] += number
        for code in after.unknown:
            counts["unknown", code] += number
        for pair in combinations(after.hits, 2):
            counts["both", *pair] += number


class _Judge:
    """Both versions at once: what they have in common is asked once."""

    def __init__(self, active: CompiledRules, candidate: CompiledRules, terms: Terms) -> None:
        expressions = list(dict.fromkeys(rule.expression for version in (active, candidate) for rule in version.rules))
        self._ask = compile_rules(
            version=0,
            rules=[Rule("", expression, 0, None, "") for expression in expressions],
            threshold_types={name: type(value) for name, value in terms.thresholds.items()},
        ).judge
        self._active, self._candidate, self._bands = active, candidate, terms.bands
        self._places = {expression: place for place, expression in enumerate(expressions)}
        self._known: dict[tuple[Verdicts, int, int], tuple[str, Judged]] = {}
        self._same: dict[tuple[str, tuple[str, ...], tuple[str, ...]], Judged] = {}

    def judged(self, values: Mapping[str, Any], base_score: int, candidate_base: int) -> tuple[str, Judged]:
        """The outcome by the active version, and what the candidate makes of it."""
        key = (self._ask(values), base_score, candidate_base)
        found = self._known.get(key)
        if found is None:
            if len(self._known) >= PATTERNS_KEPT:
                self._known.clear()
            found = self._known[key] = self._settle(*key)
        return found

    def _settle(self, verdicts: Verdicts, base_score: int, candidate_base: int) -> tuple[str, Judged]:
        before = self._score(self._active, verdicts, base_score)
        after = self._score(self._candidate, verdicts, candidate_base)
        what = (after.outcome.value, tuple(hit.code for hit in after.hits), after.not_evaluated)
        return before.outcome.value, self._same.setdefault(what, Judged(*what))

    def _score(self, version: CompiledRules, verdicts: Verdicts, base_score: int) -> Judgement:
        own = tuple(verdicts[self._places[rule.expression]] for rule in version.rules)
        fixed = replace(version, judge=lambda _values: own)
        return scoring.judge(fixed, features={}, thresholds={}, base_score=base_score, bands=self._bands)


@lru_cache(maxsize=PAIRS_KEPT)
def _judge_of(active: CompiledRules, candidate: CompiledRules, thresholds: str, bands: Bands) -> _Judge:
    """`thresholds` as JSON. What it remembers may be used and added to by threads at once: nothing of it changes."""
    return _Judge(active, candidate, Terms(json.loads(thresholds), bands))


def pack(counts: Counts) -> dict[str, int]:
    """As JSON keeps it. No part of a key holds a slash: codes, outcomes, currencies, days and labels are words."""
    return {"/".join(key): number for key, number in counts.items()}


def unpack(kept: Mapping[str, int]) -> Counts:
    return Counter({tuple(key.split("/")): number for key, number in kept.items()})


def week(day: str) -> str:
    """The ISO week of a day: 2026-W47."""
    year, number, _ = date.fromisoformat(day).isocalendar()
    return f"{year}-W{number:02}"
