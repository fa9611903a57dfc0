"""How banks write what they send back: by the rule, or not quite. Pure, bytes to bytes.

Which form a bank has is told by its routing number, so that accounts at three banks show all three.
"""

from enum import StrEnum

from ach.nacha.file import PADDING
from ach.nacha.sums import HASH_MODULUS
from ach.sandbox.behaviours import UNKNOWN_CODE, Manner

# Their numbers begin so: thrift institutions.
_LOOSE_PREFIXES = frozenset(f"{number}" for number in range(21, 33))
# The one bank that writes the company id a column too far to the right.
SHIFTED_BANK = "120000003"
_HASH = slice(10, 20)
_SEC = slice(50, 53)


class Shape(StrEnum):
    """`LOOSE`: CR LF, blanks at the end of lines cut off, blocks not filled up."""

    EXACT = "exact"
    LOOSE = "loose"
    SHIFTED = "shifted"


def of_bank(routing: str) -> Shape:
    if routing == SHIFTED_BANK:
        return Shape.SHIFTED
    return Shape.LOOSE if routing[:2] in _LOOSE_PREFIXES else Shape.EXACT


def company_id(shape: Shape, written: str) -> str:
    """The ten columns of records 5 and 8. A full id has no column to be shifted by."""
    if shape is Shape.SHIFTED and len(written.strip()) < len(written.ljust(10)):
        return f" {written.strip()}"
    return written


def formed(shape: Shape, manner: Manner, content: bytes, *, sec: str = "") -> bytes:
    """A sound file as that bank sends it, spoilt in that manner. `sec` is the class for IN_ORDINARY_BATCH."""
    records = content.splitlines()
    if manner is Manner.MALFORMED:
        records = [_with_wrong_hash(each) for each in records]
    elif manner is Manner.UNKNOWN_CODE:
        records = [_with_code(each, UNKNOWN_CODE) for each in records]
    elif manner is Manner.IN_ORDINARY_BATCH:
        records = [_with_sec(each, sec) for each in records]
    if shape is Shape.LOOSE:
        return b"".join(each.rstrip(b" ") + b"\r\n" for each in records if each != PADDING)
    return b"".join(each + b"\n" for each in records)


def _with_wrong_hash(record: bytes) -> bytes:
    if record[:1] != b"8":
        return record
    wrong = (int(record[_HASH]) + 1) % HASH_MODULUS
    return record[: _HASH.start] + b"%010d" % wrong + record[_HASH.stop :]


def _with_code(record: bytes, code: str) -> bytes:
    return record[:3] + code.encode() + record[6:] if record[:3] == b"799" else record


def _with_sec(record: bytes, sec: str) -> bytes:
    return record[: _SEC.start] + sec.encode() + record[_SEC.stop :] if record[:1] == b"5" else record
