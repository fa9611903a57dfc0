"""The difference between two versions as a table draws it."""

from dataclasses import dataclass
from typing import Any

from fraud.rules.definitions import Rule
from fraud.rules.differences import Difference


@dataclass(frozen=True, slots=True)
class Line:
    """One rule: ADDED, CHANGED or REMOVED, with name, before and after of each field that differs."""

    code: str
    kind: str
    fields: list[tuple[str, str, str]]


def lines(found: Difference) -> list[Line]:
    """Changed rules first, then what came, then what went."""
    return [
        *(
            Line(code, "CHANGED", [(each.field, _text(each.before), _text(each.after)) for each in changes])
            for code, changes in found.changed.items()
        ),
        *(Line(rule.code, "ADDED", [(name, "", value) for name, value in _fields(rule)]) for rule in found.added),
        *(Line(rule.code, "REMOVED", [("description", rule.description, "")]) for rule in found.removed),
    ]


def _fields(rule: Rule) -> list[tuple[str, str]]:
    return [(name, _text(value)) for name, value in rule.as_json().items() if name != "code" and _text(value)]


def _text(value: Any) -> str:
    if value is None or value is False:
        return ""
    return "yes" if value is True else str(value)
