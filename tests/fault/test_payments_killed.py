"""The web server is killed at every recovery point of a payment: it ends by itself, charged once or not at all.

Whatever happened, three books agree afterwards: what the card network holds, what the ledger holds, and what the
payment says. The client's retry gets the one answer.
"""

import pytest

from core import clock
from core.actors import SYSTEM
from core.api import keys
from core.money import Money
from ledger.selectors import balances
from payments.models import Payment, Refund, SandboxCharge, SandboxRefund
from tests.fault.processes import Processes, broker, kill_group, processes, set_parameter, wait_until
from tests.fault.shop_front import BODY, ShopFront

__all__ = ["broker", "processes"]
pytestmark = [pytest.mark.fault, pytest.mark.django_db(transaction=True)]

# Where it dies, whether a payment is left behind, and how that payment ends when only the completer looks after it.
POINTS = [
    ("idempotency.claimed", None),
    ("payments.before_accepted", None),
    ("payments.accepted", "FAILED"),  # nobody was asked, and the card is gone: given up cleanly
    ("payments.authorised", "COMPLETED"),
    ("idempotency.before_finish", "COMPLETED"),
    ("payments.before_settled", "COMPLETED"),
    ("payments.settled", "COMPLETED"),
]


@pytest.fixture
def secret() -> str:
    set_parameter("payments.resume_after_seconds", 2)
    set_parameter("idempotency.lease_seconds", 2)
    scopes = ["payments:write", "payments:read", "refunds:write"]
    return keys.create(name="t", livemode=False, scopes=scopes, actor=SYSTEM, now=clock.now(), throttle_class="BULK")[1]


def assert_books_agree() -> None:
    captured = sum(charge.amount_minor for charge in SandboxCharge.objects.filter(state="CAPTURED"))
    refunded = sum(refund.amount_minor for refund in SandboxRefund.objects.filter(accepted=True))
    receivable = balances.get("test", "acquirer_receivable")
    assert receivable.posted == Money(captured - refunded)
    completed = sum(payment.amount_minor for payment in Payment.objects.filter(status="COMPLETED"))
    assert completed == captured


def wait_until_terminal() -> Payment:
    wait_until(
        lambda: not Payment.objects.filter(status="PROCESSING").exists(), seconds=45, what="the payment has ended"
    )
    return Payment.objects.get()


@pytest.mark.parametrize(("point", "end"), POINTS)
def test_killed_and_finished_by_the_worker(processes: Processes, secret: str, point: str, end: str | None) -> None:
    dying = ShopFront(processes, secret, failpoint=point)
    assert dying.post("/v1/payments", BODY, "key-1") is None
    kill_group(dying.process)
    assert Payment.objects.count() == (0 if end is None else 1)

    worker = processes.work()
    if end is not None:
        assert wait_until_terminal().status == end
    healthy = ShopFront(processes, secret)
    answer = healthy.post("/v1/payments", BODY, "key-1")
    assert answer is not None
    assert answer.status_code == (504 if end == "FAILED" else 201), answer.text
    if end is not None:
        assert answer.headers["Idempotent-Replayed"] == "true"
    assert Payment.objects.count() == 1
    assert SandboxCharge.objects.filter(state="CAPTURED").count() == (0 if end == "FAILED" else 1)
    assert_books_agree()
    kill_group(worker)


@pytest.mark.parametrize("point", ["payments.accepted", "payments.authorised", "payments.before_settled"])
def test_killed_and_finished_by_the_clients_retry(processes: Processes, secret: str, point: str) -> None:
    """The retry carries the card again, so even a payment that was never sent is made."""
    dying = ShopFront(processes, secret, failpoint=point)
    assert dying.post("/v1/payments", BODY, "key-1") is None
    kill_group(dying.process)
    first = Payment.objects.get()

    healthy = ShopFront(processes, secret)
    wait_until(lambda: _is_taken_over(healthy), seconds=20, what="the lease is over and the retry is answered")
    payment = Payment.objects.get()
    assert (payment.public_id, payment.status) == (first.public_id, "COMPLETED")
    assert SandboxCharge.objects.count() == 1
    assert_books_agree()


def test_a_worker_killed_while_it_captures_an_approved_review(processes: Processes, secret: str) -> None:
    from core.actors import Actor
    from fraud.enums import CaseDecision, CaseOutcome
    from fraud.models import ReviewCase
    from fraud.services import cases

    shop = ShopFront(processes, secret)
    held = shop.post("/v1/payments", BODY | {"amount": 100_000}, "key-1")
    assert held is not None
    assert held.json()["status"] == "PENDING"
    cases.decide(
        case_id=ReviewCase.objects.get().case_id, decision=CaseDecision.APPROVE, outcome=CaseOutcome.GENUINE,
        reason="called", actor=Actor("STAFF", "ana"), now=clock.now(),
    )  # fmt: skip
    dying = processes.work(HOLDFAST_FAILPOINT="payments.step_taken")
    wait_until(lambda: dying.poll() is not None, seconds=30, what="the worker died after the capture")
    assert SandboxCharge.objects.get().state == "CAPTURED"
    assert Payment.objects.get().status == "PROCESSING"
    processes.work()
    assert wait_until_terminal().status == "COMPLETED"
    assert_books_agree()


@pytest.mark.parametrize("point", ["refunds.accepted", "refunds.paid_out", "refunds.before_settled", "refunds.settled"])
def test_a_refund_killed_at_each_step_is_paid_once(processes: Processes, secret: str, point: str) -> None:
    shop = ShopFront(processes, secret)
    paid = shop.post("/v1/payments", BODY, "key-1")
    assert paid is not None
    path = f"/v1/payments/{paid.json()['paymentId']}/refunds"
    kill_group(shop.process)

    dying = ShopFront(processes, secret, failpoint=point)
    assert dying.post(path, {"amount": 10_000}, "refund-1") is None
    processes.work()
    wait_until(lambda: Refund.objects.get().status != "PENDING", seconds=45, what="the refund has ended")
    assert Refund.objects.get().status == "COMPLETED"
    assert SandboxRefund.objects.count() == 1
    assert Payment.objects.get().refunded_minor == 10_000
    assert_books_agree()
    healthy = ShopFront(processes, secret)
    again = healthy.post(path, {"amount": 10_000}, "refund-1")
    assert again is not None
    assert (again.status_code, again.json()["status"]) == (201, "COMPLETED")
    assert Refund.objects.count() == 1


def _is_taken_over(shop: ShopFront) -> bool:
    answer = shop.post("/v1/payments", BODY, "key-1")
    return answer is not None and answer.status_code == 201
