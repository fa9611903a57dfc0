"""A debit that comes back as unauthorised is a label: of the transfer, from the file's own word, once."""

from datetime import timedelta

import pytest

from ach.services import returns
from core.outbox import services as outbox
from core.parameters import services as parameters
from fraud.models import Label
from payments.models import Transfer
from payments.services import transfer_bookings
from tests.factories import ach_inbound
from tests.factories import ach_transfers as ach
from tests.factories.payments import NOW
from tests.factories.rules import ANALYST

pytestmark = pytest.mark.django_db

BACK = NOW + timedelta(days=40)


def settled(*, credit: bool = False) -> Transfer:
    """750.55 from the buyer, or 460.00 to the seller, on their accounts for forty days."""
    ach.balance()
    transfer = ach.made(ach.order() if credit else ach.debit())
    entry = ach.entry_of(transfer)
    ach.sent(entry)
    ach.settled(entry)
    transfer_bookings.follow([entry.public_id], now=NOW)
    return transfer


def comes_back(transfer: Transfer, code: str) -> str:
    """Returns the id of what the bank's file said."""
    item = ach_inbound.item(ach.entry_of(transfer), code)
    returns.apply(item, ach.entry_of(transfer), now=BACK)
    outbox.drain(now=BACK)
    return item.public_id


def test_a_debit_nobody_had_authorised_is_fraud_for_certain_and_told_once() -> None:
    transfer = settled()
    item_id = comes_back(transfer, "R10")
    outbox.drain(now=BACK + timedelta(hours=1))
    label = Label.objects.get()
    assert (label.payment_id, label.is_fraud, label.strength, label.source) == (
        transfer.public_id, True, 100, "ACH_RETURN",
    )  # fmt: skip
    assert (label.payer_id, label.payee_id, label.amount_minor) == (ach.BUYER, ach.SELLER, 75_055)
    assert (label.event_at, label.known_at, label.reference) == (NOW, BACK, item_id)


@pytest.mark.parametrize("code", ["R01", "R11"])
def test_want_of_funds_and_a_wrong_amount_are_no_fraud(code: str) -> None:
    """R11 counts toward the rate of unauthorized returns, and says that there was an authorization."""
    comes_back(settled(), code)
    assert not Label.objects.exists()


def test_a_credit_that_comes_back_says_nothing_of_who_is_paid() -> None:
    comes_back(settled(credit=True), "R10")
    assert not Label.objects.exists()


def test_which_codes_speak_of_fraud_is_a_dated_list() -> None:
    parameters.change(
        name="fraud.label_return_codes", value="R11", effective_from=NOW, reason="a scheme", actor=ANALYST, now=NOW
    )
    comes_back(settled(), "R11")
    assert Label.objects.get().is_fraud
