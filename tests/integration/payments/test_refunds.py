"""Money back, in numbers: what leaves the escrow, what leaves the fee, what the customer gets."""

import pytest

from core.money import Money
from core.work import services as work
from ledger.selectors import balances
from ledger.services import journal
from ledger.services.journal import Leg
from payments.answers import Answer
from payments.models import Payment, Refund, SandboxRefund
from payments.services import refunds
from payments.services.refunds import RefundOrder
from tests.factories.chargebacks import charge_back
from tests.factories.payments import BACKEND, NOW, pay, ticket

pytestmark = pytest.mark.django_db


def refund(payment_id: str, amount: int | None = None, key: str = "") -> Answer:
    order = RefundOrder(payment_id, amount, "not as described")
    return refunds.create(
        order, ticket=ticket("refunds.create", key=key, body=str(amount)), livemode=False, actor=BACKEND, now=NOW
    )


def posted(account: str) -> int:
    return balances.get("test", account).posted.minor


def test_a_fifth_of_five_hundred_dollars() -> None:
    """100.00 of 500.00: 8.00 from the fee, 92.00 from the escrow."""
    payment = Payment.objects.get(public_id=pay().body["paymentId"])
    answer = refund(payment.public_id, 10_000)

    assert (answer.status, answer.body["status"]) == (201, "COMPLETED")
    assert (answer.body["feesReversed"], answer.body["netReversed"]) == (800, 9_200)
    assert answer.body["amountRefunded"] == 10_000
    assert posted(f"escrow_held:{payment.escrow_id}") == 36_800
    assert posted("fees:platform") == 3_200
    assert posted("customer_refundable:cus_abc123def456") == 0
    assert posted("acquirer_receivable") == 40_000
    payment.refresh_from_db()
    assert (payment.status, payment.refunded_minor, payment.refunded_fee_minor) == ("COMPLETED", 10_000, 800)


def test_refunds_in_parts_end_at_zero_everywhere() -> None:
    payment = Payment.objects.get(public_id=pay(amount_minor=9_999).body["paymentId"])
    for amount in (3_333, 1, 3_332, None):
        assert refund(payment.public_id, amount).status == 201
    for account in (f"escrow_held:{payment.escrow_id}", "fees:platform", "acquirer_receivable"):
        assert posted(account) == 0
    with pytest.raises(refunds.RefundExceedsRefundable):
        refund(payment.public_id)


def test_more_than_is_left_is_refused() -> None:
    payment_id = pay().body["paymentId"]
    refund(payment_id, 30_000)
    with pytest.raises(refunds.RefundExceedsRefundable) as refused:
        refund(payment_id, 20_001)
    assert refused.value.fields == {"refundable": 20_000}


def test_the_same_key_refunds_once() -> None:
    payment_id = pay().body["paymentId"]
    first, second = refund(payment_id, 10_000, key="r1"), refund(payment_id, 10_000, key="r1")
    assert (second.replayed, second.body) == (True, first.body)
    assert SandboxRefund.objects.count() == Refund.objects.count() == 1


def test_only_captured_money_is_refunded() -> None:
    for answer in (pay("4000000000000002"), pay(amount_minor=100_000)):
        with pytest.raises(refunds.PaymentNotRefundable):
            refund(answer.body["paymentId"])


def test_what_is_disputed_is_not_refundable() -> None:
    payment_id = pay().body["paymentId"]
    charge_back(Payment.objects.get(public_id=payment_id), 45_000)
    with pytest.raises(refunds.RefundExceedsRefundable):
        refund(payment_id, 5_001)
    assert refund(payment_id).body["amount"] == 5_000


def test_money_that_was_passed_on_is_not_refunded() -> None:
    """The escrow was released: the ledger refuses to take from it what it no longer holds."""
    payment = Payment.objects.get(public_id=pay().body["paymentId"])
    journal.post(
        book="test",
        kind="escrow.released",
        legs=[
            Leg.debit(f"escrow_held:{payment.escrow_id}", Money(46_000)),
            Leg.credit("provider_payable:prov_xyz789ghi012", Money(46_000)),
        ],
        reference="release",
        idempotency_key="release",
        effective_at=NOW,
        now=NOW,
    )
    with pytest.raises(refunds.RefundMoneyIsGone):
        refund(payment.public_id, 100)


def test_a_refund_the_network_refuses_puts_everything_back_where_no_escrow_held_it() -> None:
    payment = Payment.objects.get(public_id=pay("4000000000006090", booking_id="").body["paymentId"])
    answer = refund(payment.public_id, 10_000, key="refused")
    assert (answer.status, answer.body["code"], answer.body["stranded"]) == (402, "REFUND_DECLINED", False)
    assert posted("provider_payable:prov_xyz789ghi012") == 46_000
    assert posted("fees:platform") == 4_000
    payment.refresh_from_db()
    assert (payment.refunded_minor, payment.refundable_minor) == (0, 50_000)
    assert refund(payment.public_id, 10_000, key="refused").body == answer.body


def test_a_deposit_without_a_provider_is_refunded_from_the_customers_own_balance() -> None:
    payment = Payment.objects.get(public_id=pay(provider_id=None, booking_id="").body["paymentId"])
    assert posted("customer_refundable:cus_abc123def456") == 46_000
    assert refund(payment.public_id).status == 201
    for account in ("customer_refundable:cus_abc123def456", "fees:platform", "acquirer_receivable"):
        assert posted(account) == 0


def test_a_refund_left_half_way_is_finished_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """The process dies after the money was set aside: the completer pays it out once."""
    payment_id = pay().body["paymentId"]

    class Dies(BaseException):
        pass

    def die(name: str) -> None:
        if name == "refunds.accepted":
            raise Dies

    with monkeypatch.context() as patched, pytest.raises(Dies):
        patched.setattr("payments.services.refunds.failpoints.reach", die)
        refund(payment_id, 10_000)
    assert Refund.objects.get().status == "PENDING"
    from datetime import timedelta

    from payments.services import completion

    later = NOW + timedelta(seconds=61)
    completion.order_stalled(now=later)
    work.drain(now=later)
    assert Refund.objects.get().status == "COMPLETED"
    assert SandboxRefund.objects.count() == 1
    assert posted("acquirer_receivable") == 40_000
