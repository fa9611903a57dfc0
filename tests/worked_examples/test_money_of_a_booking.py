"""The table of the product's money, with its numbers: a booking of 500.00 USD, fee 8 % = 40.00."""

import itertools
from datetime import datetime
from decimal import Decimal

import pytest

from core.money import Money
from ledger import chart
from ledger.selectors import accounts, balances, entries
from ledger.services import journal, reversals

pytestmark = pytest.mark.django_db

ESCROW = chart.escrow_held("ESC_1703123456789_ABCDEF12")
PROVIDER = chart.provider_payable("provider_456")
CUSTOMER = chart.customer_refundable("customer_123")
OWED_BY_PROVIDER = chart.returns_receivable("provider_456")
REFERENCE = "pay_1703123456789_k2n8m9p1q"


def usd(amount: str) -> Money:
    return Money(int(Decimal(amount) * 100))


class Bookkeeper:
    """Writes entries for one reference at one moment, as the services of payments and escrow do."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.numbers = itertools.count(1)

    def post(self, kind: str, *legs: journal.Leg) -> str:
        return journal.post(
            book="test",
            kind=kind,
            legs=legs,
            reference=REFERENCE,
            idempotency_key=f"{kind}:{next(self.numbers)}",
            effective_at=self.now,
            now=self.now,
        ).entry_id

    def move(self, kind: str, amount: str, *, debit: str, credit: str) -> str:
        return self.post(kind, journal.Leg.debit(debit, usd(amount)), journal.Leg.credit(credit, usd(amount)))

    def capture(self) -> str:
        """A card is captured for 500.00; the fee is 40.00; the rest is held in escrow."""
        amount = usd("500.00")
        fee = amount.share(800)
        return self.post(
            "payments.captured",
            journal.Leg.debit(chart.ACQUIRER_RECEIVABLE, amount),
            journal.Leg.credit(ESCROW, amount - fee),
            journal.Leg.credit(chart.FEES_PLATFORM, fee),
        )


def posted(account: str) -> Money:
    return balances.get("test", account).posted


def assert_trial_balance_is_zero() -> None:
    trial = accounts.list_trial("test")
    assert trial, "no account has been opened"
    for row in trial:
        assert row.debits == row.credits


@pytest.fixture
def books(now: datetime) -> Bookkeeper:
    return Bookkeeper(now)


def test_a_captured_card_puts_460_in_escrow_and_40_in_fees(books: Bookkeeper) -> None:
    books.capture()
    assert posted(chart.ACQUIRER_RECEIVABLE) == usd("500.00")
    assert posted(ESCROW) == usd("460.00")
    assert posted(chart.FEES_PLATFORM) == usd("40.00")
    assert_trial_balance_is_zero()


def test_from_card_to_the_providers_bank(books: Bookkeeper) -> None:
    books.capture()
    books.move("acquirer.settled", "500.00", debit=chart.BANK_TRUST, credit=chart.ACQUIRER_RECEIVABLE)
    assert posted(chart.ACQUIRER_RECEIVABLE) == usd("0.00")
    assert posted(chart.BANK_TRUST) == usd("500.00")

    books.move("escrow.released", "460.00", debit=ESCROW, credit=PROVIDER)
    assert posted(ESCROW) == usd("0.00")
    assert posted(PROVIDER) == usd("460.00")

    books.move("payouts.sent", "460.00", debit=PROVIDER, credit=chart.ACH_CLEARING_OUT)
    assert posted(PROVIDER) == usd("0.00")
    assert posted(chart.ACH_CLEARING_OUT) == usd("460.00")

    books.move("ach.settled", "460.00", debit=chart.ACH_CLEARING_OUT, credit=chart.BANK_TRUST)
    assert posted(chart.ACH_CLEARING_OUT) == usd("0.00")
    assert posted(chart.BANK_TRUST) == usd("40.00"), "what is left at the bank is the fee"
    assert posted(chart.FEES_PLATFORM) == usd("40.00")
    assert_trial_balance_is_zero()


def test_an_ach_credit_returned_before_it_settled_is_owed_to_the_provider_again(books: Bookkeeper) -> None:
    books.capture()
    books.move("escrow.released", "460.00", debit=ESCROW, credit=PROVIDER)
    books.move("payouts.sent", "460.00", debit=PROVIDER, credit=chart.ACH_CLEARING_OUT)
    books.move("ach.returned", "460.00", debit=chart.ACH_CLEARING_OUT, credit=PROVIDER)
    assert posted(PROVIDER) == usd("460.00")
    assert posted(chart.ACH_CLEARING_OUT) == usd("0.00")
    assert_trial_balance_is_zero()


def test_an_ach_credit_returned_after_it_settled_comes_back_to_the_bank(books: Bookkeeper) -> None:
    books.capture()
    books.move("acquirer.settled", "500.00", debit=chart.BANK_TRUST, credit=chart.ACQUIRER_RECEIVABLE)
    books.move("escrow.released", "460.00", debit=ESCROW, credit=PROVIDER)
    books.move("payouts.sent", "460.00", debit=PROVIDER, credit=chart.ACH_CLEARING_OUT)
    books.move("ach.settled", "460.00", debit=chart.ACH_CLEARING_OUT, credit=chart.BANK_TRUST)
    books.move("ach.returned", "460.00", debit=chart.BANK_TRUST, credit=PROVIDER)
    assert posted(chart.BANK_TRUST) == usd("500.00")
    assert posted(PROVIDER) == usd("460.00")
    assert_trial_balance_is_zero()


def test_an_ach_debit_returned_after_release_is_owed_by_the_party(books: Bookkeeper) -> None:
    books.move("ach.collected", "300.00", debit=chart.ACH_CLEARING_IN, credit=ESCROW)
    books.move("ach.settled", "300.00", debit=chart.BANK_TRUST, credit=chart.ACH_CLEARING_IN)
    books.move("escrow.released", "300.00", debit=ESCROW, credit=PROVIDER)
    books.move("ach.returned", "300.00", debit=OWED_BY_PROVIDER, credit=chart.BANK_TRUST)
    assert posted(OWED_BY_PROVIDER) == usd("300.00")
    assert posted(chart.BANK_TRUST) == usd("0.00")
    assert posted(PROVIDER) == usd("300.00"), "what the provider is owed does not change by itself"
    assert_trial_balance_is_zero()


def test_a_whole_refund_from_escrow_gives_back_the_fee_too(books: Bookkeeper) -> None:
    books.capture()
    books.post(
        "payments.refunded",
        journal.Leg.debit(ESCROW, usd("460.00")),
        journal.Leg.debit(chart.FEES_PLATFORM, usd("40.00")),
        journal.Leg.credit(CUSTOMER, usd("500.00")),
    )
    assert posted(CUSTOMER) == usd("500.00")
    books.move("payments.refund_sent", "500.00", debit=CUSTOMER, credit=chart.ACQUIRER_RECEIVABLE)
    for account in (ESCROW, CUSTOMER, chart.FEES_PLATFORM, chart.ACQUIRER_RECEIVABLE):
        assert posted(account) == usd("0.00")
    assert_trial_balance_is_zero()


def test_a_partial_refund_shares_the_fee_without_losing_a_cent(books: Bookkeeper) -> None:
    """125.01 of 500.00 comes back: 8 % of it, 10.00, from the fees and 115.01 from the escrow."""
    books.capture()
    refund = usd("125.01")
    fee = refund.share(800)
    assert fee == usd("10.00")
    books.post(
        "payments.refunded",
        journal.Leg.debit(ESCROW, refund - fee),
        journal.Leg.debit(chart.FEES_PLATFORM, fee),
        journal.Leg.credit(CUSTOMER, refund),
    )
    assert posted(ESCROW) == usd("344.99")
    assert posted(chart.FEES_PLATFORM) == usd("30.00")
    assert posted(CUSTOMER) == usd("125.01")
    assert_trial_balance_is_zero()


def test_a_refund_after_release_comes_out_of_what_the_provider_is_owed(books: Bookkeeper) -> None:
    books.capture()
    books.move("escrow.released", "460.00", debit=ESCROW, credit=PROVIDER)
    books.post(
        "payments.refunded",
        journal.Leg.debit(PROVIDER, usd("460.00")),
        journal.Leg.debit(chart.FEES_PLATFORM, usd("40.00")),
        journal.Leg.credit(CUSTOMER, usd("500.00")),
    )
    assert posted(PROVIDER) == usd("0.00")
    assert posted(CUSTOMER) == usd("500.00")
    assert_trial_balance_is_zero()


def test_released_money_cannot_be_refunded_from_the_escrow_again(books: Bookkeeper) -> None:
    books.capture()
    books.move("escrow.released", "460.00", debit=ESCROW, credit=PROVIDER)
    with pytest.raises(journal.AccountOverdrawn) as refused:
        books.move("payments.refunded", "0.01", debit=ESCROW, credit=CUSTOMER)
    assert refused.value.account == ESCROW


def test_a_reversal_restores_every_balance_and_both_entries_stay(books: Bookkeeper) -> None:
    entry_id = books.capture()
    reversal = reversals.reverse(
        entry_id=entry_id, reason="captured twice by the acquirer", idempotency_key="undo", now=books.now
    )
    for account in (ESCROW, chart.FEES_PLATFORM, chart.ACQUIRER_RECEIVABLE):
        assert posted(account) == usd("0.00")
    original, mirror = entries.list_for_reference(REFERENCE)
    assert (original.entry_id, original.reversed_by) == (entry_id, reversal.entry_id)
    assert (mirror.reverses, mirror.description) == (entry_id, "captured twice by the acquirer")
    assert_trial_balance_is_zero()
