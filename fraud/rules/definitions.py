"""A rule as it is stored, and reading a list of them from JSON."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from fraud.enums import ListEffect, Outcome
from fraud.rules import language
from fraud.rules.catalogue import LIST_PREFIX, Kind
from fraud.rules.language import Position, RuleError

MAX_RULES = 200
MAX_POINTS = 1000
CODE = re.compile(r"^[a-z][a-z0-9_]{2,59}$", re.ASCII)
FLOORS = {Outcome.REVIEW.value, Outcome.BLOCK.value, Outcome.INVESTIGATE.value}


@dataclass(frozen=True, slots=True)
class Rule:
    """`points` are added to the score; `floor` lifts it at least into that band; `description` is for people.

    A rule that `allows` lowers a review to an approval and nothing above it. One that `opens_case` asks for a person
    whatever the score.
    """

    code: str
    expression: str
    points: int
    floor: str | None
    description: str
    allows: bool = False
    opens_case: bool = False

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with which rule (index in the list) and which of its fields; `position` within an expression."""

    index: int
    field: str
    reason: str
    position: Position | None = None

    def __str__(self) -> str:
        return f"{self.reason} ({self.position})" if self.position else self.reason


def read(raw: Sequence[Mapping[str, Any]]) -> list[Rule]:
    """Rules of a stored version, which were checked when they were stored. The first had no `allows`, no case."""
    return [
        Rule(
            item["code"],
            item["expression"],
            item["points"],
            item["floor"] or None,
            item["description"],
            item.get("allows", False),
            item.get("opens_case", False),
        )
        for item in raw
    ]


def faults(
    rules: Sequence[Rule], *, kinds: Mapping[str, Kind], list_effects: Mapping[str, str] | None = None
) -> list[Fault]:
    """Everything that keeps these rules from being a version; empty if nothing does.

    `list_effects` is what each list is for, by the name that expressions use (`list_trusted_customers` → ALLOW).
    """
    found: list[Fault] = []
    if not 1 <= len(rules) <= MAX_RULES:
        found.append(Fault(0, "code", f"a version has 1 to {MAX_RULES} rules"))
    seen: set[str] = set()
    for index, rule in enumerate(rules):
        if rule.code in seen:
            found.append(Fault(index, "code", "another rule has this code"))
        seen.add(rule.code)
        found += _fields_at_fault(index, rule)
        try:
            names = language.check(rule.expression, kinds=kinds).names
        except RuleError as error:
            found.append(Fault(index, "expression", error.reason, error.position))
        else:
            found += _allowance_at_fault(index, rule, names, list_effects or {})
    return found


def _fields_at_fault(index: int, rule: Rule) -> Iterator[Fault]:
    if not CODE.fullmatch(rule.code):
        yield Fault(index, "code", "3 to 60 lower-case letters, digits and underscores")
    if abs(rule.points) > MAX_POINTS:
        yield Fault(index, "points", f"between -{MAX_POINTS} and {MAX_POINTS}")
    if rule.floor is not None and rule.floor not in FLOORS:
        yield Fault(index, "floor", "REVIEW, BLOCK or INVESTIGATE")
    if not rule.description.strip():
        yield Fault(index, "description", "say in words what the rule looks for")
    if rule.allows and (rule.floor is not None or rule.points > 0):
        yield Fault(index, "allows", "a rule that allows has no floor and adds no points")


def _allowance_at_fault(
    index: int, rule: Rule, names: Sequence[str], list_effects: Mapping[str, str]
) -> Iterator[Fault]:
    """An entry of an allow list is signed by two people and ends: nothing else lets a payment past its review."""
    effects = {list_effects.get(name) for name in names if name.startswith(LIST_PREFIX)}
    if rule.allows and effects != {ListEffect.ALLOW.value}:
        yield Fault(index, "allows", "a rule that allows asks an allow list, and no list of another effect")
    if not rule.allows and ListEffect.ALLOW.value in effects:
        yield Fault(index, "allows", "an allow list is asked by a rule that allows")
