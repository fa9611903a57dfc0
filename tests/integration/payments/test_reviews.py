"""A doubtful payment: authorised and held, then captured or given back. 1,000.00 is high value and goes to review."""

from datetime import timedelta

import pytest
import redis
from django.db import connection

from core.actors import Actor
from core.money import Money
from core.outbox import services as outbox
from core.switches import services as switches
from core.switches.enums import Switch
from core.work import services as work
from fraud.enums import CaseDecision, CaseOutcome
from fraud.features import store
from fraud.models import Observation, ReviewCase
from fraud.services import cases, judging
from ledger.selectors import balances
from payments.models import GatewayAttempt, Payment, SandboxCharge
from payments.services import completion, payments
from tests.factories.payments import BACKEND, NOW, pay, ticket

pytestmark = pytest.mark.django_db

ANALYST = Actor("STAFF", "ana@example.com")
HIGH_VALUE = 100_000


def held() -> Payment:
    answer = pay(amount_minor=HIGH_VALUE)
    assert (answer.status, answer.body["status"], answer.body["fraudRecommendation"]) == (201, "PENDING", "REVIEW")
    return Payment.objects.get(public_id=answer.body["paymentId"])


def decide(decision: CaseDecision, outcome: CaseOutcome = CaseOutcome.GENUINE) -> None:
    case = ReviewCase.objects.get()
    cases.decide(case_id=case.case_id, decision=decision, outcome=outcome, reason="called", actor=ANALYST, now=NOW)
    outbox.drain(now=NOW)
    work.drain(now=NOW)


def charge_of(payment: Payment) -> SandboxCharge:
    return SandboxCharge.objects.get(reference=payment.public_id)


def balance(account: str) -> tuple[int, int]:
    found = balances.get("test", account)
    return found.posted.minor, found.pending.minor


def test_review_authorises_without_capture_and_opens_a_case_with_the_capture_deadline() -> None:
    payment = held()
    assert charge_of(payment).state == "AUTHORISED"
    case = ReviewCase.objects.get(payment_id=payment.public_id)
    assert case.capture_deadline == payment.capture_deadline == NOW + timedelta(hours=72)
    assert balances.get("test", "acquirer_receivable").posted == Money(0)
    assert Observation.objects.get(payment_id=payment.public_id).outcome == "HELD"


def test_approve_captures() -> None:
    payment = held()
    decide(CaseDecision.APPROVE)
    payment.refresh_from_db()
    assert (payment.status, payment.step) == ("COMPLETED", "DONE")
    assert charge_of(payment).state == "CAPTURED"
    assert balances.get("test", "acquirer_receivable").posted == Money(100_000)
    assert balances.get("test", f"escrow_held:{payment.escrow_id}").posted == Money(92_000)
    assert balances.get("test", "fees:platform").posted == Money(8_000)


def test_decline_voids_and_the_payment_has_failed() -> None:
    payment = held()
    decide(CaseDecision.DECLINE, CaseOutcome.SUSPECTED_FRAUD)
    payment.refresh_from_db()
    assert (payment.status, payment.failure_code) == ("FAILED", "FRAUD_DETECTION_BLOCK")
    assert charge_of(payment).state == "VOIDED"
    for account in ("acquirer_receivable", f"escrow_held:{payment.escrow_id}", "fees:platform"):
        assert balance(account) == (0, 0), "nothing was taken and nothing is expected any more"


def test_the_answer_of_the_first_request_is_replayed_as_it_was_given() -> None:
    key = ticket()
    first = pay(key=key, amount_minor=HIGH_VALUE)
    decide(CaseDecision.APPROVE)
    again = pay(key=key, amount_minor=HIGH_VALUE)
    assert (again.replayed, again.body) == (True, first.body)


def test_hearing_the_decision_twice_asks_the_gateway_once() -> None:
    payment = held()
    decide(CaseDecision.APPROVE)
    assert payments.decide(payment_id=payment.public_id, approve=True, automatic=False, now=NOW) is False
    payments.resume(payment_id=payment.public_id, now=NOW)
    assert [each.operation for each in GatewayAttempt.objects.order_by("id")] == ["AUTHORISE", "CAPTURE"]


def test_a_capture_that_fails_once_is_tried_again() -> None:
    answer = pay("4000000000006058", amount_minor=HIGH_VALUE)
    decide(CaseDecision.APPROVE)
    payment = Payment.objects.get(public_id=answer.body["paymentId"])
    assert payment.status == "COMPLETED"
    tries = [(each.operation, each.outcome) for each in GatewayAttempt.objects.order_by("id")]
    assert tries == [("AUTHORISE", "APPROVED"), ("CAPTURE", "UNAVAILABLE"), ("CAPTURE", "APPROVED")]


def test_a_case_that_nobody_decides_gives_the_money_back() -> None:
    payment = held()
    later = NOW + timedelta(hours=72)
    work.drain(now=later)
    outbox.drain(now=later)
    work.drain(now=later)
    payment.refresh_from_db()
    assert (payment.status, payment.void_reason) == ("CANCELLED", "LAPSED")
    assert charge_of(payment).state == "VOIDED"


def test_a_hold_that_outlives_its_deadline_is_given_back_even_if_its_case_sleeps() -> None:
    payment = held()
    later = NOW + timedelta(hours=72, minutes=1)
    assert completion.order_stalled(now=later) == 1
    payments.resume(payment_id=payment.public_id, now=later)
    payment.refresh_from_db()
    assert (payment.status, payment.void_reason) == ("CANCELLED", "LAPSED")


def test_cancel_voids_a_held_payment_and_closes_its_case() -> None:
    payment = held()
    answer = payments.cancel(
        payment_id=payment.public_id, ticket=ticket("payments.cancel"), livemode=False, actor=BACKEND, now=NOW
    )
    assert (answer.status, answer.body["status"]) == (200, "CANCELLED")
    assert charge_of(payment).state == "VOIDED"
    assert ReviewCase.objects.get().state == "DECIDED"
    outbox.drain(now=NOW)
    work.drain(now=NOW)
    payment.refresh_from_db()
    assert (payment.status, payment.void_reason) == ("CANCELLED", "CANCELLED")
    assert balance("acquirer_receivable") == (0, 0)


def test_cancelling_again_answers_the_cancelled_payment() -> None:
    payment = held()
    for _ in range(2):
        answer = payments.cancel(
            payment_id=payment.public_id, ticket=ticket("payments.cancel"), livemode=False, actor=BACKEND, now=NOW
        )
        assert (answer.status, answer.body["status"]) == (200, "CANCELLED")


def test_a_captured_payment_is_refunded_not_cancelled() -> None:
    payment_id = pay().body["paymentId"]
    with pytest.raises(payments.PaymentNotCancellable):
        payments.cancel(payment_id=payment_id, ticket=ticket("payments.cancel"), livemode=False, actor=BACKEND, now=NOW)


def test_a_failing_fraud_engine_means_review_never_approval(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("no rules")

    monkeypatch.setattr(judging, "judge", fail)
    answer = pay()
    assert (answer.body["fraudScore"], answer.body["fraudRecommendation"]) == (None, "REVIEW")
    payment = Payment.objects.get(public_id=answer.body["paymentId"])
    assert (payment.status, payment.fraud_outcome) == ("PENDING", "NO_ADVICE")
    assert charge_of(payment).state == "AUTHORISED"


def test_closing_the_switch_of_fraud_scoring_means_review_never_approval() -> None:
    """The old kill switch approved everything; this one has people decide."""
    switches.close(switch=Switch.FRAUD_SCORING, reason="the rules misbehave", actor=BACKEND, now=NOW)
    answer = pay(now=NOW + timedelta(seconds=5))
    assert (answer.status, answer.body["status"], answer.body["fraudScore"]) == (201, "PENDING", None)
    assert answer.body["fraudRecommendation"] == "REVIEW"


def test_a_fraud_history_that_fails_in_the_database_means_review_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """Asked because Redis is away. A failed statement must not take the payment's own transaction with it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT oid::regprocedure::text FROM pg_proc WHERE proname = 'fraud_history'")
        cursor.execute(f"ALTER FUNCTION {cursor.fetchone()[0]} RENAME TO fraud_history_gone")
    nobody = redis.Redis(host="127.0.0.1", port=1, socket_timeout=0.05, retry=None)
    monkeypatch.setattr(store, "client", lambda *, now: nobody)
    answer = pay()
    assert (answer.status, answer.body["status"], answer.body["fraudRecommendation"]) == (201, "PENDING", "REVIEW")


def test_a_block_asks_no_gateway_and_is_final() -> None:
    from payments.services.orders import Client

    key = ticket()
    answer = pay(key=key, client=Client(billing_country="KP"))
    assert (answer.status, answer.body["code"]) == (403, "FRAUD_DETECTION_BLOCK")
    assert answer.body["error"] == "Payment blocked due to fraud detection"
    assert answer.body["fraudRecommendation"] == "BLOCK"
    assert answer.body["fraudScore"] > 700
    payment = Payment.objects.get(public_id=answer.body["paymentId"])
    assert (payment.status, payment.failure_code) == ("FAILED", "FRAUD_DETECTION_BLOCK")
    assert not SandboxCharge.objects.exists()
    assert not GatewayAttempt.objects.exists()
    assert Observation.objects.get().outcome == "BLOCKED"
    assert pay(key=key, client=Client(billing_country="KP")).body == answer.body
