"""Transfers, payouts and verifications for lists and pages, narrowed as people ask."""

from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from django.db.models import QuerySet

from ach.enums import EntryKind
from ach.models import Entry
from core.approvals.models import ApprovalRequest
from fraud.models import ReviewCase
from fraud.selectors import cases
from ledger.selectors.entries import EntryView
from ledger.selectors.entries import list_for_reference as ledger_entries
from payments.models import AccountVerification, Booking, Payout, Transfer
from payments.selectors import payouts, transfers

Row = TypeVar("Row", Transfer, Payout)
_OF_PARTY = ("payer", "payee", "customer")


@dataclass(frozen=True, slots=True)
class Wanted:
    """Empty means any. Parties by their public names, days as moments: from the first, before the second."""

    state: str = ""
    type: str = ""
    purpose: str = ""
    trigger: str = ""
    payer: str = ""
    payee: str = ""
    customer: str = ""
    party: str = ""
    created_from: datetime | None = None
    created_before: datetime | None = None


@dataclass(frozen=True, slots=True)
class Story:
    """A transfer with what the rail, the ledger and people have of it. `entries` are its own, retries and reversals."""

    transfer: Transfer
    payout: Payout | None
    entries: list[Entry]
    bookings: list[Booking]
    posted: list[EntryView]
    case: ReviewCase | None
    approval: ApprovalRequest | None

    @property
    def latest(self) -> Entry | None:
        """The one whose way is the transfer's: its own, or the retry of it."""
        own = [each for each in self.entries if each.kind != EntryKind.REVERSAL]
        return own[-1] if own else None


def list_transfers(wanted: Wanted, *, livemode: bool) -> QuerySet[Transfer]:
    """For pages by (created_at, id), newest first."""
    found = transfers.list_in_mode(livemode=livemode)
    for name in ("state", "type", "purpose"):
        if value := getattr(wanted, name):
            found = found.filter(**{name: value})
    for name in _OF_PARTY:
        if value := getattr(wanted, name):
            found = found.filter(**{f"{name}__party_id": value})
    return _created(found, wanted)


def list_payouts(wanted: Wanted, *, livemode: bool) -> QuerySet[Payout]:
    """For pages by (created_at, id), newest first; each with its transfer, account and schedule."""
    found = payouts.list_in_mode(livemode=livemode).select_related("schedule").defer("transfer__to_account__sealed")
    if wanted.state:
        found = found.filter(transfer__state=wanted.state)
    if wanted.trigger:
        found = found.filter(trigger=wanted.trigger)
    if wanted.party:
        found = found.filter(party__party_id=wanted.party)
    return _created(found, wanted)


def list_verifications(*, livemode: bool, state: str = "", method: str = "") -> QuerySet[AccountVerification]:
    """For pages by (created_at, id), newest first. The amounts are never read here."""
    found = AccountVerification.objects.select_related("account__party").defer("sealed", "account__sealed")
    found = found.filter(livemode=livemode)
    if state:
        found = found.filter(state=state)
    return found.filter(method=method) if method else found


def story(transfer: Transfer) -> Story:
    """A fixed number of statements, and one more for each retry or reversal."""
    bookings = list(
        Booking.objects.filter(transfer=transfer)
        .select_related("entry__file", "entry__account")
        .defer("entry__file__content", "entry__account__sealed")
        .order_by("entry_id")
    )
    entries = [booking.entry for booking in bookings]
    references = dict.fromkeys([transfer.public_id, *(entry.reference for entry in entries)])
    posted = [each for reference in references for each in ledger_entries(reference)]
    asked = ApprovalRequest.objects.filter(request_id=transfer.approval_id) if transfer.approval_id else None
    return Story(
        transfer=transfer,
        payout=Payout.objects.select_related("party", "schedule").filter(transfer=transfer).first(),
        entries=entries,
        bookings=bookings,
        posted=sorted(posted, key=lambda each: each.posted_at),
        case=cases.find_for_payment(payment_id=transfer.public_id),
        approval=asked.first() if asked is not None else None,
    )


def find_by_trace(trace: str, *, livemode: bool, limit: int = 2) -> list[Transfer]:
    """Newest first: numbers come round again. By the trace of the entry, which has an index."""
    of_entry = Booking.objects.filter(entry__trace=trace, entry__livemode=livemode, transfer__isnull=False)
    rows = Transfer.objects.filter(pk__in=of_entry.values("transfer"), livemode=livemode)
    return list(rows.order_by("-created_at", "-id")[:limit])


def _created(found: QuerySet[Row], wanted: Wanted) -> QuerySet[Row]:
    if wanted.created_from:
        found = found.filter(created_at__gte=wanted.created_from)
    return found.filter(created_at__lt=wanted.created_before) if wanted.created_before else found
