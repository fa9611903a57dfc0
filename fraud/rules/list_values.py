"""What an entry of a list is compared with, from what a person typed. Pure."""

import ipaddress
import re
from collections.abc import Callable

from core import ids
from core.telemetry.redaction import redact
from fraud.enums import ListKind

LONGEST = 128
_HASH = re.compile(r"[0-9a-f]{64}", re.ASCII)
_FINGERPRINT = re.compile(r"(?=.*[A-Za-z])[A-Za-z0-9_\-]{6,64}", re.ASCII)
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_BIN = re.compile(r"[0-9]{6}", re.ASCII)
_COUNTRY = re.compile(r"[A-Z]{2}", re.ASCII)
_DEVICE = re.compile(r"[!-~]{1,128}", re.ASCII)


class NotAValue(ValueError):
    """What was typed names nothing of this kind; the message says what would."""


def normalised(kind: ListKind, text: str, *, email_hash: Callable[[str], str | None]) -> str:
    """The value that payments are compared with. Raises NotAValue, for a card number whatever the kind."""
    text = text.strip()
    if kind is not ListKind.EMAIL and redact(text) != text:
        raise NotAValue("never a card number or a secret: name a card by its fingerprint")
    match kind:
        case ListKind.EMAIL:
            return _email(text, email_hash)
        case ListKind.IP:
            return _address(text)
        case ListKind.COUNTRY:
            return _matching(_COUNTRY, text.upper(), "two letters of ISO 3166")
        case ListKind.BIN:
            return _matching(_BIN, text, "the first six digits")
        case ListKind.CARD:
            return _matching(_FINGERPRINT, text, "the card's fingerprint or token, with a letter in it")
        case ListKind.DEVICE:
            return _matching(_DEVICE, text, "the device's id, without blanks")
        case ListKind.CUSTOMER | ListKind.SELLER:
            return _matching(ids.PARTY_ID, text, "the party's id, as cus_… or prov_…")


def _email(text: str, email_hash: Callable[[str], str | None]) -> str:
    """The address itself is not kept; its hash as decisions show it is taken as it stands."""
    if _HASH.fullmatch(text):
        return text
    if not _EMAIL.fullmatch(text) or len(text) > LONGEST * 2:
        raise NotAValue("an e-mail address, or its hash as a decision shows it")
    return email_hash(text) or ""


def _address(text: str) -> str:
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        raise NotAValue("one address, as 203.0.113.7") from None


def _matching(form: re.Pattern[str], text: str, wanted: str) -> str:
    if not form.fullmatch(text):
        raise NotAValue(wanted)
    return text
