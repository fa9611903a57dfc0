"""An expression as its author is shown it: what each name is, and what is wrong where. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from fraud.rules import language
from fraud.rules.catalogue import VARIABLES, Kind
from fraud.rules.language import Position, RuleError

AROUND = 22
"""Characters shown on either side of what is wrong."""
_NAME = re.compile(r"\b[a-z][a-z0-9_]*\b", re.ASCII)


@dataclass(frozen=True, slots=True)
class Word:
    """Something an expression may name. `value` is what a threshold is today."""

    name: str
    kind: str
    meaning: str
    value: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """`problem` is empty for a rule; else `excerpt` is the text around it and `caret` stands under the place."""

    words: tuple[Word, ...]
    problem: str = ""
    place: str = ""
    excerpt: str = ""
    caret: str = ""


def read(expression: str, *, words: Mapping[str, Word], kinds: Mapping[str, Kind]) -> Reading:
    try:
        checked = language.check(expression, kinds=kinds)
    except RuleError as error:
        named = dict.fromkeys(name for name in _NAME.findall(expression) if name in words)
        excerpt, caret = _excerpt(expression, error.position)
        return Reading(tuple(words[name] for name in named), error.reason, str(error.position), excerpt, caret)
    return Reading(tuple(words[name] for name in checked.names))


def vocabulary(kinds: Mapping[str, Kind], *, meanings: Mapping[str, str], values: Mapping[str, str]) -> dict[str, Word]:
    """Every name, variables first. `meanings` and `values` are of thresholds and lists."""
    found = {
        name: Word(
            name,
            kind.value,
            VARIABLES[name].meaning if name in VARIABLES else meanings.get(name, ""),
            values.get(name, ""),
        )
        for name, kind in kinds.items()
    }
    return dict(sorted(found.items(), key=lambda item: (item[0] not in VARIABLES, item[0])))


def search(words: Mapping[str, Word], text: str) -> list[Word]:
    """Words whose name, kind or meaning holds every word of the text; names that begin with it come first."""
    wanted = text.lower().split()
    found = [
        word
        for word in words.values()
        if all(part in f"{word.name} {word.kind} {word.meaning}".lower() for part in wanted)
    ]
    return sorted(found, key=lambda word: not (wanted and word.name.startswith(wanted[0])))


def _excerpt(expression: str, position: Position) -> tuple[str, str]:
    lines = expression.split("\n") or [""]
    line = lines[min(position.line, len(lines)) - 1].replace("\t", " ").replace("\r", " ")
    start = max(position.column - 1 - AROUND, 0)
    end = position.end_column - 1 if position.end_line == position.line else len(line)
    shown = line[start : position.column - 1 + AROUND]
    dots = "…" if start else ""
    width = max(min(end, start + len(shown)) - (position.column - 1), 1)
    return (
        f"{dots}{shown}{'…' if start + len(shown) < len(line) else ''}",
        " " * (len(dots) + position.column - 1 - start) + "^" * width,
    )
