"""An originator at the sandbox bank and files as it delivers them, with totals taken from raw columns."""

import io
import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from ach.calendar.eastern import eastern
from ach.enums import TransportKind
from ach.models import Originator
from ach.nacha import text
from ach.nacha.records import BatchHeader, Entry, FileHeader
from ach.nacha.write import OutgoingBatch, OutgoingFile, write
from tests.factories.ach_calendar import new_york

BANK = "091111115"
ACCOUNTS_AT = "021000021"
THRIFT = "211111115"
SHIFTED = "120000003"
# A Tuesday, before the first standard cutoff.
TUESDAY = new_york("2026-03-03 16:50")
_numbers = itertools.count(1)
_minutes = itertools.count()


def originator(company_id: str = "", **different: object) -> Originator:
    number = next(_numbers)
    values = {
        "public_id": f"orig_sandbox{number:04d}",
        "livemode": False,
        "name": "HOLDFAST",
        "company_id": company_id or f"9{number:08d}",
        "odfi_routing": BANK,
        "destination": f" {BANK}",
        "destination_name": "SANDBOX BANK",
        "origin": f"1{number:09d}",
        "origin_name": "HOLDFAST INC",
        "transport": TransportKind.SANDBOX,
        "created_at": TUESDAY,
    }
    return Originator.objects.create(**values | different)


@dataclass(frozen=True)
class Sent:
    """One entry as a test names it; an amount below zero is a debit."""

    account: str = "100000001"
    cents: int = 46_000
    routing: str = ACCOUNTS_AT
    description: str = "PAYOUT"
    sec: str = "PPD"

    def entry(self) -> Entry:
        prenote = self.cents == 0
        code = ("27" if self.cents < 0 else "22") if not prenote else "23"
        return Entry(code, self.routing, self.account, abs(self.cents), "JANE SMITH", "REF1")


@dataclass
class Company:
    """The header of its files, so that pure tests need no row."""

    company_id: str = "912345678"
    origin: str = "1912345678"
    first_trace: int = field(default=1)

    def file(self, sent: Sequence[Sent], *, effective: date, at: datetime = TUESDAY, modifier: str = "A") -> bytes:
        local = eastern(at)
        header = FileHeader(f" {BANK}", self.origin, text.yymmdd(local.date()), text.hhmm(local), modifier)
        ordered = sorted(sent, key=lambda each: (each.sec, each.description, each.cents < 0))
        groups = itertools.groupby(ordered, key=lambda each: (each.sec, each.description, each.cents < 0))
        batches = [
            OutgoingBatch(
                BatchHeader(
                    "225" if debits else "220", "HOLDFAST", "", self.company_id, sec, description, "",
                    text.yymmdd(effective), "", "1", BANK[:8],
                ),
                [each.entry() for each in group],
            )
            for (sec, description, debits), group in groups
        ]  # fmt: skip
        sink = io.BytesIO()
        totals = write(OutgoingFile(header, batches, self.first_trace), sink)
        self.first_trace = totals.next_sequence
        return sink.getvalue()


def company_of(row: Originator) -> Company:
    return Company(row.company_id, row.origin)


def came_back(content: bytes) -> list[tuple[str, str, int]]:
    """Code, original trace and cents of each return or change, from raw columns; above zero is money to us.

    Empty where a control record does not have the sum of its entries: nobody may act on such a file.
    """
    records = [line.ljust(94) for line in content.decode().splitlines()]
    hashes = sum(int(each[3:11]) for each in records if each[0] == "6") % 10**10
    said = sum(int(each[10:20]) for each in records if each[0] == "8") % 10**10
    if hashes != said:
        return []
    found = []
    for entry, addenda in itertools.pairwise(records):
        if entry[0] == "6" and addenda[0] == "7":
            code, cents = addenda[3:6], int(entry[29:39])
            sign = (1 if entry[2] == "1" else -1) * (-1 if code[:2] in ("R6",) or code == "R70" else 1)
            found.append((code, addenda[6:21], sign * cents))
    return found
