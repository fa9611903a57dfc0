"""The state of a transfer follows that of its latest entry; whoever listens is told."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from ach.enums import EntryKind, EntryState, FileState
from ach.models import Entry
from ach.services import policies
from core.actors import SYSTEM, Actor
from core.audit import services as audit
from core.audit.services import Fact
from core.database import rows
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
    TransfersMoved,
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
# A refused file's entries are FILED again until a rebuilt one has them.
_REFUSABLE = (EntryState.FILED, EntryState.SENT, EntryState.ACKNOWLEDGED)
_KEPT = ("state", "state_why", "updated_at", "trace", "return_code", "failure_code", "decline_reason")
OWED = "returns_receivable:"


@dataclass(frozen=True, slots=True)
class _Move:
    """A transfer as it is from now on, and the state it was in."""

    transfer: Transfer
    before: str


def follow(
    transfers: Mapping[int, Transfer], entries: Iterable[Entry], bookings: Iterable[Booking], *, now: datetime
) -> None:
    """Locked transfers go where their entries are. A reversal is another matter: it has its own entry.

    However many they are it takes one statement each for rows, audit and event.
    """
    by_entry = {booking.entry_id: booking for booking in bookings}
    moves: dict[int, _Move] = {}
    for entry in sorted(entries, key=lambda each: each.pk):
        booking = by_entry[entry.pk]
        transfer = transfers.get(booking.transfer_id or 0)
        if transfer is None or entry.kind == EntryKind.REVERSAL or _is_superseded(entry):
            continue
        to = OF_ENTRY.get(EntryState(entry.state))
        if entry.state in _REFUSABLE and entry.file is not None and entry.file.state == FileState.REJECTED:
            to = _S.REQUIRES_ATTENTION
        if to is _S.RETURNED and booking.undone_at is not None:
            to = _S.COMPLETED
        if to is None:
            continue
        if transfer.pk in moves:
            _keep(moves.values(), now=now)
            moves = {}
        if made := _take(transfer, to, now=now, why=entry.state_why, trace=entry.trace, return_code=entry.return_code):
            moves[transfer.pk] = made
    _keep(moves.values(), now=now)


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
    made = _take(
        transfer, to, now=now, why=why, trace=trace, return_code=return_code, failure_code=failure_code,
        decline_reason=decline_reason,
    )  # fmt: skip
    _keep([made] if made else [], now=now, actor=actor)
    return made is not None


def _take(
    transfer: Transfer,
    to: TransferState,
    *,
    now: datetime,
    why: str = "",
    trace: str = "",
    return_code: str = "",
    failure_code: str = "",
    decline_reason: str = "",
) -> _Move | None:
    """The step, not kept yet; None where the transfer is there or past it."""
    before = transfer.state
    if before == to or not transfer_states.may_go(before, to):
        return None
    transfer.state, transfer.state_why, transfer.updated_at = to, why[:200], now
    transfer.trace, transfer.return_code = trace or transfer.trace, return_code or transfer.return_code
    transfer.failure_code, transfer.decline_reason = failure_code, decline_reason[:200]
    return _Move(transfer, before)


def _keep(moves: Collection[_Move], *, now: datetime, actor: Actor = SYSTEM) -> None:
    """Of as many transfers as moves: rows, an audit row each, and the news."""
    rows.update_many(Transfer, [each.transfer for each in moves], _KEPT)
    for each in moves:
        transfer_metrics.count(each.transfer)
    audit.record_many([_fact(each, actor, now) for each in moves])
    for each in moves:
        transfer_metrics.count(each.transfer)
    failed = [each for each in moves if each.transfer.state == _S.FAILED]
    moved: dict[bool, list[dict[str, Any]]] = {}
    for each in moves:
        if each.transfer.state != _S.FAILED:
            moved.setdefault(each.transfer.livemode, []).append(_told(each))
    outbox.publish_many(
        [*(_failure(each.transfer, now) for each in failed),
         *(TransfersMoved(tuple(told), livemode, now) for livemode, told in moved.items())],
        now=now,
    )  # fmt: skip


def _fact(move: _Move, actor: Actor, now: datetime) -> Fact:
    transfer = move.transfer
    return Fact(
        actor=actor, action=f"payments.transfer.{transfer.state.lower()}", subject=transfer.public_id, at=now,
        details={"before": move.before, "why": transfer.state_why, "return_code": transfer.return_code},
        correlation_id=transfer.request_id or None,
    )  # fmt: skip


def _told(move: _Move) -> dict[str, Any]:
    transfer = move.transfer
    return {
        "transfer_id": transfer.public_id, "before": move.before, "state": transfer.state,
        "payer_id": transfer.payer.party_id, "payee_id": transfer.payee.party_id,
        "amount_minor": transfer.amount_minor, "currency": transfer.currency, "return_code": transfer.return_code,
    }  # fmt: skip


def _failure(transfer: Transfer, now: datetime) -> TransferFailed:
    payer, payee = transfer.payer.party_id, transfer.payee.party_id
    return TransferFailed(transfer.public_id, payer, payee, transfer.failure_code, transfer.livemode, now)


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
