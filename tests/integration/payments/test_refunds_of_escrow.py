"""Refunds that escrow orders, and refunds of escrowed money that the network refuses: 500.00, fee 40.00, net 460.00."""

from datetime import timedelta

import pytest
from django.db import transaction

from core.outbox import services as outbox
from core.work import services as work
from ledger.selectors import accounts, balances
from ops.models import Incident
from payments import door
from payments.models import Payment, Refund, SandboxRefund
from payments.selectors import payments as register
from payments.services import refunds
from payments.services.refunds import RefundOrder
from tests.factories.doors import EscrowIsDisputed, RecordedDoor
from tests.factories.payments import BACKEND, NOW, pay, ticket

pytestmark = pytest.mark.django_db

REFUSED, REFUSED_ONCE = "4000000000006090", "4000000000006124"
CUSTOMER = "customer_refundable:cus_abc123def456"


def paid(number: str = "4242424242424242") -> Payment:
    return Payment.objects.get(public_id=pay(number).body["paymentId"])


def order(payment: Payment, net_minor: int, reference: str) -> Refund:
    with transaction.atomic():
        locked = register.lock(payment.public_id)
        return refunds.accept_for_escrow(
            payment=locked, net_minor=net_minor, reference=reference, reason="part 1 refunded", actor=BACKEND, now=NOW
        )


def posted(account: str) -> int:
    return balances.get("test", account).posted.minor


def assert_books_balance() -> None:
    assert [row for row in accounts.list_trial("test") if row.debits != row.credits] == []


def retry(refund: Refund) -> Refund:
    return refunds.retry_stranded(refund_id=refund.public_id, livemode=False, actor=BACKEND, now=NOW)


def test_half_of_the_escrow_is_half_of_the_payment() -> None:
    """230.00 leaves the escrow, 20.00 the fees; 250.00 goes to the card when the worker comes."""
    payment = paid()
    refund = order(payment, 23_000, "ESC_1:part:1")
    assert (refund.status, refund.amount_minor, refund.fee_minor) == ("PENDING", 25_000, 2_000)
    assert (posted(f"escrow_held:{payment.escrow_id}"), posted(CUSTOMER)) == (23_000, 25_000)
    assert SandboxRefund.objects.count() == 0

    work.drain(now=NOW)
    refund.refresh_from_db()
    assert refund.status == "COMPLETED"
    assert (posted(CUSTOMER), posted("fees:platform"), posted("acquirer_receivable")) == (0, 2_000, 25_000)
    assert_books_balance()


def test_parts_of_a_net_that_does_not_divide_end_at_zero_everywhere() -> None:
    """33.33 at 8 %: fee 2.67, net 30.66, refunded in three parts of the net and one by amount."""
    payment = Payment.objects.get(public_id=pay(amount_minor=3_333).body["paymentId"])
    for number, net in enumerate((1_022, 1, 1_021)):
        order(payment, net, f"part:{number}")
    refunds.create(
        RefundOrder(payment.public_id, None, ""),
        ticket=ticket("refunds.create"),
        livemode=False,
        actor=BACKEND,
        now=NOW,
    )
    work.drain(now=NOW)
    for account in (f"escrow_held:{payment.escrow_id}", "fees:platform", "acquirer_receivable", CUSTOMER):
        assert posted(account) == 0
    assert Refund.objects.filter(status="COMPLETED").count() == 4


def test_the_same_reference_is_the_same_refund_and_another_amount_under_it_is_refused() -> None:
    payment = paid()
    first = order(payment, 10_000, "ESC_1:part:1")
    assert order(payment, 10_000, "ESC_1:part:1").pk == first.pk
    assert posted(f"escrow_held:{payment.escrow_id}") == 36_000
    with pytest.raises(refunds.RefundOrderedOtherwise):
        order(payment, 10_001, "ESC_1:part:1")


def test_more_net_than_is_left_is_refused() -> None:
    payment = paid()
    order(payment, 40_000, "one")
    for net in (6_001, 0):
        with pytest.raises(refunds.RefundExceedsRefundable):
            order(payment, net, f"two:{net}")


def test_escrow_is_told_of_a_direct_refund_and_may_refuse_it() -> None:
    payment, told = paid(), RecordedDoor()
    door.install(told)
    wanted = RefundOrder(payment.public_id, 10_000, "")
    refunds.create(wanted, ticket=ticket("refunds.create"), livemode=False, actor=BACKEND, now=NOW)
    assert told.asked == [("give_back", 9_200, Refund.objects.get().public_id)]

    door.install(RecordedDoor(refuses=True))
    with pytest.raises(EscrowIsDisputed):
        refunds.create(wanted, ticket=ticket("refunds.create"), livemode=False, actor=BACKEND, now=NOW)
    assert posted(f"escrow_held:{payment.escrow_id}") == 36_800, "nothing of it stays"
    assert Payment.objects.get().refunded_minor == 10_000


def test_escrow_is_not_asked_about_its_own_order() -> None:
    payment, told = paid(), RecordedDoor()
    door.install(told)
    order(payment, 10_000, "one")
    work.drain(now=NOW)
    assert told.asked == []


@pytest.mark.parametrize("ordered", [True, False])
def test_a_refund_the_network_refuses_is_stranded_and_somebody_is_called(ordered: bool) -> None:
    """One rule for both: the part of the escrow has ended, so the money stays the customer's."""
    payment = paid(REFUSED)
    if ordered:
        order(payment, 46_000, "all")
        work.drain(now=NOW)
    else:
        wanted = RefundOrder(payment.public_id, None, "")
        answer = refunds.create(wanted, ticket=ticket("refunds.create"), livemode=False, actor=BACKEND, now=NOW)
        assert (answer.status, answer.body["stranded"]) == (402, True)
    refund = Refund.objects.get()
    assert (refund.status, refund.stranded) == ("FAILED", True)
    assert (posted(f"escrow_held:{payment.escrow_id}"), posted("fees:platform"), posted(CUSTOMER)) == (0, 0, 50_000)
    payment.refresh_from_db()
    assert (payment.refunded_minor, payment.refundable_minor) == (50_000, 0)

    outbox.drain(now=NOW)
    incident = Incident.objects.get(alarm="payments.refund_stranded")
    assert (incident.severity, incident.subject) == ("P2", refund.public_id)
    assert incident.url == f"/admin/payments/{payment.public_id}/"
    assert_books_balance()


def test_a_stranded_refund_is_sent_again_under_another_reference() -> None:
    payment = paid(REFUSED_ONCE)
    order(payment, 46_000, "all")
    work.drain(now=NOW)
    refund = Refund.objects.get()
    retry(refund)
    retry(refund)
    work.drain(now=NOW)
    refund.refresh_from_db()
    assert (refund.status, refund.stranded, refund.tries) == ("COMPLETED", False, 2)
    sent = [refund.public_id, f"{refund.public_id}_2"]
    assert list(SandboxRefund.objects.order_by("id").values_list("reference", flat=True)) == sent
    assert (posted(CUSTOMER), posted("acquirer_receivable")) == (0, 0)
    retry(refund)
    work.drain(now=NOW)
    assert SandboxRefund.objects.count() == 2, "what is paid is not sent again"
    assert_books_balance()


def test_the_answer_of_a_direct_refund_stays_what_it_was_when_a_later_try_succeeds() -> None:
    payment, key = paid(REFUSED_ONCE), ticket("refunds.create", key="once")
    wanted = RefundOrder(payment.public_id, 10_000, "")
    first = refunds.create(wanted, ticket=key, livemode=False, actor=BACKEND, now=NOW)
    retry(Refund.objects.get())
    work.drain(now=NOW)
    assert Refund.objects.get().status == "COMPLETED"
    again = refunds.create(wanted, ticket=key, livemode=False, actor=BACKEND, now=NOW)
    assert (again.replayed, again.body) == (True, first.body)


def test_a_second_try_that_is_refused_too_is_stranded_again() -> None:
    order(paid(REFUSED), 46_000, "all")
    work.drain(now=NOW)
    refund = Refund.objects.get()
    retry(refund)
    work.drain(now=NOW + timedelta(seconds=1))
    refund.refresh_from_db()
    assert (refund.status, refund.stranded, refund.tries) == ("FAILED", True, 2)
    outbox.drain(now=NOW)
    assert Incident.objects.get(alarm="payments.refund_stranded").hits == 2
    assert posted(CUSTOMER) == 50_000


def test_a_refund_nobody_knows_is_not_found() -> None:
    with pytest.raises(register.RefundNotFound):
        refunds.retry_stranded(refund_id="re_unknown", livemode=False, actor=BACKEND, now=NOW)
