"""Any order of refunds, chargebacks, releases, repayments and wins against a model in a few lines of arithmetic.

After every step: each account holds what the model says, the books balance, and what was given to the payer (refunds
the network took, chargebacks it keeps) less what the payer owes is no more than the payment took.
"""

import itertools
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from core.work import services as work
from ledger.selectors import accounts, balances
from payments.models import Chargeback, Payment, Refund, SandboxCharge, SandboxRefund
from payments.services import refunds
from payments.services.refunds import RefundOrder
from tests.factories.chargebacks import charge_back, decide, move
from tests.factories.payments import BACKEND, NOW, forget_payments, pay, ticket

pytestmark = pytest.mark.django_db

# The memory of fraud decisions is not rolled back with an example: everybody pays once.
numbers = itertools.count(1)

STEPS = st.lists(
    st.tuples(
        st.sampled_from(["refund", "refuse", "retry", "dispute", "win", "lose", "release", "repay"]),
        st.integers(1, 100),
    ),
    min_size=1,
    max_size=10,
)


class Model:
    """What should be where, from what was done. Fee parts are taken from the rows: their rule has its own tests."""

    def __init__(self, payment: Payment, *, in_escrow: bool) -> None:
        self.payment, self.in_escrow = payment, in_escrow
        payer, payee = payment.customer.party_id, payment.provider.party_id  # type: ignore[union-attr]
        self.payable, self.refundable = f"provider_payable:{payee}", f"customer_refundable:{payer}"
        self.owed_by_payee, self.owed_by_payer = f"returns_receivable:{payee}", f"returns_receivable:{payer}"
        self.source = f"escrow_held:{payment.escrow_id}" if in_escrow else self.payable
        self.cash, self.fees, self.held = payment.amount_minor, payment.fee_minor, payment.net_minor
        self.released = self.payee_owes = self.payer_owes = 0

    def expected(self) -> dict[str, int]:
        stranded = sum(Refund.objects.filter(stranded=True).values_list("amount_minor", flat=True))
        found = {
            "acquirer_receivable": self.cash,
            "fees:platform": self.fees,
            self.owed_by_payee: self.payee_owes,
            self.owed_by_payer: self.payer_owes,
            self.refundable: stranded,
            self.payable: self.released + (0 if self.in_escrow else self.held),
        }
        return found | ({self.source: self.held} if self.in_escrow else {})

    def refund(self, share: int, *, refused: bool) -> None:
        SandboxCharge.objects.update(behaviour="REFUND_REFUSED" if refused else "APPROVE")
        self.payment.refresh_from_db()
        amount = max(1, self.payment.refundable_minor * share // 100)
        order = RefundOrder(self.payment.public_id, amount, "")
        try:
            refunds.create(order, ticket=ticket("refunds.create"), livemode=False, actor=BACKEND, now=NOW)
        except (refunds.RefundExceedsRefundable, refunds.RefundMoneyIsGone):
            return
        refund = Refund.objects.latest("id")
        if refund.status == "COMPLETED":
            self.cash -= refund.amount_minor
        elif refund.chargeback_id:
            self.payer_owes -= refund.amount_minor
        elif not refund.stranded:
            return
        self.fees -= refund.fee_minor
        self.held -= refund.net_minor

    def retry(self) -> None:
        SandboxCharge.objects.update(behaviour="APPROVE")
        for refund in Refund.objects.filter(stranded=True).order_by("id"):
            try:
                refunds.retry_stranded(refund_id=refund.public_id, livemode=False, actor=BACKEND, now=NOW)
            except refunds.RefundBehindChargeback:
                continue
            work.drain(now=NOW)
            refund.refresh_from_db()
            if refund.status == "COMPLETED":
                self.cash -= refund.amount_minor

    def dispute(self, share: int) -> None:
        if Chargeback.objects.filter(state="OPEN").exists():
            return
        row = charge_back(self.payment, max(1, self.payment.amount_minor * share // 100))
        replaced = sum(row.refunds_replaced.values_list("amount_minor", flat=True))
        net = row.held_minor + row.late_minor
        there = self.held + (0 if self.in_escrow else self.released)
        assert row.held_minor == min(net, there), "what is there is taken first"
        self.cash -= row.amount_minor
        self.fees -= row.fee_minor
        self.held -= row.held_minor
        self.payee_owes += row.late_minor
        self.payer_owes += row.beyond_minor - replaced

    def close(self, outcome: str) -> None:
        row = Chargeback.objects.filter(state="OPEN").first()
        if row is None:
            return
        replaced = sum(row.refunds_replaced.values_list("amount_minor", flat=True))
        decide(row, outcome)
        if outcome == "LOST":
            return
        late = min(row.late_minor, self.payee_owes)
        self.cash += row.amount_minor
        self.fees += row.fee_minor
        self.held += row.held_minor
        self.payee_owes -= late
        self.released += row.late_minor - late
        self.payer_owes -= row.beyond_minor - replaced

    def release(self, share: int) -> None:
        """Out of the escrow to the payee, or out of the payee's balance to its bank."""
        amount = self.held * share // 100
        if amount <= 0:
            return
        move(amount, debit=self.source, credit=self.payable if self.in_escrow else "ach_clearing:out")
        self.held -= amount
        self.released += amount if self.in_escrow else 0

    def repay(self, share: int) -> None:
        """The payee pays back some of what it owes."""
        amount = min(self.payee_owes, self.released) * share // 100
        if amount <= 0:
            return
        move(amount, debit=self.payable, credit=self.owed_by_payee)
        self.payee_owes -= amount
        self.released -= amount

    def do(self, step: str, share: int) -> None:
        acts: dict[str, Any] = {
            "refund": lambda: self.refund(share, refused=False),
            "refuse": lambda: self.refund(share, refused=True),
            "retry": self.retry,
            "dispute": lambda: self.dispute(share),
            "win": lambda: self.close("WON"),
            "lose": lambda: self.close("LOST"),
            "release": lambda: self.release(share),
            "repay": lambda: self.repay(share),
        }
        acts[step]()


def booked(amount: int, *, in_escrow: bool) -> Payment:
    number = next(numbers)
    forget_payments()
    answer = pay(
        amount_minor=amount,
        customer_id=f"cus_{number}",
        provider_id=f"prov_{number}",
        booking_id="book_1" if in_escrow else "",
    )
    assert answer.body["status"] == "COMPLETED"
    return Payment.objects.get(public_id=answer.body["paymentId"])


def given_to_the_payer() -> int:
    refunded = sum(SandboxRefund.objects.filter(accepted=True).values_list("amount_minor", flat=True))
    return refunded + sum(Chargeback.objects.exclude(state="WON").values_list("amount_minor", flat=True))


def check(model: Model) -> None:
    wanted = model.expected()
    assert {account: balances.get("test", account).posted.minor for account in wanted} == wanted
    assert [row for row in accounts.list_trial("test") if row.debits != row.credits] == []
    assert given_to_the_payer() - model.payer_owes <= model.payment.amount_minor
    assert model.payer_owes >= 0
    model.payment.refresh_from_db()
    assert model.payment.refunded_minor + model.payment.disputed_minor <= model.payment.amount_minor


@pytest.mark.parametrize("in_escrow", [True, False], ids=["escrow", "provider"])
@settings(
    max_examples=12,
    deadline=None,
    phases=[Phase.explicit, Phase.generate, Phase.shrink],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps=STEPS, amount=st.integers(100, 74_999))
def test_in_any_order_every_account_ends_where_the_model_says(
    in_escrow: bool, steps: list[tuple[str, int]], amount: int
) -> None:
    # A bare savepoint: no gateway may be asked inside a transaction of ours.
    before = transaction.savepoint()
    try:
        model = Model(booked(amount, in_escrow=in_escrow), in_escrow=in_escrow)
        check(model)
        for step, share in steps:
            model.do(step, share)
            check(model)
    finally:
        transaction.savepoint_rollback(before)
