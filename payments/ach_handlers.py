"""What payments do about the rail: book what has happened to entries, and end the questions about accounts."""

from collections.abc import Sequence
from datetime import datetime

from ach import events as rail
from ach.enums import EntryKind
from core.approvals.events import ApprovalEnded
from core.outbox import services as outbox
from core.work import services as work
from payments.services import (
    suspense,
    transfer_bookings,
    transfer_decisions,
    transfer_files,
    transfer_labels,
    transfer_waits,
    trusted_accounts,
    verification_news,
)

TESTS = (EntryKind.PRENOTE, EntryKind.MICRO)


@outbox.handles(rail.FileDelivered)
def on_file_delivered(event: rail.FileDelivered, *, now: datetime) -> None:
    _follow_file(event.file_id, now)


@outbox.handles(rail.FileAcknowledged)
def on_file_acknowledged(event: rail.FileAcknowledged, *, now: datetime) -> None:
    _follow_file(event.file_id, now)


@outbox.handles(rail.FileRejected)
def on_file_rejected(event: rail.FileRejected, *, now: datetime) -> None:
    _follow_file(event.file_id, now)


@outbox.handles(rail.EntriesSettled)
def on_entries_settled(event: rail.EntriesSettled, *, now: datetime) -> None:
    transfer_bookings.follow(event.entry_ids, now=now)
    verification_news.settled(event.entry_ids, now=now)


@outbox.handles(rail.EntryReturned)
def on_entry_returned(event: rail.EntryReturned, *, now: datetime) -> None:
    transfer_bookings.follow([event.entry_id], now=now)
    if event.kind in TESTS:
        verification_news.returned(event.entry_id, code=event.code, now=now)
    transfer_labels.note(event, now=now)


@outbox.handles(rail.ReturnUndone)
def on_return_undone(event: rail.ReturnUndone, *, now: datetime) -> None:
    transfer_bookings.follow([event.entry_id], now=now, undone=True)


@outbox.handles(rail.EntryCancelled)
def on_entry_cancelled(event: rail.EntryCancelled, *, now: datetime) -> None:
    _follow([event.entry_id], now)
    if event.kind in TESTS:
        verification_news.returned(event.entry_id, code="cancelled", now=now)


@outbox.handles(rail.EntryParked)
def on_entry_parked(event: rail.EntryParked, *, now: datetime) -> None:
    _follow([event.entry_id], now)


@outbox.handles(rail.EntryFreed)
def on_entry_freed(event: rail.EntryFreed, *, now: datetime) -> None:
    _follow([event.entry_id], now)


@outbox.handles(rail.ChangeReceived)
def on_change_received(event: rail.ChangeReceived, *, now: datetime) -> None:
    verification_news.change_asked(event.account_id, code=event.code, now=now)


@outbox.handles(rail.ChangeEnded)
def on_change_ended(event: rail.ChangeEnded, *, now: datetime) -> None:
    verification_news.corrected(event.change_id, now=now)


@outbox.handles(rail.AccountWasStopped)
def on_account_stopped(event: rail.AccountWasStopped, *, now: datetime) -> None:
    verification_news.stopped(event.account_id, code=event.code, now=now)


@outbox.handles(rail.ItemInSuspense)
def on_item_in_suspense(event: rail.ItemInSuspense, *, now: datetime) -> None:
    suspense.take_in(event, now=now)


@outbox.handles(rail.SuspenseResolved)
def on_suspense_resolved(event: rail.SuspenseResolved, *, now: datetime) -> None:
    suspense.move_on(event, now=now)


@outbox.handles(ApprovalEnded)
def on_approval_ended(event: ApprovalEnded, *, now: datetime) -> None:
    if event.action == transfer_waits.RELEASE:
        transfer_decisions.end_unsigned(transfer_id=event.subject, state=event.state, reason=event.reason, now=now)
    elif event.action == trusted_accounts.TRUST:
        trusted_accounts.end_unsigned(verification_id=event.subject, state=event.state, now=now)


def _follow(entry_ids: Sequence[str], now: datetime) -> None:
    transfer_bookings.follow(entry_ids, now=now)


def _follow_file(file_id: str, now: datetime) -> None:
    """Page by page, each in its own transaction: a file has up to a hundred thousand entries."""
    work.enqueue(kind=transfer_files.FOLLOW, key=file_id, payload={"after": 0}, due_at=now, now=now)
