"""Entries with their legs, for timelines and record pages."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Prefetch, QuerySet

from core.money import Currency, Money
from ledger.enums import Book, Phase
from ledger.models import Entry, PendingLeg, Posting
from ledger.services.refusals import UnknownEntry

ADJUSTED = "ledger.adjusted"


@dataclass(frozen=True, slots=True)
class LegView:
    """`side` is DEBIT or CREDIT; `amount` is positive."""

    account: str
    side: str
    amount: Money


@dataclass(frozen=True, slots=True)
class EntryView:
    """`reverses`, `settles`, `reversed_by` and `settled_by` are public ids of the linked entries.

    `approval` is the id of the approval that a correction by hand rests on.
    """

    entry_id: str
    book: str
    phase: Phase
    kind: str
    reference: str
    description: str
    effective_at: datetime
    posted_at: datetime
    expires_at: datetime | None
    reverses: str | None
    settles: str | None
    reversed_by: str | None
    settled_by: str | None
    approval: str | None
    legs: tuple[LegView, ...]


def get(entry_id: str) -> EntryView:
    """Raises UnknownEntry."""
    found = _views(Entry.objects.filter(public_id=entry_id))
    if not found:
        raise UnknownEntry
    return found[0]


def find_by_key(idempotency_key: str, *, kind: str) -> str | None:
    """The public id of the entry of that kind that was written under the key, in whichever book."""
    for book in Book.values:
        found = Entry.objects.filter(book=book, idempotency_key=idempotency_key, kind=kind).first()
        if found:
            return found.public_id
    return None


def list_for_reference(reference: str) -> list[EntryView]:
    """Everything the ledger did for one payment, escrow, refund …, in the order it was written. Five statements."""
    return _views(Entry.objects.filter(reference=reference).order_by("id"))


def _views(entries: QuerySet[Entry]) -> list[EntryView]:
    linked = entries.select_related("reverses", "settles").prefetch_related(
        Prefetch("postings", Posting.objects.select_related("account").order_by("leg")),
        Prefetch("pending_legs", PendingLeg.objects.select_related("account").order_by("leg")),
        "reversals",
        "settlements",
    )
    return [_view(entry) for entry in linked]


def _view(entry: Entry) -> EntryView:
    legs: list[Posting | PendingLeg] = [*entry.postings.all(), *entry.pending_legs.all()]
    return EntryView(
        entry_id=entry.public_id,
        book=entry.book,
        phase=Phase(entry.phase),
        kind=entry.kind,
        reference=entry.reference,
        description=entry.description,
        effective_at=entry.effective_at,
        posted_at=entry.posted_at,
        expires_at=entry.expires_at,
        reverses=entry.reverses.public_id if entry.reverses else None,
        settles=entry.settles.public_id if entry.settles else None,
        reversed_by=next((other.public_id for other in entry.reversals.all()), None),
        settled_by=next((other.public_id for other in entry.settlements.all()), None),
        approval=entry.idempotency_key if entry.kind == ADJUSTED else None,
        legs=tuple(
            LegView(
                account=leg.account.code,
                side="DEBIT" if leg.amount_minor > 0 else "CREDIT",
                amount=Money(abs(leg.amount_minor), Currency[leg.currency]),
            )
            for leg in legs
        ),
    )
