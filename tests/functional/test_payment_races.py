"""Many at once: one key, one refundable rest, one decision. Real threads, real connections, real locks."""

import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection, connections

from core import clock
from core.actors import Actor
from core.errors import Refusal
from core.money import Money
from core.outbox import services as outbox
from core.work import services as work
from fraud.enums import CaseDecision, CaseOutcome
from fraud.models import ReviewCase
from fraud.services import cases
from ledger.selectors import balances
from payments.models import Payment, Refund, SandboxCharge, SandboxRefund
from payments.services import payments, refunds
from payments.services.refunds import RefundOrder
from tests.factories.payments import BACKEND, pay, ticket

pytestmark = pytest.mark.django_db(transaction=True)


def together(count: int, act: Callable[[int], Any], *, threads: int = 24) -> list[Any]:
    """Run `act(0..count-1)` on threads that start at once; refusals come back as their codes."""
    gate = threading.Barrier(min(count, threads))

    def run(number: int) -> Any:
        try:
            if number < gate.parties:
                gate.wait(20)
            return act(number)
        except Refusal as refusal:
            return refusal.code
        finally:
            connections.close_all()

    with ThreadPoolExecutor(min(count, threads)) as pool:
        return list(pool.map(run, range(count)))


def test_two_hundred_requests_with_one_key_are_one_payment() -> None:
    key, now = ticket(key="the-one", body="same"), clock.now()
    answers = together(200, lambda _: pay(key=key, now=now))
    given = [answer for answer in answers if not isinstance(answer, str)]
    assert {answer for answer in answers if isinstance(answer, str)} <= {"REQUEST_IN_FLIGHT"}
    assert len({answer.body["paymentId"] for answer in given}) == 1
    assert sum(not answer.replayed for answer in given) == 1
    assert Payment.objects.count() == SandboxCharge.objects.count() == 1
    assert balances.get("test", "acquirer_receivable").posted == Money(50_000)


def test_two_hundred_requests_with_their_own_keys_are_two_hundred_payments() -> None:
    """The control of the test above: the threads do run, and nothing but the key makes them one."""
    now = clock.now()
    answers = together(200, lambda number: pay(key=ticket(key=f"k{number}"), now=now, customer_id=f"cus_{number}"))
    assert {answer.status for answer in answers} == {201}
    assert Payment.objects.count() == 200
    assert balances.get("test", "acquirer_receivable").posted == Money(200 * 50_000)
    assert balances.get("test", "fees:platform").posted == Money(200 * 4_000)


def test_refunds_that_race_never_give_back_more_than_was_taken() -> None:
    """Ten times 100.00 of 500.00 at once: five are paid, five are refused."""
    now = clock.now()
    payment_id = pay(now=now).body["paymentId"]

    def refund(_: int) -> Any:
        order = RefundOrder(payment_id, 10_000, "")
        return refunds.create(order, ticket=ticket("refunds.create"), livemode=False, actor=BACKEND, now=now).status

    assert Counter(together(10, refund)) == {201: 5, "REFUND_EXCEEDS_REFUNDABLE": 5}
    assert Refund.objects.count() == SandboxRefund.objects.filter(accepted=True).count() == 5
    assert balances.get("test", "acquirer_receivable").posted == Money(0)
    assert balances.get("test", "fees:platform").posted == Money(0)


@pytest.mark.parametrize("round_number", range(4))
def test_cancel_and_approve_at_once_end_in_one_of_the_two(round_number: int) -> None:
    now = clock.now()
    payment_id = pay(amount_minor=100_000, now=now).body["paymentId"]
    case = ReviewCase.objects.get(payment_id=payment_id)

    def approve() -> None:
        cases.decide(
            case_id=case.case_id, decision=CaseDecision.APPROVE, outcome=CaseOutcome.GENUINE, reason="known",
            actor=Actor("STAFF", "ana"), now=now,
        )  # fmt: skip
        outbox.drain(now=now)
        work.drain(now=now)

    def cancel() -> int:
        return payments.cancel(
            payment_id=payment_id, ticket=ticket("payments.cancel"), livemode=False, actor=BACKEND, now=now
        ).status

    together(2, lambda number: (approve if (number + round_number) % 2 else cancel)())
    outbox.drain(now=now)
    work.drain(now=now)
    payment, charge = Payment.objects.get(), SandboxCharge.objects.get()
    assert (payment.status, charge.state) in {("COMPLETED", "CAPTURED"), ("CANCELLED", "VOIDED")}
    expected = 100_000 if payment.status == "COMPLETED" else 0
    balance = balances.get("test", "acquirer_receivable")
    assert (balance.posted, balance.pending) == (Money(expected), Money(expected))


def test_a_payment_is_three_commits_and_few_statements() -> None:
    """The budget of the hot path, counted on a warm process: what it costs at most, and what it is made of."""
    from django.test.utils import CaptureQueriesContext

    now = clock.now()
    pay(now=now)
    with CaptureQueriesContext(connection) as captured:
        assert pay(now=now).status == 201
    statements = [query["sql"].split()[0].upper() for query in captured.captured_queries]
    assert statements.count("COMMIT") == 2, "two of ours; the third is the gateway's own, a statement by itself"
    work_done = [word for word in statements if word not in ("BEGIN", "COMMIT")]
    assert len(work_done) <= 16, "\n".join(query["sql"][:120] for query in captured.captured_queries)
