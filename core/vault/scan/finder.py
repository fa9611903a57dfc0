"""Card numbers in a text as people and programs write them. Pure."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from core.telemetry import redaction

_ENOUGH = re.compile(r"\d(?:\D{0,8}\d){12}")
# Wider gaps and other separators than redaction takes: here a false alarm costs a look, a miss costs a card.
_GAP = re.compile(r"[ \t_/|\u00a0]{1,4}")
# A measured quantity, as programs write it: `6.582633725509267`. One in twenty has digits that would pass for a card's.
_FRACTION = re.compile(r"(?<![\w.])(\d{1,6})\.\d{10,}(?![\w.])")
# How PostgreSQL writes bytes into a dump.
_HEXADECIMAL = re.compile(r"\\x((?:[0-9a-f]{2}){13,})")


@dataclass(frozen=True, slots=True)
class Card:
    """All that may be said of what was found: six and four digits, and the brand."""

    masked: str
    brand: str


def find(text: str) -> list[Card]:
    """Each card number once. NULs are skipped, so that UTF-16 hides nothing, and the fractions of decimal numbers."""
    plain = _FRACTION.sub(r"\1", text.replace("\x00", ""))
    seen: dict[str, Card] = {}
    for candidate in _readings(plain):
        for found in redaction.find_cards(candidate):
            seen.setdefault(found.masked, Card(found.masked, found.brand))
    return list(seen.values())


def _readings(text: str) -> Iterator[str]:
    if _ENOUGH.search(text):
        yield text
        if (loose := _GAP.sub(" ", text)) != text:
            yield loose
    for encoded in _HEXADECIMAL.finditer(text):
        yield bytes.fromhex(encoded[1]).decode("latin-1")
