"""Fields of a document, read one by one. What is wrong is noted with its pointer, and reading goes on."""

import json
import math
import re
from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Any, TypeVar

from core.errors import FieldError

LONGEST_NAME = 100
LONGEST_TEXT = 1_000
MOST_ENTRIES = 200
LARGEST_HOURS = 1_000_000
LARGEST_AMOUNT = 2**63 - 1
DEEPEST = 5
LONGEST_FREE = 4_000
_PERCENTAGE = re.compile(r"(\d{1,3})(?:\.(\d{1,2}))?", re.ASCII)
# It stands in addresses: /conditions/{conditionId}/satisfy.
_IDENTIFIER = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:-]{0,63}")
# PostgreSQL keeps no NUL, UTF-8 no half of a pair.
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")

Word = TypeVar("Word", bound=StrEnum)


class Group:
    """One object of the document. Unknown fields are noted unless `free`. What cannot be read reads as nothing."""

    def __init__(
        self, raw: Any, pointer: str, known: set[str], faults: list[FieldError], *, free: bool = False
    ) -> None:
        self.pointer = pointer
        self.faults = faults
        self.is_object = isinstance(raw, Mapping)
        self.raw: Mapping[Any, Any] = raw if isinstance(raw, Mapping) else {}
        self.known = known
        if not self.is_object:
            faults.append(FieldError(pointer, "must be an object"))
        for name in [] if free else sorted(str(name) for name in self.raw.keys() - known):
            self.refuse(name, "is not a field of terms")

    def refuse(self, name: str, reason: str) -> None:
        escaped = name.replace("~", "~0").replace("/", "~1")
        self.faults.append(FieldError(f"{self.pointer}/{escaped}", reason))

    def has(self, name: str) -> bool:
        return self.raw.get(name) is not None

    def needs(self, name: str) -> bool:
        """Whether the field is there; its absence is noted."""
        if self.is_object and not self.has(name):
            self.refuse(name, "is required")
        return self.has(name)

    def group(self, name: str, known: set[str]) -> "Group":
        missing = not self.needs(name)
        return Group(self.raw.get(name, {}), f"{self.pointer}/{name}", known, [] if missing else self.faults)

    def groups(self, name: str, known: set[str]) -> Iterator["Group"]:
        for index, raw in enumerate(self._list(name)):
            yield Group(raw, f"{self.pointer}/{name}/{index}", known, self.faults)

    def flag(self, name: str) -> bool:
        value = self.raw.get(name)
        if self.needs(name) and not isinstance(value, bool):
            self.refuse(name, "must be true or false")
        return value is True

    def identifier(self, name: str) -> str:
        value = self.raw.get(name)
        if self.needs(name) and not (isinstance(value, str) and _IDENTIFIER.fullmatch(value)):
            self.refuse(name, "must be 1 to 64 letters, digits, or _ . : -")
        return value if isinstance(value, str) else ""

    def text(self, name: str) -> str:
        value = self.raw.get(name)
        if self.needs(name) and not (isinstance(value, str) and _is_text(value, LONGEST_TEXT)):
            self.refuse(name, f"must be text of 1 to {LONGEST_TEXT} characters")
        return value if isinstance(value, str) else ""

    def names(self, name: str, *, required: bool = True) -> tuple[str, ...]:
        values = self._list(name) if required or self.has(name) else []
        return tuple(self._name(f"{name}/{index}", value) for index, value in enumerate(values))

    def whole(self, name: str, *, largest: int = LARGEST_HOURS) -> int:
        return self._whole(name, self.raw[name], largest) if self.needs(name) else 0

    def maybe_whole(self, name: str, *, largest: int = LARGEST_HOURS) -> int | None:
        return self._whole(name, self.raw[name], largest) if self.has(name) else None

    def wholes(self, name: str) -> tuple[int, ...]:
        return tuple(self._whole(f"{name}/{i}", value, LARGEST_HOURS) for i, value in enumerate(self._list(name)))

    def word(self, name: str, words: type[Word], default: Word | None = None) -> Word | None:
        value = self.raw.get(name)
        if value is None:
            if default is None:
                self.needs(name)
            return default
        if isinstance(value, str) and value in words.__members__:
            return words(value)
        self.refuse(name, f"must be one of {', '.join(words)}")
        return None

    def percentage(self, name: str) -> int | None:
        """In basis points: `"33.33"`, `33.33` and `33` are read."""
        value = self.raw.get(name)
        if value is None:
            return None
        said = _PERCENTAGE.fullmatch(str(value)) if type(value) in (int, float, str) else None
        if said is None:
            self.refuse(name, "must be a percentage with at most two decimals")
            return None
        return int(said[1]) * 100 + int((said[2] or "").ljust(2, "0"))

    def rest(self) -> dict[str, Any]:
        """The fields that are nobody's but the parties'."""
        free = {str(name): value for name, value in self.raw.items() if name not in self.known}
        try:
            settled: dict[str, Any] = _settled(free, DEEPEST)
        except ValueError as error:
            self.faults.append(FieldError(self.pointer, str(error)))
            return {}
        if len(json.dumps(settled)) > LONGEST_FREE:
            self.faults.append(FieldError(self.pointer, f"must be at most {LONGEST_FREE} characters of JSON"))
        return settled

    def _list(self, name: str) -> list[Any]:
        value = self.raw.get(name)
        if not self.needs(name):
            return []
        if not isinstance(value, list | tuple) or len(value) > MOST_ENTRIES:
            self.refuse(name, f"must be a list of at most {MOST_ENTRIES}")
            return []
        return list(value)

    def _name(self, place: str, value: Any) -> str:
        if isinstance(value, str) and value.isprintable() and _is_text(value, LONGEST_NAME):
            return value
        self.faults.append(FieldError(f"{self.pointer}/{place}", f"must be a name of 1 to {LONGEST_NAME} characters"))
        return ""

    def _whole(self, place: str, value: Any, largest: int) -> int:
        if type(value) is not int or abs(value) > largest:
            self.faults.append(FieldError(f"{self.pointer}/{place}", f"must be a whole number up to {largest}"))
            return 0
        return value


def _is_text(value: str, longest: int) -> bool:
    return 0 < len(value.strip()) <= len(value) <= longest and not _CONTROL.search(value)


def _settled(value: Any, levels: int) -> Any:
    """The same JSON in the spelling a database gives back: 2.0 and 2 are one number. Raises ValueError."""
    match value:
        case None | bool():
            return value
        case int() if abs(value) <= LARGEST_AMOUNT:
            return value
        case float() if math.isfinite(value) and abs(value) <= LARGEST_AMOUNT:
            return int(value) if value.is_integer() else value
        case str() if not _CONTROL.search(value):
            return value
        case Mapping() if levels:
            if not all(isinstance(name, str) and not _CONTROL.search(name) for name in value):
                raise ValueError("must have names of plain text")
            return {name: _settled(inner, levels - 1) for name, inner in value.items()}
        case list() | tuple() if levels:
            return [_settled(inner, levels - 1) for inner in value]
    raise ValueError(f"must be plain JSON of at most {DEEPEST} levels")
