"""Records as our files carry them, from the rows that hold their values. Pure: no query, no clock, no vault.

The same functions write a file and try an entry before it is accepted, so that what is accepted can be written.
"""

from datetime import date
from types import MappingProxyType
from typing import BinaryIO

from ach.enums import Direction, EntryKind
from ach.models import Batch, Originator
from ach.models import Entry as EntryRow
from ach.nacha import text
from ach.nacha.addenda import Addenda05
from ach.nacha.codes import ServiceClass
from ach.nacha.records import BatchHeader, Entry, FileHeader
from ach.nacha.write import OutgoingBatch, OutgoingFile, write
from compliance.enums import AccountType

NAME_WIDTH = 22
# A depository institution answers for its originators.
_STATUS = "1"
_TENS = MappingProxyType({AccountType.CHECKING: 2, AccountType.SAVINGS: 3})
_LIVE = MappingProxyType({Direction.CREDIT: 2, Direction.DEBIT: 7})


def transaction_code(account_type: str, direction: str, kind: str) -> str:
    """`22` puts money into a checking account, `38` is the prenote of a debit from savings."""
    prenote = 1 if kind == EntryKind.PRENOTE else 0
    return f"{_TENS[AccountType(account_type)]}{_LIVE[Direction(direction)] + prenote}"


def service_class(direction: str) -> str:
    return ServiceClass.CREDITS.value if direction == Direction.CREDIT else ServiceClass.DEBITS.value


def file_header(originator: Originator, created_on: date, created_time: str, modifier: str) -> FileHeader:
    return FileHeader(
        destination=originator.destination,
        origin=originator.origin,
        created_on=text.yymmdd(created_on),
        created_at=created_time,
        modifier=modifier,
        destination_name=originator.destination_name,
        origin_name=originator.origin_name,
    )


def batch_header(originator: Originator, batch: Batch) -> BatchHeader:
    return BatchHeader(
        service_class=batch.service_class,
        company_name=originator.name,
        discretionary_data="",
        company_id=originator.company_id,
        sec_code=batch.sec,
        description=batch.description,
        descriptive_date=batch.descriptive_date,
        effective_on=text.yymmdd(batch.effective_on),
        settled_on="",
        originator_status=_STATUS,
        odfi=originator.odfi_routing[:8],
        batch_number=batch.number,
    )


def entry(row: EntryRow, *, routing: str, number: str, trace: str) -> Entry:
    """`number` is the account number in clear: the caller lets go of the record as soon as it is written."""
    return Entry(
        transaction_code=row.transaction_code,
        routing=routing,
        account=number,
        amount=row.amount_minor,
        name=row.name,
        identification=row.individual_id,
        discretionary=row.payment_type,
        trace=trace,
        addenda=(Addenda05(row.addenda),) if row.addenda else (),
    )


def try_alone(row: EntryRow, originator: Originator, *, routing: str, sink: BinaryIO) -> None:
    """A file of this one entry, with a number of nobody's account. Raises NachaError where the strict rule refuses."""
    batch = Batch(
        number=1, sec=row.sec, description=row.description, effective_on=row.effective_on,
        service_class=service_class(row.direction),
    )  # fmt: skip
    alone = entry(row, routing=routing, number="0000", trace=f"{originator.odfi_routing[:8]}0000001")
    header = file_header(originator, row.effective_on, "0000", "A")
    write(OutgoingFile(header, [OutgoingBatch(batch_header(originator, batch), [alone])]), sink)
