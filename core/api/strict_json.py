"""JSON read without mercy: what two readers could understand differently is refused.

Refused: invalid UTF-8, names given twice, NaN and Infinity (also as 1e400), NUL characters and lone surrogates
(PostgreSQL keeps neither), more than 16 levels, and a document that is not an object. Minus zero stays a
float, so that a field for whole numbers refuses it.
"""

import json
import math
from collections.abc import Iterator
from typing import Any

from core.errors import FieldError, Refusal

MAX_DEPTH = 16
MAX_NAME_SHOWN = 80


class UnreadableBody(Refusal):
    """The request's body is not one JSON object in UTF-8 that every reader understands alike."""

    code = "INVALID_JSON"
    title = "The body is not readable JSON"


class _Twice(dict[str, Any]):
    """An object in whose text a name appeared more than once."""

    names: frozenset[str] = frozenset()


class _Doubt:
    """Set by the hooks when the text held something that only a walk through the result can place."""

    raised = False

    def number(self, text: str) -> float:
        value = float(text)
        if not math.isfinite(value):
            self.raised = True
        return value

    def constant(self, text: str) -> float:
        self.raised = True
        return float(text.replace("Infinity", "inf"))

    def members(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        members = dict(pairs)
        if len(members) == len(pairs):
            return members
        self.raised = True
        seen: set[str] = set()
        twice = _Twice(members)
        twice.names = frozenset(name for name, _ in pairs if name in seen or seen.add(name))  # type: ignore[func-returns-value]
        return twice


def read_object(body: bytes) -> dict[str, Any]:
    """The object in `body`. Raises UnreadableBody, with a pointer per fault where there is a place to point at."""
    doubt = _Doubt()
    try:
        value = json.loads(
            body.decode("utf-8"),
            parse_float=doubt.number,
            parse_constant=doubt.constant,
            parse_int=_integer if b"-0" in body else None,
            object_pairs_hook=doubt.members,
        )
    except UnicodeDecodeError as error:
        raise UnreadableBody(f"The body is not UTF-8 at byte {error.start}.") from None
    except json.JSONDecodeError as error:
        raise UnreadableBody(
            f"The body is not JSON: {error.msg} at line {error.lineno}, column {error.colno}."
        ) from None
    except RecursionError:
        raise UnreadableBody(f"The body is nested deeper than {MAX_DEPTH} levels.") from None
    except ValueError:
        raise UnreadableBody("The body holds a number with too many digits.") from None
    if not isinstance(value, dict):
        raise UnreadableBody("The body must be a JSON object.", errors=(FieldError("", "Must be a JSON object."),))
    if doubt.raised or b"\\u" in body or body.count(b"{") + body.count(b"[") > MAX_DEPTH:
        faults = tuple(_faults(value))
        if faults:
            raise UnreadableBody(faults[0].reason, errors=faults[:20])
    return value


def pointer(*names: str | int) -> str:
    """An RFC 6901 pointer; long names are cut, they are the caller's own."""
    return "".join("/" + str(name)[:MAX_NAME_SHOWN].replace("~", "~0").replace("/", "~1") for name in names)


def _integer(text: str) -> int | float:
    return -0.0 if text == "-0" else int(text)


def _faults(document: dict[str, Any]) -> Iterator[FieldError]:
    waiting: list[tuple[str, int, Any]] = [("", 1, document)]
    while waiting:
        place, depth, value = waiting.pop()
        if isinstance(value, str):
            if fault := _text_fault(value):
                yield FieldError(place, fault)
        elif isinstance(value, float):
            if not math.isfinite(value):
                yield FieldError(place, "NaN and Infinity are not JSON numbers.")
        elif isinstance(value, dict | list):
            if depth > MAX_DEPTH:
                yield FieldError(place, f"Nested deeper than {MAX_DEPTH} levels.")
                continue
            if isinstance(value, _Twice):
                yield from (
                    FieldError(place + _shown(name), "This name appears twice.") for name in sorted(value.names)
                )
            if isinstance(value, dict):
                yield from (FieldError(place + _shown(name), fault) for name in value if (fault := _text_fault(name)))
            members = value.items() if isinstance(value, dict) else enumerate(value)
            waiting.extend((place + _shown(name), depth + 1, member) for name, member in members)


def _text_fault(text: str) -> str | None:
    if "\x00" in text:
        return "The NUL character is not allowed."
    if not text.isascii() and any("\ud800" <= letter <= "\udfff" for letter in text):
        return "A lone surrogate is not a character."
    return None


def _shown(name: str | int) -> str:
    """A name in a pointer, with what cannot be sent back replaced."""
    return pointer(str(name).encode("utf-8", "replace").decode().replace("\x00", "\ufffd"))
