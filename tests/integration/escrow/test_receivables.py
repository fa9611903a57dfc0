"""Debts of parties: in any order of news the rows are what the ledger says, and nothing is paid twice."""

import itertools

import hypothesis.strategies as st
import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings

from core.outbox import services as outbox
from core.parameters import services as parameters
from escrow.models import Dispute, Escrow, Receivable, Recovery
from escrow.services import funding, late_losses, receivables, releases, reserves
from ledger.selectors import accounts, balances
from payments.events import ChargebackOpened
from payments.models import Chargeback, Payment
from payments.services import chargeback_records as records
from payments.services import refunds
from payments.services.refunds import RefundOrder
from tests.factories import escrows
from tests.factories.chargebacks import charge_back, decide, move
from tests.factories.escrows import BACKEND, later
from tests.factories.payments import NOW, pay, ticket

pytestmark = pytest.mark.django_db

PAYEE = "prov_xyz789ghi012"
PAYABLE = f"provider_payable:{PAYEE}"
WEEK = later(24 * 9)


_buyers = itertools.count(1)


def booked() -> tuple[Payment, Escrow]:
    """Each by a buyer of its own with a card of their own: nothing of it is suspicious."""
    number = next(_buyers)
    body = pay(luhn(f"45392{number:010}"), booking_id=f"book_{number}", customer_id=f"cus_{number:08}").body
    payment = Payment.objects.get(public_id=body["paymentId"])
    funding.attach(payment_id=payment.public_id, now=NOW)
    return payment, Escrow.objects.get(payment=payment)


def luhn(digits: str) -> str:
    total = sum(sum(divmod(int(digit) * (2 - at % 2), 10)) for at, digit in enumerate(reversed(digits)))
    return f"{digits}{-total % 10}"


def release(escrow: Escrow) -> None:
    escrows.meet(escrow, "service_completed", now=later(1))
    releases.release(escrow_id=escrow.public_id, livemode=False, actor=BACKEND, now=escrow.available_at)


def rows_are_the_ledger() -> int:
    owed = sum(debt.outstanding_minor for debt in Receivable.objects.all())
    assert owed == balances.get("test", f"returns_receivable:{PAYEE}").posted.minor
    assert [row for row in accounts.list_trial("test") if row.debits != row.credits] == []
    return owed


def test_of_a_chargeback_that_was_won_before_anybody_heard_nothing_is_noted() -> None:
    payment, escrow = booked()
    release(escrow)
    chargeback = charge_back(payment, now=WEEK)
    decide(chargeback, "WON", now=WEEK)
    outbox.drain(now=WEEK)
    assert not Receivable.objects.exists()
    assert not Dispute.objects.exists()


def test_hearing_it_twice_is_one_debt() -> None:
    payment, escrow = booked()
    release(escrow)
    move(46_000, debit=f"provider_payable:{PAYEE}", credit="bank:trust")
    chargeback = charge_back(payment, now=WEEK)
    for _ in range(2):
        late_losses.note(opened(chargeback), now=WEEK)
    assert Receivable.objects.get().amount_minor == rows_are_the_ledger() == 46_000


def test_what_was_refunded_and_charged_back_is_owed_by_the_payer() -> None:
    """500.00 refunded, then charged back: the payer has it twice and owes it once."""
    payment, _ = booked()
    order = RefundOrder(payment.public_id, None, "")
    refunds.create(order, ticket=ticket("refunds.create"), livemode=False, actor=BACKEND, now=NOW)
    charge_back(payment, now=WEEK)
    outbox.drain(now=WEEK)
    debt = Receivable.objects.get()
    assert (debt.party.party_id, debt.amount_minor) == (payment.customer.party_id, 50_000)


def test_a_sweep_finds_what_came_without_an_event() -> None:
    payment, escrow = booked()
    release(escrow)
    move(46_000, debit=f"provider_payable:{PAYEE}", credit="bank:trust")
    charge_back(payment, now=WEEK)
    outbox.drain(now=WEEK)
    move(10_000, debit="bank:trust", credit=f"provider_payable:{PAYEE}")
    assert receivables.recover_all(now=WEEK) == 10_000
    assert receivables.recover_all(now=WEEK) == 0
    assert rows_are_the_ledger() == 36_000


def test_a_reserve_is_not_kept_of_what_is_gone() -> None:
    parameters.change(
        name="escrow.reserve_basis_points", value=10_000, effective_from=NOW, reason="all", actor=BACKEND, now=NOW
    )
    _, escrow = booked()
    release(escrow)
    move(46_000, debit=f"provider_payable:{PAYEE}", credit="bank:trust")
    outbox.drain(now=later(72))
    assert balances.get("test", f"reserve:{PAYEE}").posted.minor == 0
    kept = reserves.keep(
        escrow_id=escrow.public_id, transaction_id="txn_1", amount_minor=46_000, livemode=False, now=later(72)
    )
    assert kept is None


def opened(chargeback: Chargeback) -> ChargebackOpened:
    return records.opened(chargeback)


STEPS = st.lists(st.sampled_from(["charge back", "win", "lose", "earn", "hear", "pay out"]), min_size=1, max_size=9)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_whatever_happens_in_whatever_order_the_rows_are_the_ledger(steps: list[str]) -> None:
    """Chargebacks, wins, earnings and payouts of one seller; news are heard now or much later, in their order."""
    before = transaction.savepoint()  # bare: no gateway may be asked inside a transaction of ours
    try:
        live_through(steps)
        outbox.drain(now=WEEK)
        receivables.recover_all(now=WEEK)
        owed = rows_are_the_ledger()
        there = balances.get("test", PAYABLE).available.minor
        assert not (owed and there), "who owes something is owed nothing"
        for debt in Receivable.objects.all():
            paid = Recovery.objects.filter(receivable=debt).values_list("amount_minor", flat=True)
            assert sum(paid) == debt.recovered_minor
    finally:
        transaction.savepoint_rollback(before)


def live_through(steps: list[str]) -> None:
    for step in steps:
        there = balances.get("test", PAYABLE).available.minor
        undecided = Chargeback.objects.filter(state="OPEN").first()
        if step == "charge back":
            payment, escrow = booked()
            release(escrow)
            charge_back(payment, now=WEEK, reason_code="13.1")
        elif step in ("win", "lose") and undecided:
            decide(undecided, "WON" if step == "win" else "LOST", now=WEEK)
        elif step == "earn":
            move(17_300, debit="bank:trust", credit=PAYABLE)
        elif step == "pay out" and there:
            move(there, debit=PAYABLE, credit="bank:trust")
        elif step == "hear":
            outbox.drain(now=WEEK)
