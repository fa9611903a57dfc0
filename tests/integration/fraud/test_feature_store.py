"""The store in Redis says what the states in memory say, bit for bit, and counts a payment once."""

import random
import struct
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import redis
from django.db import connections

from core.breaker import BreakerState
from fraud.decisions import AssessmentRequest
from fraud.enums import FeatureSource
from fraud.features import breaker, store
from fraud.features.state import Ended, State
from fraud.features.store import Seen

pytestmark = pytest.mark.django_db
START = datetime(2026, 1, 1, tzinfo=UTC)
# Two countries of the sandbox's table, one of no country, and none at all.
ADDRESSES = ["198.51.100.7", "203.0.113.9", "192.0.2.1", "10.0.0.1", None]
GAPS = [timedelta(seconds=1), timedelta(minutes=1), timedelta(minutes=7), timedelta(hours=3), timedelta(days=2)]


def drawn(draw: random.Random, number: int) -> AssessmentRequest:
    """A payment of one of 40 customers; now and then everything is unnamed."""
    return AssessmentRequest(
        livemode=draw.random() < 0.5,
        payment_id=f"pay_{number}",
        payer_id=f"cus_{int(draw.paretovariate(0.7)) % 40}",
        payee_id=draw.choice([None, *(f"prov_{n}" for n in range(8))]),
        amount_minor=draw.choice([1, 999, 5_000, draw.randrange(1, 100_000), 99_999_999]),
        currency="USD",
        card_fingerprint=draw.choice([None, *(f"card_{n}" for n in range(30))]),
        device_id=draw.choice([None, *(f"device {n}" for n in range(30))]),
        ip_address=draw.choice(ADDRESSES),
    )


def bits(values: dict[str, int | float] | None) -> list[bytes]:
    assert values is not None
    return [struct.pack("<d", value) for value in values.values()]


def test_10000_payments_through_redis_and_through_memory_give_the_same_bits() -> None:
    """Declines, late labels, retries, gaps from a second to three months."""
    draw = random.Random(20_261_118)
    state, now, late = State(), START, []
    for number in range(10_000):
        now += draw.choice(GAPS) if draw.random() < 0.2 else timedelta(milliseconds=draw.randrange(1, 90_000))
        now += timedelta(days=90) if draw.random() < 0.0005 else timedelta()
        request = drawn(draw, number)
        event = store.event_of(request, now=now)
        seen = store.look(request, now=now)
        assert bits(seen.raw) == bits(state.attempt(event)), number
        if draw.random() < 0.05:
            assert store.look(request, now=now + timedelta(seconds=9)) == seen
        ended = draw.choice([Ended.PAID, Ended.PAID, Ended.PAID, Ended.REFUSED, Ended.NEITHER])
        store.tell_outcome(event, ended, now=now)
        state.outcome(event, ended)
        if draw.random() < 0.3:
            late.append((number + draw.randrange(1, 2_000), event, draw.random() < 0.4))
        for due in [each for each in late if each[0] <= number]:
            late.remove(due)
            known_at = store.microseconds(now)
            store.tell_label(due[1], known_at=known_at, is_fraud=due[2], now=now)
            state.label(due[1], known_at=known_at, is_fraud=due[2])


def looked(customer: str, at: datetime, number: int) -> Seen:
    return store.look(
        AssessmentRequest(
            livemode=False, payer_id=customer, payment_id=f"{customer}-{number}", amount_minor=100, currency="USD"
        ),
        now=at,
    )


def count(seen: Seen, name: str) -> int | float:
    assert seen.raw is not None
    return seen.raw[name]


@pytest.mark.parametrize(
    ("name", "window", "limit"),
    [("customer_payments_1h", timedelta(hours=1), 10), ("customer_payments_24h", timedelta(hours=24), 50)],
)
def test_a_limit_is_exact_to_the_microsecond(name: str, window: timedelta, limit: int) -> None:
    """`limit` attempts, the first exactly one window ago: it is outside. A microsecond earlier it is inside."""
    for number in range(limit):
        looked("cus_edge", START + timedelta(microseconds=number), number)
    tick = timedelta(microseconds=1)
    assert count(looked("cus_edge", START + window - tick, 90), name) == limit
    assert count(looked("cus_edge", START + window, 91), name) == limit  # the first is out, number 90 is in


def test_a_retry_gets_the_first_answer_and_counts_once() -> None:
    first = looked("cus_twice", START, 1)
    assert looked("cus_twice", START + timedelta(minutes=1), 1) == first
    assert count(looked("cus_twice", START + timedelta(minutes=2), 2), "customer_payments_1h") == 1


def test_a_question_without_a_name_counts_nothing() -> None:
    asked = AssessmentRequest(livemode=False, payer_id="cus_asked", amount_minor=100, currency="USD")
    for minute in range(3):
        seen = store.look(asked, now=START + timedelta(minutes=minute))
        assert count(seen, "customer_payments_1h") == 0


def test_modes_share_nothing() -> None:
    looked("cus_both", START, 1)
    live = AssessmentRequest(livemode=True, payer_id="cus_both", payment_id="l", amount_minor=100, currency="USD")
    assert count(store.look(live, now=START), "customer_payments_1h") == 0


def test_an_outcome_told_twice_counts_once_and_brings_its_attempt_along() -> None:
    event = store.event_of(
        AssessmentRequest(livemode=False, payer_id="cus_late", payment_id="p", amount_minor=700, currency="USD"),
        now=START,
    )
    for _ in range(2):
        store.tell_outcome(event, Ended.PAID, now=START)
    seen = looked("cus_late", START + timedelta(minutes=1), 2)
    assert count(seen, "customer_payments_1h") == 1
    assert count(seen, "customer_amount_24h_minor") == 700


def test_a_report_and_a_label_of_one_payment_are_one_fraud() -> None:
    event = store.event_of(
        AssessmentRequest(livemode=False, payer_id="cus_fraud", payment_id="p", amount_minor=700, currency="USD"),
        now=START,
    )
    store.tell_report(event, known_at=event.at, now=START)
    store.tell_label(event, known_at=event.at, is_fraud=True, now=START)
    assert count(looked("cus_fraud", START + timedelta(days=1), 1), "customer_fraud_reports_90d") == 1


@pytest.mark.django_db(transaction=True)
def test_two_threads_with_one_payment_see_the_same_and_count_it_once() -> None:
    together, answers = threading.Barrier(2), list[Seen]()

    def ask() -> None:
        together.wait()
        answers.append(looked("cus_race", START, 1))
        connections.close_all()

    threads = [threading.Thread(target=ask) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers[0] == answers[1]
    assert count(looked("cus_race", START, 2), "customer_payments_1h") == 1


def test_a_lost_memory_is_said_not_guessed(lose: Callable[[], None]) -> None:
    lose()
    seen = looked("cus_cold", START, 1)
    assert (seen.source, seen.failure, seen.raw) == (FeatureSource.DATABASE, "COLD", None)


def test_half_of_twenty_calls_without_an_answer_rest_the_store(monkeypatch: pytest.MonkeyPatch) -> None:
    nobody = redis.Redis(host="127.0.0.1", port=1, socket_timeout=0.05, retry=None)
    for number in range(10):
        looked("cus_calm", START, number)
    monkeypatch.setattr(store, "client", lambda *, now: nobody)
    failures = [looked("cus_calm", START, 10 + number).failure for number in range(11)]
    assert failures == ["UNREACHABLE"] * 10 + ["RESTING"]
    assert breaker.STORE.state(breaker.limits(at=START)) is BreakerState.OPEN


@pytest.fixture
def lose() -> Callable[[], None]:
    """The store forgets everything, as after FLUSHDB."""

    def forget() -> None:
        store.client(now=START).delete(store.key(store.EPOCH))

    return forget
