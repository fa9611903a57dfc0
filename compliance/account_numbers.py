"""Routing and account numbers of banks in the United States. Pure."""

import re
from typing import NoReturn

from core.errors import FieldError

ROUTING = re.compile(r"^[0-9]{9}\Z", re.ASCII)
# As an entry of NACHA carries it, without the blanks and hyphens that some people write.
ACCOUNT = re.compile(r"^[0-9A-Za-z]{4,17}\Z", re.ASCII)
_WEIGHTS = (3, 7, 1, 3, 7, 1, 3, 7, 1)
# First two digits: government, the twelve districts of the Federal Reserve, thrift institutions, electronic, cheques.
_PREFIXES = frozenset({*range(13), *range(21, 33), *range(61, 73), 80})
_LONGEST_NAME = 100
_MOST_SHOWN = 4
_MOST_PLACES = 2


class AccountNumber:
    """An account number as its holder gave it. Made for one call.

    It does not print, log, pickle or copy: the only way out of memory is the attribute.
    """

    __slots__ = ("clear",)

    def __init__(self, clear: str) -> None:
        self.clear = clear

    def __repr__(self) -> str:
        return "AccountNumber(hidden)"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, AccountNumber) and self.clear == other.clear

    __hash__ = None  # type: ignore[assignment]

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("an account number is not written anywhere")

    @property
    def canonical(self) -> str:
        """Letters in capitals: the same account however it was typed. Leading zeros are part of the number."""
        return self.clear.upper()

    @property
    def shown(self) -> str:
        """The end that may be shown: four characters, and never more than half of a short number."""
        return self.canonical[-min(_MOST_SHOWN, len(self.clear) // 2) :]


def passes_checksum(routing: str) -> bool:
    """Nine digits weighted 3, 7, 1 from the left, their sum divisible by ten (ABA)."""
    return sum(weight * int(digit) for weight, digit in zip(_WEIGHTS, routing, strict=True)) % 10 == 0


def routing_errors(routing: str) -> list[FieldError]:
    pointer = "/routingNumber"
    if not ROUTING.fullmatch(routing):
        return [FieldError(pointer, "must be nine digits")]
    if not passes_checksum(routing):
        return [FieldError(pointer, "has a wrong check digit")]
    if int(routing[:2]) not in _PREFIXES or routing == "0" * 9:
        return [FieldError(pointer, "is of no bank")]
    return []


def number_errors(number: AccountNumber) -> list[FieldError]:
    if ACCOUNT.fullmatch(number.clear):
        return []
    return [FieldError("/accountNumber", "must be 4 to 17 letters and digits without blanks")]


def difference(old: AccountNumber, new: AccountNumber) -> str:
    """Where two numbers differ, in words that tell neither: who signs a correction sees more than two equal ends."""
    before, after = old.canonical, new.canonical
    if len(before) != len(after):
        return f"{len(after)} characters instead of {len(before)}"
    places = [str(place) for place, (one, other) in enumerate(zip(before, after, strict=True), 1) if one != other]
    if not places:
        return "the same number"
    if len(places) > _MOST_PLACES:
        return f"{len(places)} of {len(before)} characters differ"
    return f"differs at place{'s' if len(places) > 1 else ''} {' and '.join(places)} of {len(before)}"


def holder_errors(holder_name: str, number: AccountNumber) -> list[FieldError]:
    """A name that holds the number would carry it everywhere a name goes."""
    pointer, name = "/accountHolderName", holder_name.strip()
    if not name or len(name) > _LONGEST_NAME:
        return [FieldError(pointer, f"must have 1 to {_LONGEST_NAME} characters")]
    if number.clear and number.canonical in re.sub(r"[\W_]", "", name).upper():
        return [FieldError(pointer, "must not hold the account number")]
    return []
