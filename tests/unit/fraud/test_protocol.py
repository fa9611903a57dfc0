"""The published protocol on small streams: which days, whose payments, and what training makes of them."""

from datetime import date

import pytest

from fraud.features.replay import Recorded
from fraud.features.rings import DAY
from fraud.learning import protocol, streams
from fraud.learning.dataset import from_stream
from fraud.learning.protocol import Protocol, UnableToMeasure
from fraud.model import training
from tests.factories import recorded_stream

JANUARY_1 = 20_454 * DAY
WEEKS = Protocol(date(2026, 1, 1))


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    path = tmp_path_factory.mktemp("stream") / "stream.parquet"
    return streams.read(recorded_stream.write(path, recorded_stream.columns())).payments


def test_days_follow_each_other():
    assert WEEKS.train == (JANUARY_1, JANUARY_1 + 7 * DAY)
    assert WEEKS.test == (JANUARY_1 + 14 * DAY, JANUARY_1 + 21 * DAY)
    assert Protocol(date(2026, 1, 1), 28, 0, 1).test == (JANUARY_1 + 28 * DAY, JANUARY_1 + 29 * DAY)


def left(frauds, tests):
    """Customers whose test payments are kept, from (day, customer) of fraud and of test payments."""
    rows = sorted(
        [(JANUARY_1 + day * DAY, who, 1) for day, who in frauds] + [(JANUARY_1 + d * DAY, w, 0) for d, w in tests]
    )
    stream = Recorded(
        [at for at, _, _ in rows],
        [who for _, who, _ in rows],
        ["ven"] * len(rows),
        [1_000] * len(rows),
        [fraud for _, _, fraud in rows],
    )
    days = from_stream(stream, windows=[WEEKS.test], delay=7 * DAY)
    kept = protocol.testable(stream, days, WEEKS)
    return [(at // DAY - JANUARY_1 // DAY, who) for at, who in zip(kept.at, kept.customers, strict=True)]


def test_a_customer_defrauded_in_the_training_week_is_left_out_of_the_whole_test():
    assert left([(0, "ann"), (6, "bob")], [(14, "ann"), (14, "bob"), (14, "cleo"), (20, "ann")]) == [(14, "cleo")]


def test_fraud_of_the_days_after_is_known_day_by_day():
    # Of day 7, the first after training: known on the second day of the test, not on the first.
    assert left([(7, "ann")], [(14, "ann"), (15, "ann"), (20, "ann")]) == [(14, "ann")]
    assert left([(12, "ann")], [(19, "ann"), (20, "ann")]) == [(19, "ann")]
    assert left([(13, "ann")], [(20, "ann")]) == [(20, "ann")]


def test_fraud_before_the_training_week_leaves_nobody_out():
    assert left([(-1, "ann")], [(14, "ann")]) == [(14, "ann")]


def test_the_model_finds_most_of_what_can_be_found(recorded):
    (measured,) = protocol.measure(recorded, [Protocol(date(2026, 1, 8))])
    assert measured.test_end == "2026-01-28"
    assert measured.train_payments == sum(7 <= at // DAY - JANUARY_1 // DAY < 14 for at in recorded.at)
    assert measured.test_payments + measured.test_left_out == sum(
        21 <= at // DAY - JANUARY_1 // DAY < 28 for at in recorded.at
    )
    share = measured.test_frauds / measured.test_payments
    assert measured.ap > 5 * share
    assert measured.auc > 0.7


def test_several_weeks_in_one_pass_give_what_each_gives_alone(recorded):
    weeks = [Protocol(date(2026, 1, 8)), Protocol(date(2026, 1, 15)), Protocol(date(2026, 1, 8), delay_days=3)]
    assert protocol.measure(recorded, weeks) == [protocol.measure(recorded, [week])[0] for week in weeks]


@pytest.mark.parametrize(
    ("week", "says"),
    [
        (Protocol(date(2025, 12, 31)), "covers 2026-01-01 to 2026-02-09, the protocol needs 2025-12-31 to 2026-01-20"),
        (Protocol(date(2026, 1, 21)), "the protocol needs 2026-01-21 to 2026-02-10"),
        (Protocol(date(2026, 1, 1), train_days=1), "2026-01-01 to 2026-01-01: 0 of"),
    ],
)
def test_what_the_stream_does_not_hold_is_named(recorded, week, says):
    with pytest.raises(UnableToMeasure, match=says):
        protocol.measure(recorded, [week])


def test_the_last_whole_week_of_the_stream_can_be_tested(recorded):
    assert protocol.measure(recorded, [Protocol(date(2026, 1, 20))])[0].test_end == "2026-02-09"


def test_training_is_the_same_every_time_and_with_any_number_of_threads(recorded):
    train = from_stream(recorded, windows=[(JANUARY_1, JANUARY_1 + 12 * DAY)], delay=7 * DAY)
    first = training.fit(train.columns, train.labels)
    assert first.variables == tuple(train.columns)
    assert first.dump["num_class"] == 1
    assert len(first.dump["tree_info"]) == training.PARAMETERS["num_iterations"]
    again = training.fit(train.columns, train.labels, threads=2)
    assert training.predict(first.model_text, train.columns) == training.predict(again.model_text, train.columns)


def test_parameters_and_weights_are_the_callers_to_choose(recorded):
    train = from_stream(recorded, windows=[(JANUARY_1, JANUARY_1 + 30 * DAY)], delay=7 * DAY)
    small = training.fit(train.columns, train.labels, parameters={"num_iterations": 3})
    assert len(small.dump["tree_info"]) == 3
    assert small.parameters["num_leaves"] == training.PARAMETERS["num_leaves"]
    # Fraud that counts for ten raises every probability.
    weights = [10.0 if label else 1.0 for label in train.labels]
    heavy = training.fit(train.columns, train.labels, weights=weights, parameters={"num_iterations": 3})
    assert sum(training.predict(heavy.model_text, train.columns)) > 3 * sum(
        training.predict(small.model_text, train.columns)
    )


def test_one_kind_of_payments_teaches_nothing():
    with pytest.raises(training.UnableToTrain, match="0 of 3 payments are fraud"):
        training.fit({"amount_minor": [1.0, 2.0, 3.0]}, [0, 0, 0])


def test_a_part_of_a_dataset_keeps_its_rows_together(recorded):
    whole = from_stream(recorded, windows=[(JANUARY_1, JANUARY_1 + 30 * DAY)], delay=7 * DAY)
    part = whole.between(JANUARY_1 + 3 * DAY, JANUARY_1 + 4 * DAY)
    first = whole.at.index(part.at[0])
    assert all(at // DAY == JANUARY_1 // DAY + 3 for at in part.at)
    assert part.columns["amount_minor"] == whole.columns["amount_minor"][first : first + len(part)]
    assert part.labels == whole.labels[first : first + len(part)]
    assert len(part.customers) == len(part.weights) == len(part)
