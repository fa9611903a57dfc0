"""Text and dates as they stand in a record: printable ASCII, cut to a width; days as YYMMDD."""

import re
import unicodedata
from datetime import date, datetime

_NOT_PRINTABLE = re.compile(r"[^ -~]")
# What NFKD leaves in one piece although everybody writes it with plain letters.
_SPELT = str.maketrans({
    "ß": "ss", "ẞ": "SS", "æ": "ae", "Æ": "AE", "œ": "oe", "Œ": "OE", "ø": "o", "Ø": "O", "ł": "l", "Ł": "L",
    "đ": "d", "Đ": "D", "ð": "d", "Ð": "D", "þ": "th", "Þ": "Th", "\u0131": "i",
    "\u2018": "'", "\u2019": "'", "\u201c": '"', "\u201d": '"',
    "\u2010": "-", "\u2011": "-", "\u2013": "-", "\u2014": "-",
})  # fmt: skip


def fit(value: str, width: int, *, upper: bool = False) -> str:
    """`value` as a record can carry it: accents dropped, other signs `?`, single blanks, at most `width` columns."""
    plain = unicodedata.normalize("NFKD", value.translate(_SPELT))
    plain = "".join(sign for sign in plain if not unicodedata.combining(sign))
    plain = _NOT_PRINTABLE.sub("?", " ".join(plain.split()))
    return (plain.upper() if upper else plain)[:width].rstrip()


def yymmdd(day: date) -> str:
    return f"{day:%y%m%d}"


def day_of(written: str) -> date | None:
    """The day that YYMMDD means, in this century; None if it is none (blank, zeros, 30 February)."""
    if len(written) != 6 or not (written.isascii() and written.isdigit()):
        return None
    try:
        return date(2000 + int(written[:2]), int(written[2:4]), int(written[4:]))
    except ValueError:
        return None


def hhmm(moment: datetime) -> str:
    return f"{moment:%H%M}"


def is_hhmm(written: str) -> bool:
    if len(written) != 4 or not (written.isascii() and written.isdigit()):
        return False
    return int(written[:2]) < 24 and int(written[2:]) < 60
