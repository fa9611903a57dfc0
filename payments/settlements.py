"""The settlement file: what the acquirer says it pays for one day. Our own format, written by the sandbox.

    H,HOLDFAST-SETTLEMENT,1,<gateway>,<test|live>,<day>
    C,<our reference>,<network id>,<moment of capture>,<amount in minor units>,<currency>
    R,<our refund reference>,<network id>,<moment of refund>,<amount in minor units>,<currency>
    B,<network's chargeback reference>,<our reference of the charge>,<moment>,<amount>,<currency>,<reason code>
    W,<the same of a won chargeback: the money comes back>
    T,<number of lines before this>,<total of C and W>,<total of R and B>,<the first total less the second>

Lines end with LF. Amounts are unsigned whole numbers in ASCII digits. A file that does not add up is not believed.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from core.money import MAX_MINOR, Currency
from payments.enums import LineKind

TITLE = "HOLDFAST-SETTLEMENT"
VERSION = "1"
_KINDS = {
    "C": LineKind.CHARGE,
    "R": LineKind.REFUND,
    "B": LineKind.CHARGEBACK,
    "W": LineKind.CHARGEBACK_RETURN,
}
_PAID = frozenset({LineKind.CHARGE, LineKind.CHARGEBACK_RETURN})
_OF_CHARGEBACKS = frozenset({"B", "W"})
_NUMBER = re.compile(r"^(0|[1-9][0-9]{0,18})$", re.ASCII)
_SIGNED = re.compile(r"^-?(0|[1-9][0-9]{0,18})$", re.ASCII)
_REASON = re.compile(r"^[A-Za-z0-9.]{1,20}$", re.ASCII)
_REFERENCE = re.compile(r"^[A-Za-z0-9_]{1,40}$", re.ASCII)


class UnreadableSettlement(Exception):
    """The file breaks its own format. The message says where and what, never what stood there."""


@dataclass(frozen=True, slots=True)
class Line:
    """`number` counts the lines of the file from 1, header included. A chargeback names its charge in `network_id`."""

    number: int
    kind: LineKind
    reference: str
    network_id: str
    at: str
    amount_minor: int
    currency: str
    reason_code: str = ""


@dataclass(frozen=True, slots=True)
class Settlement:
    gateway: str
    livemode: bool
    day: date
    lines: tuple[Line, ...]

    @property
    def paid_minor(self) -> int:
        """What the acquirer pays: charges and won chargebacks."""
        return sum(line.amount_minor for line in self.lines if line.kind in _PAID)

    @property
    def kept_minor(self) -> int:
        """What it keeps back: refunds and chargebacks."""
        return sum(line.amount_minor for line in self.lines if line.kind not in _PAID)

    @property
    def net_minor(self) -> int:
        return self.paid_minor - self.kept_minor


def write(settlement: Settlement) -> str:
    mode = "live" if settlement.livemode else "test"
    rows = [f"H,{TITLE},{VERSION},{settlement.gateway},{mode},{settlement.day.isoformat()}"]
    letters = {kind: letter for letter, kind in _KINDS.items()}
    for line in settlement.lines:
        letter = letters[line.kind]
        fields = [letter, line.reference, line.network_id, line.at, str(line.amount_minor), line.currency]
        rows.append(",".join([*fields, line.reason_code] if letter in _OF_CHARGEBACKS else fields))
    totals = (len(settlement.lines), settlement.paid_minor, settlement.kept_minor, settlement.net_minor)
    rows.append("T," + ",".join(map(str, totals)))
    return "\n".join(rows) + "\n"


def read(text: str) -> Settlement:
    """Raises UnreadableSettlement for anything that is not exactly this format, or does not add up."""
    rows = text.split("\n")
    if len(rows) < 3 or rows[-1] != "":
        raise UnreadableSettlement("the file is not complete")
    gateway, livemode, day = _header(rows[0].split(","))
    lines = tuple(_line(number, row.split(",")) for number, row in enumerate(rows[1:-2], start=2))
    settlement = Settlement(gateway, livemode, day, lines)
    _require_totals(settlement, rows[-2].split(","))
    return settlement


def _header(fields: list[str]) -> tuple[str, bool, date]:
    if len(fields) != 6 or fields[:3] != ["H", TITLE, VERSION] or fields[4] not in ("test", "live"):
        raise UnreadableSettlement("line 1 is not the header of a settlement file")
    try:
        return fields[3], fields[4] == "live", date.fromisoformat(fields[5])
    except ValueError:
        raise UnreadableSettlement("line 1 names no day") from None


def _line(number: int, fields: list[str]) -> Line:
    if len(fields) != (7 if fields[0] in _OF_CHARGEBACKS else 6) or fields[0] not in _KINDS:
        raise UnreadableSettlement(f"line {number} is neither a charge, a refund nor a chargeback")
    letter, reference, network_id, at, amount, currency = fields[:6]
    if not _REFERENCE.match(reference) or len(network_id) > 40:
        raise UnreadableSettlement(f"line {number} has no reference")
    if not _NUMBER.match(amount) or int(amount) > MAX_MINOR:
        raise UnreadableSettlement(f"line {number} has no amount")
    if currency not in Currency.__members__:
        raise UnreadableSettlement(f"line {number} has no currency")
    reason_code = _reason(number, fields) if letter in _OF_CHARGEBACKS else ""
    return Line(number, _KINDS[letter], reference, network_id, at, int(amount), currency, reason_code)


def _reason(number: int, fields: list[str]) -> str:
    if not _REFERENCE.match(fields[2]) or not _REASON.match(fields[6]):
        raise UnreadableSettlement(f"line {number} names no charge or no reason")
    return fields[6]


def _require_totals(settlement: Settlement, fields: Iterable[str]) -> None:
    letter, *stated = fields
    totals = [len(settlement.lines), settlement.paid_minor, settlement.kept_minor, settlement.net_minor]
    if letter != "T" or not all(_SIGNED.match(field) for field in stated) or list(map(int, stated)) != totals:
        raise UnreadableSettlement("the totals do not add up")
