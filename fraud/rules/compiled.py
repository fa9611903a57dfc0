"""A version of the rules as one Python function."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fraud.rules import language
from fraud.rules.catalogue import LIST_PREFIX, VARIABLES, Kind, kind_of
from fraud.rules.definitions import Rule

_LIST = re.compile(rf"\b{LIST_PREFIX}([a-z][a-z0-9_]*)\b")

Verdicts = tuple[bool | None, ...]


@dataclass(frozen=True, slots=True)
class CompiledRules:
    """`judge(values)` gives one verdict a rule, in order; None means not evaluated for want of a value."""

    version: int
    rules: tuple[Rule, ...]
    names: tuple[tuple[str, ...], ...]
    judge: Callable[[Mapping[str, Any]], Verdicts]


def kinds(threshold_types: Mapping[str, type], *, lists: Iterable[str] = ()) -> dict[str, Kind]:
    """Everything a rule may name: variables, thresholds, and lists under `list_<name>`."""
    return {
        **{name: variable.kind for name, variable in VARIABLES.items()},
        **{name: kind_of(python_type) for name, python_type in threshold_types.items()},
        **{LIST_PREFIX + name: Kind.TEXTS for name in lists},
    }


def lists_named(rules: Sequence[Rule]) -> set[str]:
    """The lists that expressions name, whether there are such lists or not."""
    return {name for rule in rules for name in _LIST.findall(rule.expression)}


def compile_rules(*, version: int, rules: Sequence[Rule], threshold_types: Mapping[str, type]) -> CompiledRules:
    """Raises language.RuleError if a rule does not check. Lists it names are taken to be there: drafting asked."""
    known = kinds(threshold_types, lists=lists_named(rules))
    constants: list[object] = []
    checked = []
    for rule in rules:
        result = language.check(rule.expression, kinds=known, first_constant=len(constants))
        constants.extend(result.constants)
        checked.append(result)
    used = sorted({name for result in checked for name in result.names})
    lines = ["def judge(values, k):", "    get = values.get"]
    # What a decision does not carry is unknown: older decisions know nothing of newer variables.
    lines += [f"    v_{name} = get({name!r})" for name in used]
    lines += ["    return (" + "".join(f"{result.source}, " for result in checked) + ")"]
    namespace: dict[str, Any] = {"__builtins__": {}}
    # The text is the checker's own: names of the catalogue, operators of its tables, constants by number.
    exec(compile("\n".join(lines), f"<rules version {version}>", "exec"), namespace)  # noqa: S102
    function, fixed = namespace["judge"], tuple(constants)
    return CompiledRules(
        version=version,
        rules=tuple(rules),
        names=tuple(result.names for result in checked),
        judge=lambda values: function(values, fixed),
    )
