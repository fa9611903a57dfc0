"""A rule as it is stored, and reading a list of them from JSON."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from fraud.enums import Outcome
from fraud.rules import language
from fraud.rules.catalogue import Kind
from fraud.rules.language import RuleError

MAX_RULES = 200
MAX_POINTS = 1000
CODE = re.compile(r"^[a-z][a-z0-9_]{2,59}$", re.ASCII)
FLOORS = {Outcome.REVIEW.value, Outcome.BLOCK.value, Outcome.INVESTIGATE.value}


@dataclass(frozen=True, slots=True)
class Rule:
    """`points` are added to the score; `floor` lifts it at least into that band; `description` is for people."""

    code: str
    expression: str
    points: int
    floor: str | None
    description: str

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with which rule (index in the list) and which of its fields."""

    index: int
    field: str
    reason: str


def read(raw: Sequence[Mapping[str, Any]]) -> list[Rule]:
    """Rules of a stored version, which were checked when they were stored."""
    return [
        Rule(item["code"], item["expression"], item["points"], item["floor"] or None, item["description"])
        for item in raw
    ]


def faults(rules: Sequence[Rule], *, kinds: Mapping[str, Kind]) -> list[Fault]:
    """Everything that keeps these rules from being a version; empty if nothing does."""
    found: list[Fault] = []
    if not 1 <= len(rules) <= MAX_RULES:
        found.append(Fault(0, "code", f"a version has 1 to {MAX_RULES} rules"))
    seen: set[str] = set()
    for index, rule in enumerate(rules):
        if not CODE.fullmatch(rule.code):
            found.append(Fault(index, "code", "3 to 60 lower-case letters, digits and underscores"))
        if rule.code in seen:
            found.append(Fault(index, "code", "another rule has this code"))
        seen.add(rule.code)
        if abs(rule.points) > MAX_POINTS:
            found.append(Fault(index, "points", f"between -{MAX_POINTS} and {MAX_POINTS}"))
        if rule.floor is not None and rule.floor not in FLOORS:
            found.append(Fault(index, "floor", "REVIEW, BLOCK or INVESTIGATE"))
        if not rule.description.strip():
            found.append(Fault(index, "description", "say in words what the rule looks for"))
        try:
            language.check(rule.expression, kinds=kinds)
        except RuleError as error:
            found.append(Fault(index, "expression", str(error)))
    return found
