"""The gateway and what can go wrong with it: every documented magic card, and the completer that finishes the rest."""

from datetime import timedelta

import pytest
from django.db import connection, transaction

from core.breaker import CircuitBreaker
from core.money import Money
from core.work import services as work
from ledger.selectors import balances
from payments.enums import ChargeState
from payments.gateways import registry
from payments.gateways.lines import breaker_limits
from payments.gateways.port import CalledInsideTransaction, GatewayTimedOut, GatewayUnavailable
from payments.gateways.sandbox.network import SandboxGateway
from payments.models import GatewayAttempt, Payment, SandboxCharge
from payments.services import completion
from tests.factories.payments import NOW, card, order, pay, ticket

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _fresh_breaker(monkeypatch: pytest.MonkeyPatch) -> None:
    """Magic cards fail calls; one test's failures must not open the breaker for the next."""
    monkeypatch.setattr(registry, "_breakers", {"sandbox": CircuitBreaker()})


def tries() -> list[tuple[str, str]]:
    return [(each.operation, each.outcome) for each in GatewayAttempt.objects.order_by("id")]


def authorise(gateway: SandboxGateway, number: str, *, reference: str = "pay_1", capture: bool = True):
    return gateway.authorise(
        reference=reference, money=Money(50_000), card=card(number), capture=capture, livemode=False,
        timeout_seconds=3, now=NOW,
    )  # fmt: skip


def test_no_gateway_is_called_inside_a_transaction() -> None:
    line = registry.line("sandbox", now=NOW)
    with transaction.atomic(), pytest.raises(CalledInsideTransaction):
        line.ask("FIND", lambda timeout: pytest.fail("the gateway was asked"))  # type: ignore[arg-type]


def test_a_timeout_after_the_charge_is_found_to_be_charged() -> None:
    answer = pay("4000000000006025")
    assert (answer.status, answer.body["status"]) == (201, "COMPLETED")
    assert tries() == [("CHARGE", "TIMED_OUT"), ("CHARGE", "APPROVED")]
    assert SandboxCharge.objects.get().state == "CAPTURED"
    assert balances.get("test", "acquirer_receivable").posted == Money(50_000)


def test_a_timeout_before_the_charge_is_voided_so_that_it_can_never_land() -> None:
    answer = pay("4000000000006017")
    assert (answer.status, answer.body["code"]) == (504, "GATEWAY_TIMEOUT")
    assert tries() == [("CHARGE", "TIMED_OUT")] * 3 + [("FIND", "NOT_FOUND"), ("VOID", "APPROVED")]
    payment_id = answer.body["paymentId"]
    late = authorise(SandboxGateway(), "4242424242424242", reference=payment_id)
    assert late.state is ChargeState.VOIDED, "a request that was on its way all the time takes no money"


def test_a_silent_network_is_asked_until_it_answers() -> None:
    """Charged, but nobody says so for a minute: 202, then the completer finishes, and the key replays the end."""
    key = ticket()
    answer = pay("4000000000006033", key=key)
    assert (answer.status, answer.body["status"], answer.body["success"]) == (202, "PROCESSING", True)
    assert not answer.replayed

    completion.order_stalled(now=NOW + timedelta(seconds=30))
    work.drain(now=NOW + timedelta(seconds=30))
    assert Payment.objects.get().status == "PROCESSING", "too early: the first request may still be at it"

    later = NOW + timedelta(seconds=61)
    assert completion.order_stalled(now=later) == 1
    work.drain(now=later)
    payment = Payment.objects.get()
    assert payment.status == "COMPLETED"
    assert balances.get("test", "acquirer_receivable").posted == Money(50_000)
    assert SandboxCharge.objects.count() == 1
    final = pay("4000000000006033", key=key, now=later)
    assert (final.replayed, final.status, final.body["status"]) == (True, 201, "COMPLETED")


def test_a_retry_after_the_lease_finishes_the_payment_with_the_card_it_brings() -> None:
    key = ticket()
    pay("4000000000006033", key=key)
    later = NOW + timedelta(seconds=61)
    answer = pay("4000000000006033", key=key, now=later)
    assert (answer.status, answer.body["status"]) == (201, "COMPLETED")
    assert Payment.objects.count() == SandboxCharge.objects.count() == 1


def test_the_duplicate_card_is_charged_once_in_ten_minutes() -> None:
    assert pay("4000000000006041").status == 201
    second = pay("4000000000006041")
    assert (second.status, second.body["code"]) == (409, "DUPLICATE_TRANSACTION")
    assert pay("4000000000006041", now=NOW + timedelta(minutes=11)).status == 201


def test_a_capture_that_fails_once_inside_a_charge_is_captured_on_the_second_try() -> None:
    answer = pay("4000000000006058")
    assert answer.body["status"] == "COMPLETED"
    assert tries() == [("CHARGE", "UNAVAILABLE"), ("CHARGE", "APPROVED")]
    assert SandboxCharge.objects.get().state == "CAPTURED"


def test_asking_twice_with_one_reference_moves_money_once() -> None:
    gateway = SandboxGateway()
    first, second = (authorise(gateway, "4242424242424242") for _ in range(2))
    assert first == second
    assert SandboxCharge.objects.count() == 1
    refund = [
        gateway.refund(charge_reference="pay_1", reference="re_1", money=Money(50_000), timeout_seconds=3, now=NOW)
        for _ in range(2)
    ]
    assert refund[0] == refund[1]
    assert refund[0].accepted
    more = gateway.refund(charge_reference="pay_1", reference="re_2", money=Money(1), timeout_seconds=3, now=NOW)
    assert not more.accepted


def test_a_captured_charge_is_not_voided_and_a_voided_one_not_captured() -> None:
    gateway = SandboxGateway()
    authorise(gateway, "4242424242424242")
    assert gateway.void(reference="pay_1", timeout_seconds=3, now=NOW).state is ChargeState.CAPTURED
    authorise(gateway, "4242424242424242", reference="pay_2", capture=False)
    gateway.void(reference="pay_2", timeout_seconds=3, now=NOW)
    assert gateway.capture(reference="pay_2", timeout_seconds=3, now=NOW).state is ChargeState.VOIDED


def test_an_open_breaker_refuses_before_anything_is_kept() -> None:
    """Ten questions nobody answered open it: the next payment is refused."""
    for _ in range(10):
        registry.breaker("sandbox").record(breaker_limits(NOW), answered=False)
    with pytest.raises(registry.GatewayNotAvailable):
        pay()
    assert not Payment.objects.exists()


def test_a_question_counts_once_however_often_it_was_tried() -> None:
    """A few unlucky cards are no outage: four payments of three time-outs each leave the others alone."""
    for _ in range(4):
        assert pay("4000000000006017").status == 504
    assert pay().status == 201


def test_a_payment_that_meets_an_opening_breaker_ends_by_itself() -> None:
    """Nine questions failed before; its own opens the breaker, and nobody can be asked what happened."""
    for _ in range(9):
        registry.breaker("sandbox").record(breaker_limits(NOW), answered=False)
    assert pay("4000000000006017").status == 202
    assert tries()[-1] == ("FIND", "REFUSED_BY_BREAKER")
    registry._breakers["sandbox"] = CircuitBreaker()
    later = NOW + timedelta(seconds=61)
    completion.order_stalled(now=later)
    work.drain(now=later)
    payment = Payment.objects.get()
    assert (payment.status, payment.failure_code) == ("FAILED", "GATEWAY_TIMEOUT")
    assert SandboxCharge.objects.get().state == "VOIDED"


def test_a_mode_without_a_gateway_takes_no_payments(settings) -> None:
    settings.HOLDFAST_GATEWAYS = {"live": "sandbox"}
    with pytest.raises(registry.NoGateway):
        pay()


def test_a_question_that_nobody_answered_is_unknown_even_if_the_last_try_was_refused() -> None:
    """A time-out followed by a refusal may have moved money: it must not count as `nothing happened`."""
    line = registry.line("sandbox", now=NOW)
    line.pause = lambda seconds: None
    answers = iter([GatewayTimedOut("?"), GatewayUnavailable("no"), GatewayUnavailable("no")])

    def question(timeout: float):
        raise next(answers)

    with pytest.raises(GatewayTimedOut):
        line.ask("CHARGE", question)  # type: ignore[arg-type]


def test_nothing_of_the_card_is_in_the_sandbox() -> None:
    pay("4000000000009995")
    with connection.cursor() as cursor:
        cursor.execute("SELECT row_to_json(c)::text FROM payments_sandboxcharge c")
        assert "4000000000009995" not in cursor.fetchone()[0]
    assert order().card is not None
