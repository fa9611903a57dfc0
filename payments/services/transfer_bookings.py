"""Bring the books in step with the entries of the rail: whatever is missing is posted, in pages, once.

Whoever hears of an entry calls `follow`; what it says is read from the entry's row, so that news may come twice, late
or in another order. Locks: transfers, then bookings, each by key; the ledger comes last.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from ach.enums import Direction, EntryKind
from ach.models import Entry
from core.actors import SYSTEM, Actor
from core.audit import services as audit
from core.audit.services import Fact
from core.database import rows as table
from core.money import Currency, Money
from core.work import failpoints
from ledger import chart
from ledger.enums import Phase
from ledger.selectors import balances
from ledger.services import journal
from payments import transfer_money
from payments.models import Booking, Transfer
from payments.services import transfer_holds, transfer_moves
from payments.services.entries import book as book_of
from payments.transfer_money import Books, News, Step, Verb

IN_MONEY = (EntryKind.PAYMENT, EntryKind.RETRY, EntryKind.REVERSAL, EntryKind.MICRO)
POSTED_AT_ONCE = 200
_COLUMN = {
    Verb.SENT: "sent_at", Verb.SETTLED: "settled_at", Verb.RELEASED: "released_at", Verb.RETURNED: "returned_at",
    Verb.UNDONE: "undone_at", Verb.VOIDED: "voided_at",
}  # fmt: skip
_BESIDE = {Verb.SETTLED: ("release_at",), Verb.RELEASED: ("released_to",), Verb.RETURNED: ("late_minor",)}


@dataclass(frozen=True, slots=True)
class Posting:
    """One step of one booking, with the ledger entry that did it."""

    booking: Booking
    step: Step
    entry_id: str


def follow(
    entry_ids: Sequence[str],
    *,
    now: datetime,
    undone: bool = False,
    releases: Mapping[int, str] | None = None,
    actor: Actor = SYSTEM,
) -> list[Posting]:
    """Post what is missing for these entries (public ids) and take their transfers along.

    In the caller's transaction. `undone` says that their returns were undone, `releases` names the account that a debit
    is released to, by key of its booking.
    """
    known = Entry.objects.filter(public_id__in=entry_ids, kind__in=IN_MONEY)
    transfer_holds.open_missing(known, now=now)
    transfers = _lock_transfers(known)
    bookings = _lock_bookings(known)
    rows = Entry.objects.select_related("file").defer("file__content")
    entries = {each.pk: each for each in rows.filter(pk__in=[booking.entry_id for booking in bookings])}
    failpoints.reach("payments.ach_unbooked")
    postings = _post(bookings, entries, undone=undone, releases=releases or {}, now=now)
    failpoints.reach("payments.ach_posted")
    _keep(postings, entries, transfers, actor=actor, now=now)
    transfer_moves.follow(transfers, entries.values(), bookings, now=now)
    transfer_moves.tell(postings, transfers, entries, now=now)
    failpoints.reach("payments.ach_booked")
    return postings


def _lock_transfers(entries: Iterable[Entry]) -> dict[int, Transfer]:
    rows = Transfer.objects.select_for_update(of=("self",), no_key=True).select_related("payer", "payee")
    found = rows.filter(pk__in=Booking.objects.filter(entry__in=entries).values("transfer")).order_by("pk")
    return {each.pk: each for each in found}


def _lock_bookings(entries: Iterable[Entry]) -> list[Booking]:
    return list(Booking.objects.select_for_update(no_key=True).filter(entry__in=entries).order_by("pk"))


def _post(
    bookings: Sequence[Booking], entries: Mapping[int, Entry], *, undone: bool, releases: Mapping[int, str],
    now: datetime,
) -> list[Posting]:  # fmt: skip
    wanted = [
        (booking, step)
        for booking in bookings
        for step in transfer_money.plan(books(booking), _news(booking, entries[booking.entry_id], undone, releases))
    ]
    requests = [_request(booking, entries[booking.entry_id], step, now) for booking, step in wanted]
    posted = [
        each
        for first in range(0, len(requests), POSTED_AT_ONCE)
        for each in journal.post_many(requests[first : first + POSTED_AT_ONCE], now=now)
    ]
    return [Posting(booking, step, each.entry_id) for (booking, step), each in zip(wanted, posted, strict=True)]


def books(booking: Booking) -> Books:
    return Books(
        is_credit=booking.direction == Direction.CREDIT,
        amount=Money(booking.amount_minor, Currency[booking.currency]),
        account=booking.account,
        held_in=booking.held_in,
        owner=booking.owner,
        hold_id=booking.hold_id,
        released_to=booking.released_to,
        done=frozenset(verb for verb, column in _COLUMN.items() if getattr(booking, column) is not None),
    )


def _news(booking: Booking, entry: Entry, undone: bool, releases: Mapping[int, str]) -> News:
    """A file that was withdrawn takes its entries' `sent_at` back: what was booked of it stays, nothing is new."""
    return News(
        sent=entry.sent_at is not None,
        settled=entry.settled_at is not None,
        returned=entry.returned_at is not None,
        cancelled=entry.state == "CANCELLED",
        undone=undone or booking.undone_at is not None,
        release_to="" if booking.pk in releases and transfer_holds.is_reversed(entry) else releases.get(booking.pk, ""),
        there_minor=_there(booking, undone=undone),
    )


def _there(booking: Booking, *, undone: bool) -> int:
    """Looked up only where money leaves, or is given back, that nobody set aside."""
    is_credit = booking.direction == Direction.CREDIT
    if is_credit and booking.owner and (undone or not booking.hold_id):
        account = booking.account
    elif undone and booking.released_at is not None:
        account = chart.returns_receivable(booking.owner)
    else:
        return 0
    return balances.get(book_of(booking.livemode), account, Currency[booking.currency]).available.minor


def _request(booking: Booking, entry: Entry, step: Step, now: datetime) -> journal.Request:
    """The reservation's phase is not asked for again: ending one says only how."""
    key = f"ach:{entry.public_id}:{step.verb.value}"
    if step.settles:
        return journal.Request(
            settles=step.settles,
            phase=Phase.VOID.value if step.verb is Verb.VOIDED else Phase.POSTED.value,
            idempotency_key=key,
            effective_at=now,
            description=f"ACH {step.verb.value}",
        )
    return journal.Request(
        book=book_of(booking.livemode),
        kind=f"payments.ach_{step.verb.value}",
        legs=step.legs,
        reference=entry.reference[:64],
        idempotency_key=key,
        effective_at=now,
    )


def _keep(
    postings: Sequence[Posting],
    entries: Mapping[int, Entry],
    transfers: Mapping[int, Transfer],
    *,
    actor: Actor,
    now: datetime,
) -> None:
    """The moments on the rows, and one audit row a step."""
    changed: dict[int, Booking] = {}
    held = [each.booking for each in postings if each.step.verb is Verb.SETTLED and each.booking.held_in]
    known = transfer_holds.of_known_accounts([entries[booking.entry_id] for booking in held]) if held else set()
    for each in postings:
        booking, verb = each.booking, each.step.verb
        setattr(booking, _COLUMN[verb], now)
        booking.late_minor += each.step.late_minor
        if verb is Verb.SETTLED and booking.held_in:
            booking.release_at = transfer_holds.release_at(booking, entries[booking.entry_id], known=known, now=now)
        if verb is Verb.RELEASED:
            booking.released_to = next(leg.account for leg in each.step.legs if leg.amount_minor < 0)
        changed[booking.pk] = booking
    verbs = {each.step.verb for each in postings}
    fields = sorted({_COLUMN[verb] for verb in verbs} | {name for verb in verbs for name in _BESIDE.get(verb, ())})
    if fields:
        table.update_many(Booking, changed.values(), fields)
    if postings:
        audit.record_many([_fact(each, entries[each.booking.entry_id], transfers, actor, now) for each in postings])


def _fact(posting: Posting, entry: Entry, transfers: Mapping[int, Transfer], actor: Actor, now: datetime) -> Fact:
    """About the transfer where there is one: it is what people look for."""
    transfer = transfers.get(posting.booking.transfer_id or 0)
    return Fact(
        actor=actor,
        action=f"payments.ach_entry.{posting.step.verb.value}",
        subject=transfer.public_id if transfer else entry.reference[:120],
        at=now,
        details={
            "entry_id": entry.public_id,
            "amount_minor": posting.booking.amount_minor,
            "ledger_entry": posting.entry_id,
            "late_minor": posting.step.late_minor,
        },
    )
