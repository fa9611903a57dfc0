"""Many at once: one key, one refundable rest, one decision. Real threads, real connections, real locks."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
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
from payments import door
from payments.enums import ChargebackState
from payments.models import Chargeback, Payment, Refund, SandboxCharge, SandboxRefund
from payments.services import chargeback_answers, chargebacks, payments, refunds
from payments.services.refunds import RefundOrder
from tests.factories.chargebacks import move, notice
from tests.factories.payments import BACKEND, NOW, pay, ticket

pytestmark = pytest.mark.django_db(transaction=True)

WON = ChargebackState.WON


@pytest.fixture(autouse=True)
def _door_stands_open() -> Iterator[None]:
    """Payments alone: what escrow adds to these races is tried with escrow."""
    installed = door.current()
    door.install(door.OpenDoor())
    yield
    door.install(installed)


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
def test_a_refund_and_a_chargeback_of_all_at_once_give_the_escrow_back_once(round_number: int) -> None:
    """Whoever comes second finds nothing left: the refund is refused, or the chargeback is owed by the payer."""
    now = clock.now()
    payment = Payment.objects.get(public_id=pay(now=now).body["paymentId"])
    told = notice(payment, opened_at=now)

    def refund() -> int:
        order = RefundOrder(payment.public_id, None, "")
        return refunds.create(order, ticket=ticket("refunds.create"), livemode=False, actor=BACKEND, now=now).status

    def dispute() -> int:
        return chargebacks.open_(told, actor=BACKEND, now=now).beyond_minor

    acts = (refund, dispute) if round_number % 2 else (dispute, refund)
    answers = set(together(2, lambda number: acts[number]()))
    assert answers in ({201, 50_000}, {"REFUND_EXCEEDS_REFUNDABLE", 0})
    assert balances.get("test", f"escrow_held:{payment.escrow_id}").posted == Money(0)
    assert balances.get("test", "fees:platform").posted == Money(0)
    taken_twice = 50_000 if 201 in answers else 0
    owed = balances.get("test", "returns_receivable:cus_abc123def456").posted
    assert (owed, balances.get("test", "acquirer_receivable").posted) == (Money(taken_twice), Money(-taken_twice))


def test_a_notice_heard_by_many_at_once_is_one_chargeback() -> None:
    now = clock.now()
    payment = Payment.objects.get(public_id=pay(now=now).body["paymentId"])
    told = notice(payment, 20_000, opened_at=now)
    answers = together(12, lambda _: chargebacks.open_(told, actor=BACKEND, now=now).public_id)
    assert len(set(answers)) == 1
    assert Chargeback.objects.count() == 1
    assert balances.get("test", "acquirer_receivable").posted == Money(30_000)


@pytest.mark.parametrize("round_number", range(4))
def test_evidence_and_the_networks_decision_at_once_leave_one_end(round_number: int) -> None:
    now = clock.now()
    payment = Payment.objects.get(public_id=pay(now=now).body["paymentId"])
    chargeback = chargebacks.open_(notice(payment, opened_at=now), actor=BACKEND, now=now)
    name = chargeback.public_id

    def accept() -> str:
        return str(chargeback_answers.accept(chargeback_id=name, livemode=False, actor=BACKEND, now=now).state)

    def win() -> str:
        return str(chargebacks.close(chargeback_id=name, outcome=WON, actor=BACKEND, now=now).state)

    acts = (accept, win) if round_number % 2 else (win, accept)
    assert set(together(2, lambda number: acts[number]())) in (
        {"ACCEPTED", "CHARGEBACK_ENDED"},
        {"WON", "CHARGEBACK_ENDED"},
    )
    back = 46_000 if Chargeback.objects.get().state == WON else 0
    assert balances.get("test", f"escrow_held:{payment.escrow_id}").posted == Money(back)


def test_a_payout_and_a_chargeback_at_once_never_overdraw_the_provider() -> None:
    """460.00 on the provider's balance: 300.00 leave it while the network takes 460.00. What is missing is owed."""
    now = clock.now()
    payment = Payment.objects.get(public_id=pay(now=now, booking_id="").body["paymentId"])
    told = notice(payment, opened_at=now)
    payable = "provider_payable:prov_xyz789ghi012"

    def pay_out(_: int) -> str:
        move(10_000, debit=payable, credit="ach_clearing:out")
        return "paid"

    acts = [pay_out, lambda _: chargebacks.open_(told, actor=BACKEND, now=now).public_id, pay_out, pay_out]
    answers = together(4, lambda number: acts[number](number))
    paid = sum(answer == "paid" for answer in answers)
    chargeback = Chargeback.objects.get()
    assert chargeback.held_minor + chargeback.late_minor == 46_000
    left = balances.get("test", payable).posted.minor
    assert left == 46_000 - 10_000 * paid - chargeback.held_minor >= 0


@pytest.mark.parametrize("round_number", range(4))
def test_cancel_and_approve_at_once_end_in_one_of_the_two(round_number: int) -> None:
    now = NOW  # an afternoon: by night the rules would block it outright
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
