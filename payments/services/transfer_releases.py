"""Debits whose hold is over: their money is owed to its payee, or begins the escrow it was meant for."""

from datetime import datetime

from django.db import transaction
from django.db.models import Exists, OuterRef

from ach.enums import EntryKind
from ach.models import Entry
from payments import ach_door
from payments.models import Booking, Transfer
from payments.services import transfer_bookings, transfer_holds

PAGE = 200


def release_due(*, now: datetime, limit: int = PAGE) -> int:
    """The longest waiting first, one that funds an escrow by itself. Returns how many were released.

    One that came back or is reversed meanwhile is passed over; if that is undone, it is looked at again.
    """
    reversals = Entry.objects.filter(original=OuterRef("entry"), kind=EntryKind.REVERSAL)
    due = Booking.objects.filter(release_at__lte=now, released_at=None).exclude(
        returned_at__isnull=False, undone_at=None
    )
    due = due.exclude(Exists(reversals.exclude(state__in=transfer_holds.NOT_REVERSED)))
    found = list(due.select_related("transfer", "entry").order_by("release_at", "pk")[:limit])
    plain = [each for each in found if not (each.transfer and each.transfer.escrow_id)]
    released = 0
    if plain:
        with transaction.atomic():
            released += _release(plain, {each.pk: each.account for each in plain}, now)
    for each in found:
        if each not in plain:
            with transaction.atomic():
                released += _fund(each, now)
    return released


def _fund(booking: Booking, now: datetime) -> int:
    """The escrow is held before the transfer; what it cannot take is owed to the payee."""
    transfer = booking.transfer
    assert transfer is not None
    locked = Transfer.objects.select_for_update(of=("self",), no_key=True).select_related("payee").get(pk=transfer.pk)
    fresh = Booking.objects.select_for_update(no_key=True).get(pk=booking.pk)
    is_back = fresh.returned_at is not None and fresh.undone_at is None
    if fresh.released_at is not None or is_back or transfer_holds.is_reversed(booking.entry):
        return 0
    account = ach_door.current().fund(
        escrow_id=transfer.escrow_id, payee=locked.payee, amount_minor=booking.amount_minor,
        transfer_id=transfer.public_id, now=now,
    )  # fmt: skip
    return _release([booking], {booking.pk: account or booking.account}, now)


def _release(bookings: list[Booking], accounts: dict[int, str], now: datetime) -> int:
    postings = transfer_bookings.follow([each.entry.public_id for each in bookings], now=now, releases=accounts)
    return sum(1 for each in postings if each.step.verb.value == "released")
