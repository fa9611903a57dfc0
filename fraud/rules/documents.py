"""A version of the rules as one file: for a backup, for another environment, for comparing. Pure.

    {"format": "holdfast.rules/1", "version": 7, "digest": "…", "note": "…",
     "rules": [{"code": "…", "expression": "…", "points": 100, "floor": null, "description": "…", …}],
     "lists": [{"name": "…", "kind": "CARD", "effect": "BLOCK", "purpose": "…", "entries": […]}],
     "thresholds": {"high_value_minor": 100000, …}}

One spelling: keys in order, two blanks, ASCII. The same version gives the same bytes in every environment.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from fraud.enums import ListEffect, ListKind
from fraud.rules import definitions
from fraud.rules.definitions import Rule

FORMAT = "holdfast.rules/1"
_RULE_FIELDS: dict[str, type | tuple[type, ...]] = {
    "code": str, "expression": str, "points": int, "floor": (str, type(None)), "description": str, "allows": bool,
    "opens_case": bool,
}  # fmt: skip
_OPTIONAL = {"floor", "allows", "opens_case"}


class NotADocument(ValueError):
    """The text is no such file; the message says where and why."""


@dataclass(frozen=True, slots=True)
class ListDocument:
    """`entries` are there only where they were asked for: value, reason, mode and end of each."""

    name: str
    kind: str
    effect: str
    purpose: str
    entries: Sequence[Mapping[str, Any]] | None = None

    def as_json(self) -> dict[str, Any]:
        said = {"name": self.name, "kind": self.kind, "effect": self.effect, "purpose": self.purpose}
        return said if self.entries is None else {**said, "entries": list(self.entries)}


@dataclass(frozen=True, slots=True)
class RulesDocument:
    rules: tuple[Rule, ...]
    note: str = ""
    version: int | None = None
    digest: str = ""
    lists: tuple[ListDocument, ...] = ()
    thresholds: Mapping[str, Any] = field(default_factory=dict)


def write(document: RulesDocument) -> str:
    """Ends with a line break."""
    content = {
        "format": FORMAT,
        "version": document.version,
        "digest": document.digest,
        "note": document.note,
        "rules": [rule.as_json() for rule in document.rules],
        "lists": [each.as_json() for each in document.lists],
        "thresholds": dict(document.thresholds),
    }
    return json.dumps(content, indent=2, sort_keys=True, ensure_ascii=True) + "\n"


def read(text: str) -> RulesDocument:
    """Shapes only: whether the rules check is `definitions.faults`. Raises NotADocument."""
    try:
        content = json.loads(text)
    except ValueError as error:
        raise NotADocument(f"no JSON: {error}") from None
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise NotADocument(f"format: {FORMAT} is read")
    rules = content.get("rules")
    if not isinstance(rules, list):
        raise NotADocument("rules: a list")
    lists = content.get("lists", [])
    if not isinstance(lists, list) or not isinstance(content.get("thresholds", {}), dict):
        raise NotADocument("lists is a list, thresholds an object")
    return RulesDocument(
        rules=tuple(_rule(index, raw) for index, raw in enumerate(rules)),
        note=str(content.get("note", ""))[:500],
        version=content.get("version"),
        digest=str(content.get("digest", "")),
        lists=tuple(_list(index, raw) for index, raw in enumerate(lists)),
        thresholds=content.get("thresholds", {}),
    )


def _rule(index: int, raw: Any) -> Rule:
    if not isinstance(raw, dict):
        raise NotADocument(f"rules[{index}]: an object")
    if unknown := sorted(raw.keys() - _RULE_FIELDS.keys()):
        raise NotADocument(f"rules[{index}].{unknown[0]}: unknown")
    for name, kind in _RULE_FIELDS.items():
        if name not in raw and name in _OPTIONAL:
            continue
        # True is no number here.
        if not isinstance(raw.get(name), kind) or (kind is int and isinstance(raw[name], bool)):
            raise NotADocument(f"rules[{index}].{name}: missing or of another kind")
    return definitions.read([{"floor": None, **raw}])[0]


def _list(index: int, raw: Any) -> ListDocument:
    names = ("name", "kind", "effect", "purpose")
    if not isinstance(raw, dict) or not all(isinstance(raw.get(name), str) for name in names):
        raise NotADocument(f"lists[{index}]: name, kind, effect and purpose")
    if raw["kind"] not in ListKind.values or raw["effect"] not in ListEffect.values:
        raise NotADocument(f"lists[{index}]: no such kind or effect")
    entries = raw.get("entries")
    wanted = ("value", "reason", "expires_at")
    if entries is not None and not (
        isinstance(entries, list)
        and all(isinstance(each, dict) and all(isinstance(each.get(name), str) for name in wanted) for each in entries)
    ):
        raise NotADocument(f"lists[{index}].entries: objects with value, reason, livemode and expires_at")
    return ListDocument(raw["name"], raw["kind"], raw["effect"], raw["purpose"], entries)
