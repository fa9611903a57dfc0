"""Two lists of rules compared by code: what came, what went, what changed. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fraud.rules.definitions import Rule


@dataclass(frozen=True, slots=True)
class FieldChange:
    field: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class Difference:
    """Codes in the order of the list they stand in; `moved` says that only the order of the common rules differs."""

    added: tuple[Rule, ...]
    removed: tuple[Rule, ...]
    changed: Mapping[str, tuple[FieldChange, ...]]
    moved: bool

    @property
    def is_empty(self) -> bool:
        return not (self.added or self.removed or self.changed or self.moved)


def between(before: Sequence[Rule], after: Sequence[Rule]) -> Difference:
    old, new = {rule.code: rule for rule in before}, {rule.code: rule for rule in after}
    common = [code for code in new if code in old]
    changed = {code: fields for code in common if (fields := _changes(old[code], new[code]))}
    return Difference(
        added=tuple(rule for code, rule in new.items() if code not in old),
        removed=tuple(rule for code, rule in old.items() if code not in new),
        changed=changed,
        moved=common != [code for code in old if code in new],
    )


def _changes(before: Rule, after: Rule) -> tuple[FieldChange, ...]:
    old, new = before.as_json(), after.as_json()
    return tuple(FieldChange(field, old[field], new[field]) for field in new if old[field] != new[field])
