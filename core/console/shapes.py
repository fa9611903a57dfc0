"""What a text typed into the search box looks like. A shape tells which finders to ask, and what nobody carries yet.

Declaring another is one line here; what carries it declares its finder: `@console.finds(…, shapes=["trace number"])`.
"""

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Shape:
    """`pattern` matches the whole text; its first group, where there is one, is the meaning."""

    name: str
    pattern: re.Pattern[str]
    words: str

    def meaning(self, text: str) -> str | None:
        found = self.pattern.fullmatch(text)
        if found is None:
            return None
        return next((group for group in found.groups() if group), text)


SHAPES = (
    Shape("last 4", re.compile(r"(?:last4:\s*)?([0-9]{4})", re.ASCII), "the last four digits of a card"),
    Shape("trace number", re.compile(r"[0-9]{15}", re.ASCII), "the trace number of an ACH entry"),
    Shape("e-mail", re.compile(r"[^@\s]{1,64}@[^@\s]{1,190}"), "the e-mail address of a person"),
    Shape("hash", re.compile(r"[0-9a-fA-F]{64}", re.ASCII), "the SHA-256 of a file"),
    Shape(
        "audit entry",
        re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", re.ASCII),
        "the id of an audit entry",
    ),
    Shape("request", re.compile(r"[A-Za-z0-9][A-Za-z0-9._\-]{7,63}", re.ASCII), "the id of a request"),
)
# A text of these shapes can hardly be anything else, so it is worth saying that nothing carries it.
TELLING = frozenset({"last 4", "trace number", "e-mail", "hash", "audit entry"})


def names() -> set[str]:
    return {shape.name for shape in SHAPES}


def of(text: str) -> list[tuple[Shape, str]]:
    """Every shape the text has, with what it means in that shape."""
    found = ((shape, shape.meaning(text)) for shape in SHAPES)
    return [(shape, meaning) for shape, meaning in found if meaning is not None]


def telling(text: str) -> list[Shape]:
    return [shape for shape, _ in of(text) if shape.name in TELLING]
