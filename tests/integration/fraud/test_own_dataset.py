"""What the product itself learns from: its decisions as they were made, and what is known of them by a day."""

import itertools
import math
from datetime import timedelta

import pytest

from core import ids
from core.actors import SYSTEM
from fraud.enums import AttemptOutcome, FeatureSource, LabelSource, Outcome
from fraud.features.variables import MODEL_VARIABLES
from fraud.learning import own
from fraud.models import Assessment
from fraud.services import labels
from tests.integration.fraud.conftest import NOON

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
WEEK = 7 * DAY


@pytest.fixture
def judged(paid):
    """A payment of so many days ago that was judged: `judged("pay_1", ago=9 * DAY, pair_payments=3)`."""
    numbers = itertools.count(1)

    def make(payment_id, *, ago=9 * DAY, outcome=Outcome.APPROVE, features=None, **changes):
        at = NOON - ago
        seen = {Outcome.BLOCK: AttemptOutcome.BLOCKED}.get(outcome, AttemptOutcome.APPROVED)
        if not changes.get("rescores"):
            paid(payment_id=payment_id, ago=ago, outcome=seen, livemode=changes.get("livemode", False))
        values = {
            "assessment_id": ids.prefixed("fra", at),
            "livemode": False,
            "payment_id": payment_id,
            "customer_id": f"cus_{next(numbers)}",
            "amount_minor": 5_000,
            "currency": "USD",
            "inputs": {},
            "features": {"amount_minor": 5_000, "night": False, **(features or {})},
            "thresholds": {},
            "hits": [],
            "not_evaluated": [],
            "reason_codes": [],
            "base_score": 125,
            "approve_up_to": 300,
            "review_up_to": 700,
            "block_up_to": 900,
            "score": {Outcome.BLOCK: 800, Outcome.NO_ADVICE: None}.get(outcome, 125),
            "outcome": outcome,
            "failure": "TIMEOUT" if outcome == Outcome.NO_ADVICE else "",
            "feature_source": FeatureSource.REDIS,
            "evaluation_us": 900,
            "created_at": at,
        }
        return Assessment.objects.create(**values | changes)

    return make


def label(payment_id, *, is_fraud=False, strength=100, known_at=NOON - DAY, source=LabelSource.SILENCE, **changes):
    said = {"reference": f"{source}", "actor": SYSTEM, "now": NOON + 90 * DAY, "livemode": False}
    labels.record(
        payment_id=payment_id, is_fraud=is_fraud, strength=strength, known_at=known_at, source=source, **said | changes
    )


def learned(*, from_ago=30 * DAY, to=NOON, livemode=False, as_of=NOON, delay_days=7):
    return own.dataset(NOON - from_ago, to, livemode=livemode, as_of=as_of, delay_days=delay_days)


def test_the_values_are_those_the_decision_was_made_from(judged):
    judged("pay_1", features={"pair_payments": 3, "amount_to_usual": 1.5, "night": True, "seller_fraud_run": None})
    label("pay_1")
    found = learned()
    assert tuple(found.columns) == MODEL_VARIABLES
    row = {name: column[0] for name, column in found.columns.items()}
    assert (row["amount_minor"], row["pair_payments"], row["amount_to_usual"], row["night"]) == (5_000.0, 3.0, 1.5, 1.0)
    assert math.isnan(row["seller_fraud_run"])
    assert math.isnan(row["customer_payments_1h"])
    assert (list(found.labels), list(found.weights), found.customers) == ([0], [1.0], ["cus_1"])
    assert found.at[0] == int((NOON - 9 * DAY).timestamp()) * 1_000_000


def test_rows_are_in_order_of_time_whatever_the_order_of_writing(judged):
    for number, days in enumerate((9, 11, 10)):
        judged(f"pay_{number}", ago=days * DAY)
        label(f"pay_{number}")
    assert learned().customers == ["cus_2", "cus_3", "cus_1"]


def test_the_strongest_label_known_by_the_day_counts(judged):
    judged("pay_1")
    label("pay_1", strength=10, known_at=NOON - 2 * DAY)
    label("pay_1", is_fraud=True, known_at=NOON + DAY, source=LabelSource.CHARGEBACK)
    assert list(learned().labels) == [0]
    assert list(learned(as_of=NOON + DAY).labels) == [1]


def test_suspected_fraud_weighs_less_than_confirmed_and_genuine_always_one(judged):
    for number, (is_fraud, strength) in enumerate([(True, 60), (True, 100), (False, 10)]):
        judged(f"pay_{number}", ago=(20 - number) * DAY)
        label(f"pay_{number}", is_fraud=is_fraud, strength=strength, source=LabelSource.DECISION)
    found = learned()
    assert (list(found.labels), list(found.weights)) == ([1, 1, 0], [0.6, 1.0, 1.0])
    assert found.frauds == 2


def test_a_young_payment_is_left_out_even_where_fraud_is_already_known(judged):
    judged("pay_1", ago=WEEK - timedelta(seconds=1))
    label("pay_1", is_fraud=True, source=LabelSource.REPORT)
    judged("pay_2", ago=WEEK)
    label("pay_2")
    judged("pay_3", ago=WEEK + timedelta(seconds=1))
    label("pay_3")
    found = learned()
    assert len(found) == 1
    assert found.left_out == {"immature": 2}
    assert list(learned(as_of=NOON + DAY).labels) == [0, 0, 1]


def test_a_blocked_payment_is_in_only_where_a_person_found_out(judged):
    judged("pay_1", outcome=Outcome.BLOCK)
    judged("pay_2", outcome=Outcome.BLOCK)
    label("pay_2", is_fraud=True, strength=100, source=LabelSource.DECISION)
    found = learned()
    assert found.customers == ["cus_2"]
    assert found.left_out == {"unlabelled": 1}


def test_a_decision_without_the_whole_history_teaches_nothing(judged):
    judged("pay_1", feature_source=FeatureSource.DATABASE, degraded="REDIS_DOWN")
    judged("pay_2", outcome=Outcome.NO_ADVICE)
    for payment_id in ("pay_1", "pay_2"):
        label(payment_id)
    assert len(learned()) == 0
    assert learned().left_out == {"without_history": 2}


def test_a_payment_judged_twice_counts_once_by_its_first_judgement(judged):
    first = judged("pay_1", ago=10 * DAY, features={"pair_payments": 1})
    judged("pay_1", ago=9 * DAY, features={"pair_payments": 2})
    judged("pay_1", ago=8 * DAY, features={"pair_payments": 3}, rescores=first)
    label("pay_1")
    found = learned()
    assert list(found.columns["pair_payments"]) == [1.0]
    assert found.left_out == {"judged_again": 1}


def test_only_the_days_and_the_mode_asked_for(judged):
    judged("pay_1", ago=20 * DAY)
    judged("pay_2", ago=10 * DAY)
    judged("pay_3", ago=10 * DAY, livemode=True)
    label("pay_1")
    label("pay_2")
    label("pay_3", livemode=True)
    assert learned(from_ago=20 * DAY, to=NOON - 10 * DAY).customers == ["cus_1"]
    assert learned(from_ago=10 * DAY).customers == ["cus_2"]
    assert learned(livemode=True).customers == ["cus_3"]


def test_rows_are_read_in_batches_without_losing_or_repeating_any(judged, monkeypatch, django_assert_num_queries):
    monkeypatch.setattr(own, "AT_ONCE", 2)
    for number in range(5):
        judged(f"pay_{number}", ago=10 * DAY)
        label(f"pay_{number}")
    # Two counts; three batches with their labels and an empty one.
    with django_assert_num_queries(2 + 3 * 2 + 1):
        found = learned()
    assert found.customers == [f"cus_{number}" for number in range(1, 6)]
