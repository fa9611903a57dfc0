"""The state of a transfer follows that of its latest entry; whoever listens is told."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from ach.enums import EntryKind, EntryState, FileState
from ach.models import Entry
from ach.services import policies
from core.actors import SYSTEM, Actor
from core.audit import services as audit
from core.outbox import services as outbox
from payments import transfer_metrics, transfer_states
from payments.models import Booking, Transfer
from payments.transfer_enums import TransferState
from payments.transfer_events import (
    CreditLeftOwed,
    DebitReleased,
    DebitReturnedLate,
    LateReturnUndone,
    TransferFailed,
    TransferMoved,
)
from payments.transfer_money import Verb

if TYPE_CHECKING:
    from payments.services.transfer_bookings import Posting

_S = TransferState
OF_ENTRY: dict[EntryState, TransferState] = {
    EntryState.WAITING: _S.SUBMITTED,
    EntryState.PARKED: _S.REQUIRES_ATTENTION,
    EntryState.FILED: _S.SUBMITTED,
    EntryState.SENT: _S.PROCESSING,
    EntryState.ACKNOWLEDGED: _S.ACKNOWLEDGED,
    EntryState.SETTLED: _S.COMPLETED,
    EntryState.RETURNED: _S.RETURNED,
    EntryState.CANCELLED: _S.CANCELLED,
}
_WITH_THE_BANK = (_S.PROCESSING, _S.ACKNOWLEDGED)
OWED = "returns_receivable:"


def follow(
    transfers: Mapping[int, Transfer], entries: Iterable[Entry], bookings: Iterable[Booking], *, now: datetime
) -> None:
    """Locked transfers go where their entries are. A reversal is another matter: it has its own entry."""
    by_entry = {booking.entry_id: booking for booking in bookings}
    for entry in sorted(entries, key=lambda each: each.pk):
        booking = by_entry[entry.pk]
        transfer = transfers.get(booking.transfer_id or 0)
        if transfer is None or entry.kind == EntryKind.REVERSAL or _is_superseded(entry):
            continue
        to = OF_ENTRY.get(EntryState(entry.state))
        if to in _WITH_THE_BANK and entry.file is not None and entry.file.state == FileState.REJECTED:
            to = _S.REQUIRES_ATTENTION
        if to is _S.RETURNED and booking.undone_at is not None:
            to = _S.COMPLETED
        if to is not None:
            move(transfer, to, now=now, why=entry.state_why, trace=entry.trace, return_code=entry.return_code)


def move(
    transfer: Transfer,
    to: TransferState,
    *,
    now: datetime,
    why: str = "",
    trace: str = "",
    return_code: str = "",
    failure_code: str = "",
    decline_reason: str = "",
    actor: Actor = SYSTEM,
) -> bool:
    """One step of a locked transfer with its audit row and event; False where it is there or past it."""
    before = transfer.state
    if before == to or not transfer_states.may_go(before, to):
        return False
    transfer.state, transfer.state_why, transfer.updated_at = to, why[:200], now
    transfer.trace, transfer.return_code = trace or transfer.trace, return_code or transfer.return_code
    transfer.failure_code, transfer.decline_reason = failure_code, decline_reason[:200]
    transfer.save(
        update_fields=[
            "state", "state_why", "updated_at", "trace", "return_code", "failure_code", "decline_reason",
        ]
    )  # fmt: skip
    transfer_metrics.count(transfer)
    audit.record(
        actor=actor, action=f"payments.transfer.{to.lower()}", subject=transfer.public_id, at=now,
        details={"before": before, "why": transfer.state_why, "return_code": transfer.return_code},
        correlation_id=transfer.request_id or None,
    )  # fmt: skip
    outbox.publish(_event(transfer, before, now), now=now)
    return True


def tell(
    postings: Sequence["Posting"],
    transfers: Mapping[int, Transfer],
    entries: Mapping[int, Entry],
    *,
    now: datetime,
) -> None:
    """What the layers above have to act upon."""
    for each in postings:
        booking, entry = each.booking, entries[each.booking.entry_id]
        transfer = transfers.get(booking.transfer_id or 0)
        owed = sum(leg.amount_minor for leg in each.step.legs if leg.account.startswith(OWED))
        facts = (booking.currency, booking.livemode, now)
        if each.step.verb in (Verb.SENT, Verb.UNDONE) and owed > 0:
            outbox.publish(CreditLeftOwed(entry.public_id, booking.owner, owed, *facts), now=now)
        if transfer is None:
            continue
        names = (transfer.public_id, entry.public_id, booking.owner)
        if each.step.verb is Verb.RELEASED:
            outbox.publish(DebitReleased(*names, transfer.escrow_id, booking.amount_minor, *facts), now=now)
        if each.step.late_minor:
            code, unauthorized = entry.return_code, policies.is_unauthorized(entry.return_code)
            late = (code, unauthorized, each.step.late_minor)
            outbox.publish(DebitReturnedLate(*names, transfer.escrow_id, *late, *facts), now=now)
        if each.step.verb is Verb.UNDONE and booking.late_minor:
            outbox.publish(LateReturnUndone(*names, booking.livemode, now), now=now)


def _is_superseded(entry: Entry) -> bool:
    """It was sent again: the later one says how the transfer stands. Every retry names the first of them."""
    first = entry.original_id if entry.kind == EntryKind.RETRY else entry.pk
    return (
        entry.return_code != "" and Entry.objects.filter(original=first, kind=EntryKind.RETRY, pk__gt=entry.pk).exists()
    )


def _event(transfer: Transfer, before: str, now: datetime) -> TransferMoved | TransferFailed:
    payer, payee = transfer.payer.party_id, transfer.payee.party_id
    if transfer.state == _S.FAILED:
        return TransferFailed(transfer.public_id, payer, payee, transfer.failure_code, transfer.livemode, now)
    return TransferMoved(
        transfer.public_id, before, transfer.state, payer, payee, transfer.amount_minor, transfer.currency,
        transfer.return_code, transfer.livemode, now,
    )  # fmt: skip
