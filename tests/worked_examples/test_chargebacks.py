"""A booking of 500.00, fee 40.00, net 460.00, and a card's holder who disputes it: who bears what, to the cent."""

from collections.abc import Iterator

import pytest

from ledger.selectors import accounts, balances
from payments import door
from payments.door import OpenDoor
from payments.models import Payment, Refund
from payments.services import refunds
from payments.services.refunds import RefundOrder
from tests.factories.chargebacks import charge_back, decide, move
from tests.factories.payments import BACKEND, NOW, pay, ticket

pytestmark = pytest.mark.django_db

PAYEE, PAYER = "prov_xyz789ghi012", "cus_abc123def456"
ACCOUNTS = {
    "acquirer": "acquirer_receivable",
    "fees": "fees:platform",
    "payable": f"provider_payable:{PAYEE}",
    "payee owes": f"returns_receivable:{PAYEE}",
    "payer owes": f"returns_receivable:{PAYER}",
    "refundable": f"customer_refundable:{PAYER}",
    "costs": "costs:chargebacks",
}


@pytest.fixture(autouse=True)
def _door_stands_open() -> Iterator[None]:
    installed = door.current()
    door.install(OpenDoor())
    yield
    door.install(installed)


def booked(number: str = "4242424242424242", **different: object) -> Payment:
    return Payment.objects.get(public_id=pay(number, **different).body["paymentId"])


def held(payment: Payment) -> str:
    return f"escrow_held:{payment.escrow_id}"


def release(payment: Payment, amount_minor: int) -> None:
    move(amount_minor, debit=held(payment), credit=ACCOUNTS["payable"])


def refund(payment: Payment, amount_minor: int | None = None) -> Refund:
    order = RefundOrder(payment.public_id, amount_minor, "")
    refunds.create(order, ticket=ticket("refunds.create"), livemode=False, actor=BACKEND, now=NOW)
    return Refund.objects.latest("id")


def books(payment: Payment) -> dict[str, int]:
    """What is not zero, in words. Every book balances."""
    assert [row for row in accounts.list_trial("test") if row.debits != row.credits] == []
    named = dict(ACCOUNTS)
    if payment.escrow_id:
        named["held"] = held(payment)
    found = {name: balances.get("test", account).posted.minor for name, account in named.items()}
    return {name: amount for name, amount in found.items() if amount}


def gone(payment: Payment) -> tuple[int, int, int]:
    """Refunded, disputed, and what may still go back."""
    payment.refresh_from_db()
    return payment.refunded_minor, payment.disputed_minor, payment.refundable_minor


def test_before_release_the_escrow_and_the_fees_bear_it() -> None:
    payment = booked()
    chargeback = charge_back(payment)
    assert (chargeback.fee_minor, chargeback.held_minor, chargeback.late_minor) == (4_000, 46_000, 0)
    assert books(payment) == {}
    assert gone(payment) == (0, 50_000, 0)


def test_after_release_the_payee_owes_the_net() -> None:
    payment = booked()
    release(payment, 46_000)
    chargeback = charge_back(payment)
    assert (chargeback.fee_minor, chargeback.held_minor, chargeback.late_minor) == (4_000, 0, 46_000)
    assert books(payment) == {"payable": 46_000, "payee owes": 46_000}


def test_after_half_was_released_half_is_taken_and_half_is_owed() -> None:
    payment = booked()
    release(payment, 23_000)
    chargeback = charge_back(payment)
    assert (chargeback.held_minor, chargeback.late_minor) == (23_000, 23_000)
    assert books(payment) == {"payable": 23_000, "payee owes": 23_000}


def test_after_a_partial_refund_what_had_gone_back_is_owed_by_the_payer() -> None:
    """200.00 were refunded; the network takes 500.00 all the same: 300.00 were the payer's, 200.00 are too many."""
    payment = booked()
    refund(payment, 20_000)
    chargeback = charge_back(payment)
    assert (chargeback.fee_minor, chargeback.held_minor, chargeback.beyond_minor) == (2_400, 27_600, 20_000)
    assert books(payment) == {"acquirer": -20_000, "payer owes": 20_000}
    assert gone(payment) == (20_000, 30_000, 0)


def test_of_a_sale_that_was_refunded_nothing_is_taken_from_the_payee() -> None:
    payment = booked()
    refund(payment)
    chargeback = charge_back(payment)
    assert (chargeback.disputed_minor, chargeback.beyond_minor) == (0, 50_000)
    assert books(payment) == {"acquirer": -50_000, "payer owes": 50_000}
    decide(chargeback, "WON")
    assert books(payment) == {}


def test_a_chargeback_of_a_part_leaves_the_rest_to_be_refunded() -> None:
    """200.00 disputed (16.00 of it fee), the remaining 300.00 refunded (24.00 of it fee): nothing is left."""
    payment = booked()
    chargeback = charge_back(payment, 20_000)
    assert (chargeback.fee_minor, chargeback.held_minor) == (1_600, 18_400)
    assert gone(payment) == (0, 20_000, 30_000)
    assert refund(payment).fee_minor == 2_400
    assert books(payment) == {}
    assert gone(payment) == (30_000, 20_000, 0)


def test_won_before_release_everything_is_where_it_was() -> None:
    payment = booked()
    decide(charge_back(payment), "WON")
    assert books(payment) == {"acquirer": 50_000, "held": 46_000, "fees": 4_000}
    assert gone(payment) == (0, 0, 50_000)


def test_won_after_release_the_payee_owes_nothing_any_more() -> None:
    payment = booked()
    release(payment, 46_000)
    decide(charge_back(payment), "WON")
    assert books(payment) == {"acquirer": 50_000, "payable": 46_000, "fees": 4_000}


def test_what_the_payee_has_paid_back_meanwhile_is_owed_to_it_when_it_is_won() -> None:
    """160.00 of the 460.00 were kept back from a payout: they are the payee's again."""
    payment = booked()
    release(payment, 46_000)
    chargeback = charge_back(payment)
    move(16_000, debit=ACCOUNTS["payable"], credit=ACCOUNTS["payee owes"])
    assert books(payment) == {"payable": 30_000, "payee owes": 30_000}
    decide(chargeback, "WON")
    assert books(payment) == {"acquirer": 50_000, "payable": 46_000, "fees": 4_000}


@pytest.mark.parametrize("outcome", ["LOST", "ACCEPTED"])
def test_lost_or_accepted_nothing_moves_any_more(outcome: str) -> None:
    payment = booked()
    release(payment, 46_000)
    chargeback = charge_back(payment)
    before = books(payment)
    decide(chargeback, outcome)
    assert books(payment) == before
    assert gone(payment) == (0, 50_000, 0)


def test_without_an_escrow_it_comes_out_of_what_the_provider_is_owed_as_far_as_that_goes() -> None:
    """460.00 on the provider's balance, 400.00 of it paid out: 60.00 are taken, 400.00 are owed."""
    payment = booked(booking_id="")
    move(40_000, debit=ACCOUNTS["payable"], credit="ach_clearing:out")
    chargeback = charge_back(payment)
    assert (chargeback.held_minor, chargeback.late_minor) == (6_000, 40_000)
    assert books(payment) == {"payee owes": 40_000}
    decide(chargeback, "WON")
    assert books(payment) == {"acquirer": 50_000, "payable": 6_000, "fees": 4_000}


def test_a_deposit_without_a_provider_is_the_customers_own() -> None:
    payment = booked(booking_id="", provider_id=None)
    chargeback = charge_back(payment)
    assert chargeback.held_minor == 46_000
    assert books(payment) == {}
    decide(chargeback, "WON")
    assert books(payment) == {"acquirer": 50_000, "refundable": 46_000, "fees": 4_000}


def test_a_fee_that_is_not_there_any_more_is_a_cost() -> None:
    """Treasury has moved its earnings away; the network does not wait for it."""
    payment = booked()
    move(4_000, debit="fees:platform", credit="bank:operating")
    chargeback = charge_back(payment)
    assert books(payment) == {"costs": 4_000}
    decide(chargeback, "WON")
    assert books(payment) == {"acquirer": 50_000, "held": 46_000}


def test_a_chargeback_pays_for_the_refund_that_the_network_had_refused() -> None:
    """The refund of 500.00 was refused and lies there for the customer; then the customer's bank takes 500.00."""
    payment = booked("4000000000006124")
    stranded = refund(payment)
    assert books(payment) == {"acquirer": 50_000, "refundable": 50_000}
    chargeback = charge_back(payment)
    assert books(payment) == {}
    stranded.refresh_from_db()
    assert (stranded.stranded, stranded.chargeback_id) == (False, chargeback.pk)

    decide(chargeback, "WON")
    stranded.refresh_from_db()
    assert (stranded.stranded, stranded.chargeback_id) == (True, None)
    assert books(payment) == {"acquirer": 50_000, "refundable": 50_000}


def test_disputed_again_after_it_was_won() -> None:
    payment = booked()
    decide(charge_back(payment, 20_000), "WON")
    chargeback = charge_back(payment, 50_000)
    assert (chargeback.held_minor, chargeback.beyond_minor) == (46_000, 0)
    assert books(payment) == {}
