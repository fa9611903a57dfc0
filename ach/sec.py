"""Which standard entry class an entry has, from who receives it, which way the money goes and how it was authorized.

Pure. The words are those of the models; the rules are those of the Nacha operating rules (article two).
"""

from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

_BUSINESS, _CREDIT = "BUSINESS", "CREDIT"


class Authorization(StrEnum):
    """How the receiver agreed. Credits need no more than the agreement by which they are paid."""

    WRITTEN = "WRITTEN"
    INTERNET = "INTERNET"
    TELEPHONE = "TELEPHONE"


_CONSUMER_DEBITS = MappingProxyType({
    Authorization.WRITTEN: "PPD", Authorization.INTERNET: "WEB", Authorization.TELEPHONE: "TEL",
})  # fmt: skip
CORPORATE = frozenset({"CCD", "CTX"})
CONSUMER = frozenset({"PPD", "WEB", "TEL"})
ORIGINATED = CORPORATE | CONSUMER
# Whose columns 77-78 say single, recurring or standing.
WITH_PAYMENT_TYPE = frozenset({"WEB", "TEL"})


@dataclass(frozen=True, slots=True)
class WrongSec:
    """`right` is the class that would be accepted."""

    right: str
    reason: str


def derive(direction: str, receiver_kind: str, authorization: Authorization = Authorization.WRITTEN) -> str:
    """A business has CCD, a person PPD; a person's debit says how it was authorized."""
    if receiver_kind == _BUSINESS:
        return "CCD"
    return "PPD" if direction == _CREDIT else _CONSUMER_DEBITS[authorization]


def check(sec: str, direction: str, receiver_kind: str) -> WrongSec | None:
    """What is wrong with the class, if anything. Reversals and retries keep the class of what they follow."""
    right = derive(direction, receiver_kind)
    if sec not in ORIGINATED:
        return WrongSec(right, f"{sec} is not sent from here; {right} is right")
    if sec in CORPORATE and receiver_kind != _BUSINESS:
        return WrongSec(right, f"{sec} is for accounts of businesses; {right} is right for a person")
    if sec in CONSUMER and receiver_kind == _BUSINESS:
        return WrongSec(right, f"{sec} is for accounts of persons; {right} is right for a business")
    if sec == "WEB" and direction == _CREDIT:
        return WrongSec(right, f"WEB credits are from person to person; {right} is right for a payout")
    if sec == "TEL" and direction == _CREDIT:
        return WrongSec(right, f"TEL has no credits; {right} is right")
    return None
