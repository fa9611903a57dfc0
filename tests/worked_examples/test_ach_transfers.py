"""The money of ACH transfers to the cent: what is on which account after each piece of news from the bank.

The seller has 1,000.00 with us. A CREDIT takes 460.00 of it to the seller's bank; a DEBIT brings 750.55 from a buyer.
"""

from datetime import datetime, timedelta

import pytest
from django.db import transaction

from ach.events import EntriesSettled, EntryReturned, FileDelivered, ReturnUndone
from core.outbox import services as outbox
from core.work import services as work
from escrow.api import examples
from escrow.models import Escrow, Receivable
from ledger import chart
from payments.models import Booking, Transfer
from payments.selectors import transfers as register
from payments.services import transfer_bookings, transfer_releases, transfers
from tests.factories import ach_transfers as ach
from tests.factories import api
from tests.factories.ach_transfers import SELLER
from tests.factories.payments import NOW, ticket

pytestmark = pytest.mark.django_db

PAYABLE, RESERVE = chart.provider_payable(SELLER), chart.reserve(SELLER)
OWED = chart.returns_receivable(SELLER)
ACCOUNTS = (PAYABLE, RESERVE, OWED, chart.ACH_CLEARING_OUT, chart.ACH_CLEARING_IN, chart.BANK_TRUST)
LATER = NOW + timedelta(days=40)


@pytest.fixture(autouse=True)
def _seller_has_a_thousand() -> None:
    ach.balance(SELLER, 100_000)


def follow(transfer: Transfer, *, now: datetime = NOW, **how: bool) -> None:
    transfer_bookings.follow([ach.entry_of(transfer).public_id], now=now, **how)


def books() -> dict[str, int]:
    return {name: minor for name in ACCOUNTS if (minor := ach.held_by(name))}


def state(transfer: Transfer) -> str:
    return register.get(transfer.public_id).state


def test_a_credit_is_set_aside_sent_and_settled() -> None:
    transfer = ach.made()
    assert state(transfer) == "SUBMITTED"
    assert ach.available(PAYABLE) == 54_000, "no longer available"
    assert books() == {PAYABLE: 100_000, chart.BANK_TRUST: 100_000}, "and nothing has moved"

    entry = ach.entry_of(transfer)
    ach.sent(entry)
    follow(transfer)
    assert books() == {PAYABLE: 54_000, chart.ACH_CLEARING_OUT: 46_000, chart.BANK_TRUST: 100_000}
    assert state(transfer) == "PROCESSING"

    ach.settled(entry)
    follow(transfer)
    assert books() == {PAYABLE: 54_000, chart.BANK_TRUST: 54_000}
    shown = register.get(transfer.public_id)
    assert (shown.state, shown.trace) == ("COMPLETED", entry.trace)


def test_a_credit_comes_back_before_it_has_settled() -> None:
    transfer = ach.made()
    entry = ach.entry_of(transfer)
    ach.sent(entry)
    follow(transfer)
    ach.returned(entry, "R03")
    follow(transfer)
    assert books() == {PAYABLE: 100_000, chart.BANK_TRUST: 100_000}
    assert (state(transfer), register.get(transfer.public_id).return_code) == ("RETURNED", "R03")


def test_a_credit_comes_back_after_it_has_settled_and_that_is_undone() -> None:
    transfer = ach.made()
    entry = ach.entry_of(transfer)
    ach.sent(entry)
    ach.settled(entry)
    ach.returned(entry, "R23")
    follow(transfer)
    assert books() == {PAYABLE: 100_000, chart.BANK_TRUST: 100_000}
    # The return was late and is dishonored: the receiver has the money after all.
    follow(transfer, undone=True)
    assert books() == {PAYABLE: 54_000, chart.BANK_TRUST: 54_000}
    assert state(transfer) == "COMPLETED"


def test_what_the_balance_has_not_is_owed_when_a_return_is_undone() -> None:
    transfer = ach.made()
    entry = ach.entry_of(transfer)
    ach.sent(entry)
    ach.settled(entry)
    ach.returned(entry, "R23")
    follow(transfer)
    ach.made(ach.order(amount_minor=90_000))
    assert ach.available(PAYABLE) == 10_000
    follow(transfer, undone=True)
    assert (ach.available(PAYABLE), ach.held_by(OWED)) == (0, 36_000)


def test_a_debit_waits_in_the_reserve_and_is_released() -> None:
    transfer = ach.made(ach.debit())
    assert books() == {PAYABLE: 100_000, chart.BANK_TRUST: 100_000}, "nothing is ours before the bank has it"
    entry = ach.entry_of(transfer)
    ach.sent(entry)
    follow(transfer)
    assert books() == {
        PAYABLE: 100_000, RESERVE: 75_055, chart.ACH_CLEARING_IN: 75_055, chart.BANK_TRUST: 100_000,
    }  # fmt: skip
    ach.settled(entry, now=NOW + timedelta(days=1))
    follow(transfer, now=NOW + timedelta(days=1))
    assert books() == {PAYABLE: 100_000, RESERVE: 75_055, chart.BANK_TRUST: 175_055}

    # Tuesday 3 March; three banking days of the rail, two for a consumer's account, two for a new one: 12 March, 8:30.
    due = Booking.objects.get(entry=entry).release_at
    assert due is not None
    assert due.isoformat() == "2026-03-12T12:30:00+00:00"
    assert transfer_releases.release_due(now=due - timedelta(seconds=1)) == 0
    assert transfer_releases.release_due(now=due) == 1
    assert transfer_releases.release_due(now=due) == 0
    assert books() == {PAYABLE: 175_055, chart.BANK_TRUST: 175_055}


@pytest.mark.parametrize(("settles", "bank"), [(False, 100_000), (True, 100_000)])
def test_a_debit_comes_back_before_its_release(settles: bool, bank: int) -> None:
    transfer = ach.made(ach.debit())
    entry = ach.entry_of(transfer)
    ach.sent(entry)
    follow(transfer)
    if settles:
        ach.settled(entry)
        follow(transfer)
    ach.returned(entry)
    follow(transfer)
    assert books() == {PAYABLE: 100_000, chart.BANK_TRUST: bank}
    assert transfer_releases.release_due(now=LATER) == 0, "there is nothing to release"


def test_a_debit_comes_back_after_its_release_and_is_owed() -> None:
    """Escrow hears of it, opens the debt of 750.55 and pays it from the 1,750.55 that the seller is owed."""
    transfer = ach.made(ach.debit())
    entry = ach.entry_of(transfer)
    ach.sent(entry)
    ach.settled(entry)
    follow(transfer)
    transfer_releases.release_due(now=LATER)
    ach.returned(entry, "R10", now=LATER)
    follow(transfer, now=LATER)
    assert books() == {PAYABLE: 175_055, OWED: 75_055, chart.BANK_TRUST: 100_000}
    outbox.drain(now=LATER)
    assert books() == {PAYABLE: 100_000, chart.BANK_TRUST: 100_000}
    # It is dishonored and not contested: what had been repaid is the seller's again.
    follow(transfer, now=LATER, undone=True)
    outbox.drain(now=LATER)
    assert books() == {PAYABLE: 175_055, chart.BANK_TRUST: 175_055}


def test_a_transfer_that_is_taken_back_gives_its_money_free() -> None:
    transfer = ach.made()

    answer = transfers.cancel(
        transfer_id=transfer.public_id,
        ticket=ticket("ach_transfers.cancel"),
        livemode=False,
        actor=ach.BACKEND,
        now=NOW,
    )
    assert (answer.status, answer.body["state"], answer.body["status"]) == (200, "CANCELLED", "FAILED")
    assert (ach.available(PAYABLE), ach.entry_of(transfer).state) == (100_000, "CANCELLED")


def test_the_news_of_the_rail_are_heard() -> None:
    """By their events: a file by its page, settlements and returns by their entries; and the trial balance is zero."""
    transfer = ach.made()
    entry = ach.entry_of(transfer)
    file = ach.sent(entry)
    with transaction.atomic():
        outbox.publish(FileDelivered(file.public_id, "cut_1", file.name, "", 1, 1, 0, 46_000, "", False, NOW), now=NOW)
    outbox.drain(now=NOW)
    work.drain(now=NOW)
    assert ach.held_by(chart.ACH_CLEARING_OUT) == 46_000
    ach.settled(entry)
    with transaction.atomic():
        for _ in range(2):
            outbox.publish(EntriesSettled(file.public_id, NOW.date(), (entry.public_id,), False, NOW), now=NOW)
    outbox.drain(now=NOW)
    assert books() == {PAYABLE: 54_000, chart.BANK_TRUST: 54_000}
    ach.returned(entry, "R02")
    back = EntryReturned(
        entry.public_id, "PAYMENT", transfer.public_id, "CREDIT", 46_000, "USD", "R02", True, False, False, True, False,
        "itm_1", False, NOW,
    )  # fmt: skip
    with transaction.atomic():
        outbox.publish(back, now=NOW)
    outbox.drain(now=NOW)
    assert books() == {PAYABLE: 100_000, chart.BANK_TRUST: 100_000}
    with transaction.atomic():
        outbox.publish(
            ReturnUndone(entry.public_id, transfer.public_id, "CREDIT", 46_000, "USD", "itm_1", False, NOW), now=NOW
        )
    outbox.drain(now=NOW)
    assert books() == {PAYABLE: 54_000, chart.BANK_TRUST: 54_000}
    trail = [each.action for each in register.trail(transfer)]
    assert [each for each in trail if "ach_entry" in each] == [
        "payments.ach_entry.sent", "payments.ach_entry.settled", "payments.ach_entry.returned",
        "payments.ach_entry.undone",
    ]  # fmt: skip


def test_a_debit_funds_an_escrow_and_its_late_return_empties_it() -> None:
    """750.55 begin the escrow once their hold is over; the bank takes them back while the escrow still has them."""
    escrow = escrow_waiting()
    transfer = ach.made(ach.debit(escrow_id=escrow.public_id))
    entry = ach.entry_of(transfer)
    ach.sent(entry)
    ach.settled(entry)
    follow(transfer)
    assert transfer_releases.release_due(now=LATER) == 1
    outbox.drain(now=LATER)
    escrow.refresh_from_db()
    held = chart.escrow_held(escrow.account)
    assert (escrow.status, escrow.funding_rail, ach.held_by(held)) == ("FUNDED", "ACH", 75_055)
    ach.returned(entry, "R10", now=LATER)
    follow(transfer, now=LATER)
    outbox.drain(now=LATER)
    escrow.refresh_from_db()
    assert (escrow.status, ach.held_by(held)) == ("REFUNDED", 0)
    assert books() == {PAYABLE: 100_000, chart.BANK_TRUST: 100_000}, "the seller's own thousand is untouched"
    assert Receivable.objects.get().state == "RECOVERED"


def escrow_waiting() -> Escrow:
    backend = api.client("escrows:write")
    ach.known(ach.BUYER)
    made = backend.post("/v1/escrows", {**examples.ESCROW, "payerId": ach.BUYER, "payeeId": SELLER, "amount": 75_055})
    assert made.status_code == 201, made.content
    return Escrow.objects.get(public_id=made.json()["escrowId"])
