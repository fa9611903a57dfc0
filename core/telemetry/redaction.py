"""Card numbers, verification codes and secrets leave no trace in text. Pure.

A card number is 13 to 19 digits, singly separated or not, whose ends are ends of groups of digits, with the prefix and
length of a brand and a right check digit. Its middle becomes `*`; first six and last four stay, as they may. One in ten
random numbers has a right check digit, so without the brands trace numbers and timestamps would be mangled.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from core.telemetry import secrets
from core.vault import brands

# Blank, dash, dot, no-break space (also as a stray Latin-1 byte), their typographic kin, and the same as they stand
# escaped in JSON and in addresses.
_SEPARATOR = r"(?:[ \-.+\u00a0\u2007\u2009\u2010-\u2013\u202f\udca0]|\\u00a0|%20|%2[dD]|%C2%A0)"
_RUN = re.compile(rf"\d(?<!\d\d)(?:{_SEPARATOR}?\d){{12,}}")
_SPLIT = re.compile(_SEPARATOR)
# Left alone: UUIDs, and hexadecimal digests that begin or end with many decimal digits.
_UUID = re.compile(r"(?i)[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_HEXADECIMAL = frozenset("0123456789abcdefABCDEF")
_DIGEST_CHARACTERS = 24

_SHORTEST, _LONGEST = 13, 19
_SHOWN_FIRST, _SHOWN_LAST = 6, 4


@dataclass(frozen=True, slots=True)
class FoundCard:
    """Where a card number stands in a text. `masked` is all that may be said of it."""

    start: int
    end: int
    brand: str
    masked: str


def redact(text: str) -> str:
    """The text without card numbers, verification codes, API keys, passwords and one-time-code secrets."""
    return redact_cards(secrets.redact_secrets(text))


def scrub(text: str) -> str:
    """What logs get: `redact`, and tax numbers and bank accounts keep their last four digits only."""
    return secrets.redact_identifiers(redact(text))


def redact_cards(text: str) -> str:
    if len(text) < _SHORTEST:
        return text
    hidden = {position for window in _windows(text) for position in window[_SHOWN_FIRST:-_SHOWN_LAST]}
    if not hidden:
        return text
    return "".join("*" if position in hidden else character for position, character in enumerate(text))


def find_cards(text: str) -> list[FoundCard]:
    """Every card number in a text, for scans of dumps and logs."""
    found = []
    for window in _windows(text):
        digits = _digits_at(text, window)
        masked = digits[:_SHOWN_FIRST] + "*" * (len(digits) - 10) + digits[-_SHOWN_LAST:]
        brand = brands.of(digits)
        assert brand is not None
        found.append(FoundCard(window[0], window[-1] + 1, brand.name, masked))
    return found


def _windows(text: str) -> Iterator[list[int]]:
    """The positions of the digits of each card number. Windows may overlap: then the middle of each is hidden."""
    for run in _RUN.finditer(text):
        whole, start, end = run.group(), run.start(), run.end()
        if whole.isdigit():
            # The usual case, and the usual answer is no: a trace number, a time, an id.
            found = [list(range(start, end))] if end - start <= _LONGEST and _is_card(_ascii(whole)) else []
        else:
            found = list(_windows_of_groups(text, _groups(text, start, end)))
        yield from (window for window in found if not _is_identifier(text, window[0], window[-1] + 1))


def _windows_of_groups(text: str, groups: list[list[int]]) -> Iterator[list[int]]:
    for first in range(len(groups)):
        window: list[int] = []
        for group in groups[first:]:
            window = window + group
            if len(window) > _LONGEST:
                break
            if len(window) >= _SHORTEST and _is_card(_digits_at(text, window)):
                yield window


def _groups(text: str, start: int, end: int) -> list[list[int]]:
    """Positions of digits, group by group. Digits of an escaped separator (`%20`) belong to no group."""
    groups: list[list[int]] = [[]]
    position = start
    while position < end:
        separator = _SPLIT.match(text, position, end)
        if separator:
            groups.append([])
            position = separator.end()
        else:
            groups[-1].append(position)
            position += 1
    return groups


def _digits_at(text: str, positions: list[int]) -> str:
    return _ascii("".join([text[position] for position in positions]))


def _ascii(digits: str) -> str:
    """Digits of other scripts hide a card number no better."""
    return digits if digits.isascii() else "".join(str(unicodedata.decimal(digit)) for digit in digits)


def _is_card(digits: str) -> bool:
    return brands.of(digits) is not None and brands.passes_luhn(digits)


def _is_identifier(text: str, start: int, end: int) -> bool:
    """Inside a UUID or a long hexadecimal digest."""
    for uuid in _UUID.finditer(text, max(0, start - 36), end + 36):
        if uuid.start() <= start and end <= uuid.end():
            return True
    while start > 0 and text[start - 1] in _HEXADECIMAL:
        start -= 1
    while end < len(text) and text[end] in _HEXADECIMAL:
        end += 1
    span = text[start:end]
    return len(span) >= _DIGEST_CHARACTERS and set(span) <= _HEXADECIMAL and not span.isdigit()
