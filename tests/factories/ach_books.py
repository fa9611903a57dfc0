"""Entries of the rail in legal files, followed by the books: what reconciliation compares, for tests."""

import itertools
from datetime import UTC, date, datetime, timedelta

from django.db import transaction

from ach.enums import Direction, FileState, ItemState
from ach.models import Batch, Cutoff, Entry, File, InboundItem
from ach.services import suspense
from core import ids
from core.outbox import services as outbox
from payments.models import Transfer
from payments.services import transfer_bookings, transfer_decisions
from payments.services.transfer_orders import TransferOrder
from tests.factories import ach_inbound
from tests.factories import ach_transfers as ach
from tests.factories.payments import NOW

# Two entries leave on Monday, settle on Tuesday, and one comes back on Wednesday.
TUESDAY = datetime(2026, 3, 3, 14, tzinfo=UTC)
WEDNESDAY = TUESDAY + timedelta(days=1)
SETTLES = date(2026, 3, 3)
_numbers = itertools.count(1)


def made(wanted: TransferOrder | None = None) -> Transfer:
    """Whatever its score asks for, a person has looked at it."""
    transfer = ach.made(wanted)
    if transfer.state == "PENDING_REVIEW":
        with transaction.atomic():
            transfer_decisions.decide(transfer_id=transfer.public_id, approve=True, why="known", now=NOW)
    return transfer


def sent(*transfers: Transfer, now: datetime = NOW, follow: bool = True) -> File:
    """In one file of one batch that was delivered and acknowledged, with the totals of its entries."""
    entries = [ach.entry_of(each) for each in transfers]
    file = _file(entries, now)
    for number, entry in enumerate(entries, start=3):
        ach_inbound.filed(entry, inside=file, at=now)
        ach._set(entry, state="SENT", line=number, sent_at=now, settles_on=SETTLES)
    if follow:
        book(*entries, now=now)
    return file


def settled(*transfers: Transfer, now: datetime = TUESDAY) -> None:
    entries = [ach.entry_of(each) for each in transfers]
    for entry in entries:
        ach.settled(entry, now=now)
    book(*entries, now=now)


def returned(transfer: Transfer, *, now: datetime = WEDNESDAY) -> InboundItem:
    """By a file of the bank that has this item alone."""
    entry = ach.entry_of(transfer)
    item = ach_inbound.item(entry, "R03", of=ach_inbound.inbound(entry.originator, at=now))
    ach.returned(entry, "R03", now=now)
    item.entry, item.state, item.applied_at = entry, ItemState.APPLIED, now
    item.save()
    book(entry, now=now)
    return item


def suspended(like: Transfer, *, now: datetime = NOW, follow: bool = True) -> InboundItem:
    """A return of a trace that nobody knows; the books hear of it unless `follow` is false."""
    entry = ach.entry_of(like)
    item = ach_inbound.item(entry, "R03", of=ach_inbound.inbound(entry.originator, at=now), original_trace="9" * 15)
    with transaction.atomic():
        suspense.put(item, "matches nothing", now=now)
    if follow:
        outbox.drain(now=now)
    return item


def book(*entries: Entry, now: datetime) -> None:
    with transaction.atomic():
        transfer_bookings.follow([each.public_id for each in entries], now=now)


def _file(entries: list[Entry], now: datetime) -> File:
    debit, credit = (
        sum(each.amount_minor for each in entries if each.direction == way)
        for way in (Direction.DEBIT, Direction.CREDIT)
    )
    addenda = sum(bool(each.addenda) for each in entries)
    totals = {
        "entry_count": len(entries), "addenda_count": addenda, "debit_minor": debit, "credit_minor": credit,
    }  # fmt: skip
    number, owner = next(_numbers), entries[0].originator
    cutoff = Cutoff.objects.create(
        public_id=ids.prefixed("cut", now), livemode=owner.livemode, originator=owner,
        at=now - timedelta(seconds=number), created_at=now,
    )  # fmt: skip
    file = File.objects.create(
        public_id=ids.prefixed("file", now), livemode=owner.livemode, originator=owner, cutoff=cutoff,
        name=f"HOLDFAST_{number:04d}.ach", created_on=now.date(), created_time=f"{number:04d}", modifier="B",
        state=FileState.ACKNOWLEDGED, sha256=f"{number:064x}", content=b"sealed", built_at=now, created_at=now,
        delivered_at=now, acknowledged_at=now, batches=1, **totals,
    )  # fmt: skip
    Batch.objects.create(
        file=file, number=1, sec="PPD", description="PAYOUT", effective_on=SETTLES, service_class="200", **totals
    )
    return file
