"""A recorded stream through the state: what a payment sees, and when labels reach it."""

import math

from fraud.features.derived import derive
from fraud.features.replay import Recorded, replay
from fraud.features.rings import DAY, HOUR
from fraud.features.state import Ended, Event, State
from fraud.features.variables import MODEL_VARIABLES, numbers
from fraud.rules.catalogue import VARIABLES, Kind

WEDNESDAY = 20_516 * DAY


def stream(rows):
    """Rows of (at, customer, seller, amount, fraud)."""
    return Recorded(*(list(column) for column in zip(*rows, strict=True)))


def test_only_payments_of_the_windows_are_kept_and_all_are_counted():
    recorded = stream([(WEDNESDAY + day * DAY, "cus", "ven", 1_000, 0) for day in range(20)])
    windows = [(WEDNESDAY + 3 * DAY, WEDNESDAY + 5 * DAY), (WEDNESDAY + 9 * DAY, WEDNESDAY + 10 * DAY)]
    seen = replay(recorded, windows=windows, delay=7 * DAY)
    assert list(seen.rows) == [3, 4, 9]
    assert list(seen.columns["pair_payments"]) == [3.0, 4.0, 9.0]
    assert list(seen.columns["customer_payments_7d"]) == [3.0, 4.0, 6.0]
    assert all(len(column) == 3 for column in seen.columns.values())


def test_a_label_reaches_payments_from_the_delay_on_and_none_before():
    fraud = (WEDNESDAY, "cus", "ven", 1_000, 1)
    moments = [WEDNESDAY + 7 * DAY - 1, WEDNESDAY + 7 * DAY, WEDNESDAY + 8 * DAY]
    recorded = stream([fraud, *((at, "other", "ven", 1_000, 0) for at in moments)])
    seen = replay(recorded, windows=[(WEDNESDAY + DAY, WEDNESDAY + 30 * DAY)], delay=7 * DAY)
    unknown, *known = seen.columns["seller_fraud_run"]
    assert math.isnan(unknown)
    assert known == [1.0, 1.0]
    assert list(seen.columns["seller_fraud_run_age_days"])[1:] == [7.0, 8.0]


def test_without_delay_the_label_of_a_payment_is_still_unknown_to_itself():
    recorded = stream([(WEDNESDAY, "cus", "ven", 1_000, 1), (WEDNESDAY, "cus", "ven", 1_000, 0)])
    seen = replay(recorded, windows=[(0, WEDNESDAY + DAY)], delay=0)
    first, second = seen.columns["seller_fraud_run"]
    assert math.isnan(first)
    assert second == 1.0


def test_a_replay_gives_what_the_state_gives_payment_by_payment():
    rows = [
        (WEDNESDAY + n * 5 * HOUR, f"cus_{n % 7}", f"ven_{n % 5}", 1_000 + n * 37 % 4_000, n % 11 == 0)
        for n in range(300)
    ]
    seen = replay(stream(rows), windows=[(0, WEDNESDAY + 400 * DAY)], delay=2 * DAY)
    state, labelled = State(), 0
    for row, (at, customer, seller, amount, _) in enumerate(rows):
        while rows[labelled][0] + 2 * DAY <= at:
            when, who, whom, much, fraud = rows[labelled]
            state.label(Event(labelled, True, when, much, who, whom), known_at=when + 2 * DAY, is_fraud=bool(fraud))
            labelled += 1
        event = Event(row, True, at, amount, customer, seller)
        expected = numbers(derive(state.attempt(event), amount_minor=amount, at=at))
        state.outcome(event, Ended.PAID)
        got = [seen.columns[name][row] for name in MODEL_VARIABLES]
        assert [repr(value) for value in got] == [repr(value) for value in expected]


def test_every_variable_of_the_model_is_one_of_the_catalogue_and_a_number_or_a_flag():
    assert len(set(MODEL_VARIABLES)) == len(MODEL_VARIABLES) == 35
    assert {VARIABLES[name].kind for name in MODEL_VARIABLES} == {Kind.NUMBER, Kind.FLAG}


def test_every_variable_of_the_state_is_one_of_the_catalogue():
    values = derive(State().look(Event("p", True, WEDNESDAY, 1, "cus")), amount_minor=1, at=WEDNESDAY)
    assert set(values) <= set(VARIABLES)
    assert set(MODEL_VARIABLES) <= set(values)


def test_flags_are_zero_and_one_and_what_is_missing_is_not_a_number():
    found = dict(zip(MODEL_VARIABLES, numbers({"night": True, "weekend": False, "amount_minor": 5}), strict=True))
    assert (found["night"], found["weekend"], found["amount_minor"]) == (1.0, 0.0, 5.0)
    assert math.isnan(found["pair_payments"])
