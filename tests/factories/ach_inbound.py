"""Entries that left and files that come back, for tests: through legal states, by rows."""

import io
import itertools
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any

from ach.enums import Direction, EntryKind, EntryState, FileState, InboundKind, InboundState, ItemKind, TransportKind
from ach.models import Cutoff, Entry, File, InboundFile, InboundItem, Originator
from ach.nacha.addenda import Contested, NoticeOfChange, Return
from ach.nacha.records import BatchHeader, FileHeader
from ach.nacha.records import Entry as EntryDetail
from ach.nacha.write import OutgoingBatch, OutgoingFile, write
from ach.services import inbound as inbound_service
from compliance.models import BankAccount, Party
from core import ids
from core.actors import SYSTEM, Actor
from core.approvals.models import ApprovalRequest
from core.approvals.services import ask, sign
from core.staff import presence
from tests.factories.approvals import code_of
from tests.factories.staff import Person

COMPANY = "1234567890"
ODFI = "021000021"
# A Monday; what left on it settled on Tuesday 10 March 2026.
LEFT = datetime(2026, 3, 9, 21, tzinfo=UTC)
SETTLED_ON = date(2026, 3, 10)
# Wednesday morning in New York, before the opening of the second banking day.
CAME = datetime(2026, 3, 11, 13, tzinfo=UTC)
TREASURER = Actor("STAFF", "treasurer@holdfast.example", frozenset({"TREASURY"}))

_numbers = itertools.count(1)


def originator(*, livemode: bool = False, **more: Any) -> Originator:
    """The default one of the mode."""
    defaults = {
        "public_id": ids.prefixed("orig", LEFT), "name": "HOLDFAST", "company_id": COMPANY, "odfi_routing": ODFI,
        "destination": f" {ODFI}", "destination_name": "EXAMPLE BANK", "origin": COMPANY, "origin_name": "HOLDFAST",
        "transport": TransportKind.FILESYSTEM, "created_at": LEFT,
    }  # fmt: skip
    found = Originator.objects.filter(livemode=livemode, is_default=True, closed_at=None).first()
    return found or Originator.objects.create(livemode=livemode, is_default=True, **defaults | more)


def file(
    *, owner: Originator | None = None, state: FileState = FileState.DELIVERED, at: datetime = LEFT, sha256: str = ""
) -> File:
    owner, number = owner or originator(), next(_numbers)
    cutoff, _ = Cutoff.objects.get_or_create(
        originator=owner, at=at,
        defaults={"public_id": ids.prefixed("cut", at), "livemode": owner.livemode, "created_at": at},
    )  # fmt: skip
    delivered = state in (FileState.DELIVERED, FileState.ACKNOWLEDGED, FileState.REJECTED)
    return File.objects.create(
        public_id=ids.prefixed("file", at), livemode=owner.livemode, originator=owner, cutoff=cutoff,
        name=f"ach_{number}.txt", created_on=at.date(), created_time=f"{number % 10_000:04d}", modifier="A",
        state=state, sha256=sha256 or f"{number:064x}", content=b"sealed", built_at=at, created_at=at,
        delivered_at=at if delivered else None,
    )  # fmt: skip


def waiting(account: BankAccount, **more: Any) -> Entry:
    """Waits for its cutoff; see `unsaved`."""
    made = unsaved(account, **more)
    made.save(force_insert=True)
    return made


def unsaved(
    account: BankAccount,
    *,
    direction: Direction = Direction.DEBIT,
    amount: int = 12_345,
    kind: str = EntryKind.PAYMENT,
    owner: Originator | None = None,
    on_behalf: Party | None = None,
    original: Entry | None = None,
    **more: Any,
) -> Entry:
    values: dict[str, Any] = {
        "public_id": ids.prefixed("ache", LEFT), "reference": f"ACH{next(_numbers)}", "currency": "USD", "sec": "PPD",
        "transaction_code": "27" if direction == Direction.DEBIT else "22", "name": "JANE SMITH",
        "description": "SETTLEMENT", "priority": "STANDARD", "effective_on": SETTLED_ON, "due_at": LEFT,
        "created_by": "SYSTEM:holdfast", "created_at": LEFT,
    }  # fmt: skip
    return Entry(
        livemode=account.livemode, originator=owner or originator(livemode=account.livemode), kind=kind,
        account=account, party=account.party, on_behalf=on_behalf, original=original, direction=direction,
        amount_minor=amount, **values | more,
    )  # fmt: skip


def filed(entry: Entry, *, inside: File | None = None, trace: str = "", at: datetime = LEFT) -> Entry:
    entry.file = inside or file(owner=entry.originator, at=at)
    number = next(_numbers)
    entry.state, entry.batch_number, entry.line, entry.filed_at = EntryState.FILED, 1, number, at
    entry.trace = trace or f"{entry.originator.odfi_routing[:8]}{number:07d}"
    entry.settles_on = SETTLED_ON
    entry.save()
    return entry


def sent(
    account: BankAccount, *, inside: File | None = None, trace: str = "", at: datetime = LEFT, **more: Any
) -> Entry:
    """On its way: the bank has it."""
    entry = filed(waiting(account, **more), inside=inside, trace=trace, at=at)
    entry.state, entry.sent_at = EntryState.SENT, at
    entry.save()
    return entry


def settled(account: BankAccount, *, on: date = SETTLED_ON, **more: Any) -> Entry:
    entry = sent(account, **more)
    entry.state, entry.settles_on = EntryState.SETTLED, on
    entry.settled_at = max(datetime.combine(on, time(13, 30), UTC), entry.sent_at)
    entry.save()
    return entry


def inbound(owner: Originator | None = None, *, at: datetime = CAME, **more: Any) -> InboundFile:
    owner, number = owner or originator(), next(_numbers)
    values: dict[str, Any] = {"state": InboundState.READ, "name": f"ret_{number}.txt", "kind": InboundKind.NACHA}
    return InboundFile.objects.create(
        public_id=ids.prefixed("inb", at), livemode=owner.livemode, originator=owner, sha256=f"{number:064x}", size=0,
        content=b"sealed", received_by="SYSTEM:holdfast", received_at=at, **values | more,
    )  # fmt: skip


def item(entry: Entry, code: str = "R01", *, of: InboundFile | None = None, **more: Any) -> InboundItem:
    """What the bank says of the entry: a return, or a notification of change for a code that begins with C."""
    notice = code.startswith("C")
    values: dict[str, Any] = {
        "kind": ItemKind.CHANGE if notice else ItemKind.RETURN, "code": code, "sec": "COR" if notice else entry.sec,
        "transaction_code": "26" if entry.direction == Direction.DEBIT else "21",
        "amount_minor": 0 if notice else entry.amount_minor, "original_trace": entry.trace,
        "original_rdfi": entry.account.routing_number[:8], "company_id": entry.originator.company_id.strip(),
        "trace": f"09100001{next(_numbers):07d}", "line": next(_numbers),
    }  # fmt: skip
    return InboundItem.objects.create(
        public_id=ids.prefixed("item", CAME), file=of or inbound(entry.originator), **values | more
    )


def asked(action: str, subject: str, *, now: datetime = CAME, **given: Any) -> ApprovalRequest:
    """By the treasurer; there must be somebody who could sign."""
    return ask(action=action, subject=subject, given=given, reason="The bank said so", actor=TREASURER, now=now)


def signed(request: ApprovalRequest, *people: Person, now: datetime = CAME) -> ApprovalRequest:
    """After each of the people has signed."""
    for person in people:
        request.refresh_from_db()
        sign(
            request_id=request.request_id, user=person.user, digest=request.digest, code=code_of(person), reason="",
            device="Firefox on Linux", origin="198.51.100.7", now=now, present=presence.present(),
        )  # fmt: skip
    request.refresh_from_db()
    return request


@dataclass(frozen=True)
class Said:
    """What the bank says of one entry of ours: R codes with `text`, C codes with corrected data.

    Without a code it is no answer but a credit that somebody else sends.
    """

    entry: Entry
    code: str
    text: str = ""
    died_on: str = ""
    amount: int | None = None
    company_id: str | None = None
    rdfi: str = ""
    trace: str = ""
    dishonored_trace: str = "0" * 15


def answers(*said: Said, settled: str = "070", modifier: str = "A") -> bytes:
    """A file as banks send it: a batch for each answer, under the bank's own number. Day 70 of 2026 is 11 March."""
    sink = io.BytesIO()
    header = FileHeader(f" {ODFI}", " 091000019", "260311", "0800", modifier, "HOLDFAST", "EXAMPLE BANK", "")
    write(OutgoingFile(header, [_batch(each, settled) for each in said]), sink)
    return sink.getvalue()


def _batch(said: Said, settled: str) -> OutgoingBatch:
    entry, notice = said.entry, said.code.startswith("C")
    company = entry.originator.company_id.strip() if said.company_id is None else said.company_id
    sec = "COR" if notice else entry.sec
    head = BatchHeader(
        service_class="200", company_name="HOLDFAST", discretionary_data="", company_id=company, sec_code=sec,
        description=entry.description, descriptive_date="", effective_on="260310", settled_on=settled,
        originator_status="1", odfi="09100001",
    )  # fmt: skip
    tens = int(entry.transaction_code) // 10
    amount = 0 if notice else entry.amount_minor if said.amount is None else said.amount
    ones = "2" if not said.code else "6" if entry.direction == Direction.DEBIT else "1"
    trace, rdfi = said.trace or entry.trace, said.rdfi or entry.account.routing_number[:8]
    detail = EntryDetail(
        transaction_code=f"{tens}{ones}", routing=ODFI,
        account="HIDDEN", amount=amount, name="JANE SMITH", addenda=(_addenda(said, trace, rdfi),) if said.code else (),
        trace=f"09100001{next(_numbers):07d}",
    )  # fmt: skip
    return OutgoingBatch(head, [detail])


def _addenda(said: Said, trace: str, rdfi: str) -> NoticeOfChange | Return | Contested:
    if said.code.startswith("C"):
        return NoticeOfChange(said.code, trace, rdfi, said.text)
    if said.code in ("R71", "R72", "R73", "R74", "R75", "R76", "R77"):
        return Contested(
            said.code, trace, "260311", rdfi, "069", "0" * 15, "070", "01", said.dishonored_trace, "071", "68"
        )
    return Return(said.code, trace, said.died_on, rdfi, said.text)


def came(content: bytes, *, name: str = "", owner: Originator | None = None, now: datetime = CAME) -> InboundFile:
    """Taken in and worked off."""
    file = take_in(content, name=name, owner=owner, now=now)
    return process(file_id=file.public_id, now=now)


def take_in(content: bytes, *, name: str = "", owner: Originator | None = None, now: datetime = CAME) -> InboundFile:
    return inbound_service.take_in(
        originator=owner or originator(), name=name or f"ret_{next(_numbers)}.ach", content=content, actor=SYSTEM,
        now=now,
    )  # fmt: skip


def process(*, file_id: str, now: datetime = CAME) -> InboundFile:
    return inbound_service.process(file_id=file_id, now=now)


def returned(entry: Entry, code: str = "R01", **more: Any) -> Entry:
    """After a file has brought it back."""
    came(answers(Said(entry, code, **more)), owner=entry.originator)
    entry.refresh_from_db()
    return entry
