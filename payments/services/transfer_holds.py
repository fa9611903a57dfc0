"""Where the money of an entry comes from and goes to: set aside when it is accepted, held when it has come."""

from collections.abc import Collection, Container
from datetime import datetime

from django.db.models import Max, Min, QuerySet

from ach import dates
from ach.calendar import deadlines
from ach.calendar.eastern import eastern
from ach.enums import Direction, EntryKind, EntryState
from ach.models import Entry
from ach.parameters import number as rail_number
from core.money import Currency, Money
from ledger import chart
from ledger.services import journal
from payments.models import Booking, Transfer
from payments.services.entries import book as book_of
from payments.transfer_money import Books, News, plan
from payments.transfer_parameters import number

NOT_REVERSED = (EntryState.CANCELLED, EntryState.RETURNED)
VERIFICATION_COSTS = chart.costs("account_verification")


def open_for_transfer(transfer: Transfer, entry: Entry, *, now: datetime) -> Booking:
    """Reserve a credit's money, or say where a debit's will wait. Raises AccountOverdrawn (INSUFFICIENT_BALANCE)."""
    if entry.direction == Direction.CREDIT:
        owner = transfer.payer.party_id
        account, held_in = chart.provider_payable(owner), ""
    else:
        owner = transfer.payee.party_id
        account, held_in = chart.provider_payable(owner), chart.reserve(owner)
    booking = _new(entry, transfer, owner=owner, account=account, held_in=held_in, now=now)
    if entry.direction == Direction.CREDIT:
        booking.hold_id = _reserve(booking, entry, now=now)
    booking.save(force_insert=True)
    return booking


def open_for_verification(entry: Entry, *, now: datetime) -> Booking:
    """Micro-entries are a cost, which the debit that takes them back undoes."""
    booking = _new(entry, None, owner="", account=VERIFICATION_COSTS, held_in="", now=now)
    booking.save(force_insert=True)
    return booking


def open_missing(entries: QuerySet[Entry], *, now: datetime) -> None:
    """Retries and reversals are asked of the rail by others: they are booked like what they follow."""
    followers = [
        each
        for each in entries.filter(kind__in=(EntryKind.RETRY, EntryKind.REVERSAL)).select_related("original")
        if not Booking.objects.filter(entry=each).exists()
    ]
    made = []
    for entry in followers:
        first = _first(entry)
        if first is not None:
            made.append(_like(entry, first, now=now))
    Booking.objects.bulk_create(made, ignore_conflicts=True)


def is_reversed(entry: Entry) -> bool:
    """Whether its money is given back, or is about to be: what waits of a debit is not its payee's then."""
    reversals = Entry.objects.filter(original=entry, kind=EntryKind.REVERSAL)
    return reversals.exclude(state__in=NOT_REVERSED).exists()


def release_at(booking: Booking, entry: Entry, *, known: Container[int], now: datetime) -> datetime:
    """The opening of a banking day after settlement: later for a consumer's account, one that is new, or a large sum.

    `known` are the keys of entries whose account has paid before (`of_known_accounts`).

    It is no promise that nothing comes back: an unauthorized debit does for sixty days, and is then owed.
    """
    periods = dates.periods(now)
    days = rail_number("debit_hold_banking_days", now)
    if entry.sec not in periods.corporate:
        days += number("consumer_hold_banking_days", now)
    if entry.pk not in known:
        days += number("new_account_hold_banking_days", now)
    if booking.amount_minor >= number("exposure_minor", now):
        days += number("exposure_hold_banking_days", now)
    settled = entry.settled_at or now
    return deadlines.hold_until(eastern(settled), days, periods)


def of_known_accounts(entries: Collection[Entry]) -> set[int]:
    """Keys of those whose account has paid another time, and that did not come back."""
    paid = Entry.objects.filter(
        account__in={entry.account_id for entry in entries}, direction=Direction.DEBIT, settled_at__isnull=False,
        kind=EntryKind.PAYMENT, returned_at=None,
    )  # fmt: skip
    found = paid.order_by().values_list("account").annotate(first=Min("pk"), last=Max("pk"))
    ends: dict[int, set[int]] = {account: {first, last} for account, first, last in found}
    return {entry.pk for entry in entries if ends.get(entry.account_id, set()) - {entry.pk}}


def _first(entry: Entry) -> Booking | None:
    """Of the entry at the beginning of the chain."""
    original = entry.original
    while original is not None and original.original_id is not None:
        original = original.original
    return Booking.objects.filter(entry=original).first() if original else None


def _like(entry: Entry, first: Booking, *, now: datetime) -> Booking:
    if entry.kind == EntryKind.RETRY:
        account, held_in = first.account, first.held_in
    elif entry.direction == Direction.DEBIT:
        # A credit is taken back: it waits like any debit before its payer has it again.
        account, held_in = first.account, chart.reserve(first.owner)
    else:
        # A debit is given back, from wherever its money is.
        account, held_in = first.released_to or first.held_in, ""
    return Booking(
        entry=entry, transfer_id=first.transfer_id, livemode=first.livemode, direction=entry.direction,
        amount_minor=entry.amount_minor, currency=entry.currency, owner=first.owner, account=account, held_in=held_in,
        created_at=now,
    )  # fmt: skip


def _new(entry: Entry, transfer: Transfer | None, *, owner: str, account: str, held_in: str, now: datetime) -> Booking:
    return Booking(
        entry=entry, transfer=transfer, livemode=entry.livemode, direction=entry.direction,
        amount_minor=entry.amount_minor, currency=entry.currency, owner=owner, account=account, held_in=held_in,
        created_at=now,
    )  # fmt: skip


def _reserve(booking: Booking, entry: Entry, *, now: datetime) -> str:
    amount = Money(booking.amount_minor, Currency[booking.currency])
    asked = Books(True, amount, booking.account, "", booking.owner, "", "", frozenset())
    (step,) = plan(asked, News(sent=True, there_minor=amount.minor))
    return journal.post_pending(
        book=book_of(booking.livemode),
        kind="payments.ach_sent",
        legs=step.legs,
        reference=entry.reference[:64],
        idempotency_key=f"ach:{entry.public_id}:accepted",
        effective_at=now,
        now=now,
    ).entry_id
