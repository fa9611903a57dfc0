"""What the state knows of a payment's parties before it: worked examples, then any history against a plain list."""

import itertools
import math
from datetime import UTC, datetime
from statistics import median

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fraud.features import customers, rings, sellers
from fraud.features.derived import derive
from fraud.features.rings import DAY, HOUR, MINUTE
from fraud.features.state import DOUBLES, RAW, Ended, Event, State

SECOND = 1_000_000


def moment(text: str) -> int:
    """Microseconds since 1970 of a moment in UTC."""
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * SECOND


NOON = moment("2026-03-04T12:00:30")


NUMBERS = itertools.count()


def pay(state, at, amount=5_000, *, ended=Ended.PAID, livemode=True, **named):
    """One attempt of cus_1 and how it ended; the values before it."""
    event = Event(f"pay_{next(NUMBERS)}", livemode, at, amount, named.pop("customer", "cus_1"), **named)
    values = state.attempt(event)
    state.outcome(event, ended)
    return values


def known(state, at, amount=5_000, **named):
    event = Event("asked", True, at, amount, named.pop("customer", "cus_1"), **named)
    return derive(state.look(event), amount_minor=amount, at=at)


def test_of_a_customer_never_seen_nothing_is_known_and_counts_are_zero():
    values = known(State(), NOON, seller="ven_1", card="c", device="d", address="a", country="US")
    assert {name for name, value in values.items() if value is None} == {
        "amount_to_usual",
        "amount_to_usual_largest",
        "customer_average_minor",
        "customer_deviation_30d_minor",
        "customer_largest_minor",
        "customer_mean_30d_minor",
        "customer_mean_7d_minor",
        "customer_median_minor",
        "customer_seconds_since_large",
        "customer_seconds_since_last",
        "seller_fraud_run",
        "seller_fraud_run_age_days",
        "seller_fraud_share_30d",
        "seller_fraud_share_7d",
    }
    assert (values["customer_payments_30d"], values["customer_cards_24h"], values["customer_age_days"]) == (0, 1, 0.0)


def test_what_is_not_named_is_not_known():
    values = known(State(), NOON)
    unknown = {name for name, value in values.items() if value is None}
    assert {"seller_payments_7d", "seller_age_days", "pair_payments_30d", "card_payments_24h"} <= unknown
    assert {"ip_payments_1h", "device_payments_24h", "customer_other_countries_24h"} <= unknown
    assert values["customer_cards_24h"] == values["customer_devices_24h"] == 0


def test_values_are_those_before_the_payment():
    state = State()
    assert pay(state, NOON)["customer_payments_1h"] == 0
    assert pay(state, NOON)["customer_payments_1h"] == 1
    assert pay(state, NOON)["customer_payments_1h"] == 2


@pytest.mark.parametrize(
    ("later", "hour", "day"),
    [(HOUR - 1, 1, 1), (HOUR, 0, 1), (DAY - 1, 0, 1), (DAY, 0, 0)],
)
def test_limits_of_an_hour_and_a_day_are_exact_to_the_microsecond(later, hour, day):
    state = State()
    pay(state, NOON)
    values = known(state, NOON + later)
    assert (values["customer_payments_1h"], values["customer_payments_24h"]) == (hour, day)


def test_the_eleventh_payment_of_an_hour_and_the_fifty_first_of_a_day_see_ten_and_fifty():
    state = State()
    seen = [pay(state, NOON + number * MINUTE)["customer_payments_1h"] for number in range(11)]
    assert seen == list(range(11))
    seen = [pay(state, NOON + HOUR + number * 20 * MINUTE)["customer_payments_24h"] for number in range(40)]
    assert seen[-1] == 50


def test_a_burst_beyond_what_is_listed_is_still_counted():
    state = State()
    for number in range(300):
        pay(state, NOON + number * SECOND // 10)
    values = known(state, NOON + MINUTE)
    assert (values["customer_payments_1h"], values["customer_payments_24h"]) == (300, 300)
    assert known(state, NOON + 2 * HOUR)["customer_payments_1h"] == 0


def test_an_hour_of_an_address_is_this_minute_and_the_59_before():
    state = State()
    first = moment("2026-03-04T12:00:30")
    pay(state, first, address="203.0.113.7")
    assert known(state, moment("2026-03-04T12:59:59"), address="203.0.113.7")["ip_payments_1h"] == 1
    assert known(state, moment("2026-03-04T13:00:00"), address="203.0.113.7")["ip_payments_1h"] == 0


def test_a_week_is_today_and_the_six_days_before():
    state = State()
    pay(state, moment("2026-03-04T23:59:59"), 7_000, seller="ven_1")
    sunday = known(state, moment("2026-03-10T23:59:59"), seller="ven_1")
    monday = known(state, moment("2026-03-11T00:00:00"), seller="ven_1")
    assert (sunday["customer_payments_7d"], sunday["customer_amount_7d_minor"], sunday["seller_payments_7d"]) == (
        1,
        7_000,
        1,
    )
    assert (monday["customer_payments_7d"], monday["customer_amount_7d_minor"], monday["seller_payments_7d"]) == (
        0,
        0,
        0,
    )
    assert (monday["customer_payments_30d"], monday["customer_mean_7d_minor"]) == (1, None)


def test_a_refused_attempt_counts_as_attempt_and_decline_and_never_as_paid():
    state = State()
    pay(state, NOON, card="card_1", ended=Ended.REFUSED)
    values = known(state, NOON, card="card_1")
    assert (values["customer_payments_1h"], values["card_payments_24h"]) == (1, 1)
    assert (values["customer_declines_24h"], values["card_declines_24h"]) == (1, 1)
    assert (values["customer_paid_30d"], values["customer_amount_24h_minor"], values["amount_to_usual"]) == (0, 0, None)


def test_an_attempt_that_failed_is_neither_paid_nor_refused():
    state = State()
    pay(state, NOON, ended=Ended.NEITHER)
    values = known(state, NOON)
    assert (values["customer_payments_1h"], values["customer_paid_30d"], values["customer_declines_24h"]) == (1, 0, 0)


def test_mean_median_deviation_and_largest_of_what_was_paid():
    state = State()
    for day, amount in enumerate([2_000, 4_000, 9_000, 5_000]):
        pay(state, NOON + day * DAY, amount)
    values = known(state, NOON + 4 * DAY, 10_000)
    assert values["customer_mean_30d_minor"] == values["customer_average_minor"] == 5_000.0
    assert (values["customer_median_minor"], values["customer_largest_minor"]) == (4_500.0, 9_000)
    # Deviations from 5,000: -3,000, -1,000, 4,000 and 0; their squares make 26,000,000, by three.
    assert values["customer_deviation_30d_minor"] == pytest.approx(math.sqrt(26_000_000 / 3))
    # A week later the first three have left the seven days.
    assert known(state, NOON + 9 * DAY)["customer_mean_7d_minor"] == 5_000.0


def test_the_median_is_of_the_newest_32_paid_amounts_of_30_days():
    state = State()
    for number in range(33):
        pay(state, NOON + number * HOUR, 1_000 if number < 17 else 3_000)
    # One of the 17 small ones has left: 16 of each.
    assert known(state, NOON + 33 * HOUR)["customer_median_minor"] == 2_000.0
    pay(state, NOON + 34 * HOUR, 3_000)
    assert known(state, NOON + 35 * HOUR)["customer_median_minor"] == 3_000.0
    assert known(state, NOON + 34 * HOUR + 30 * DAY)["customer_median_minor"] is None


def test_a_stolen_card_stands_out_and_does_not_become_usual():
    state = State()
    pay(state, NOON, 1_000)
    pay(state, NOON + DAY, 2_000)
    assert known(state, NOON + 2 * DAY, 7_500)["amount_to_usual"] == 5.0
    pay(state, NOON + 2 * DAY, 7_500)
    # Counted as 2.8 x 1,500 = 4,200: (1,000 + 2,000 + 4,200) / 3.
    values = known(state, NOON + 3 * DAY, 4_800)
    assert values["amount_to_usual"] == pytest.approx(2.0)
    assert values["amount_to_usual_largest"] == pytest.approx(4_800 / 4_200)
    assert (values["customer_large_3d"], values["customer_large_14d"]) == (1, 1)
    assert values["customer_seconds_since_large"] == 86_400.0
    assert values["customer_largest_minor"] == 7_500
    later = known(state, NOON + 5 * DAY)
    assert (later["customer_large_3d"], later["customer_large_14d"]) == (0, 1)
    assert known(state, NOON + 16 * DAY)["customer_large_14d"] == 0


def test_an_amount_of_exactly_the_limit_is_not_large():
    state = State()
    pay(state, NOON, 1_000)
    pay(state, NOON, 2_800)
    assert known(state, NOON)["customer_large_3d"] == 0


def test_what_is_usual_forgets_slowly():
    state = State()
    for number in range(customers.USUAL_MEMORY):
        pay(state, NOON + number * MINUTE, 1_000)
    pay(state, NOON + DAY, 2_000)
    # The newest weighs one in 256, however many there were.
    assert known(state, NOON + DAY, 1_000)["amount_to_usual"] == 1_000 / (1_000 + 1_000 / 256)


def test_cards_and_devices_of_a_day_include_this_one_once():
    state = State()
    pay(state, NOON, card="one", device="phone")
    pay(state, NOON + HOUR, card="two", device="phone")
    same = known(state, NOON + 2 * HOUR, card="two", device="phone")
    another = known(state, NOON + 2 * HOUR, card="three")
    assert (same["customer_cards_24h"], same["customer_devices_24h"]) == (2, 1)
    assert (another["customer_cards_24h"], another["customer_devices_24h"]) == (3, 1)
    assert known(state, NOON + DAY, card="three")["customer_cards_24h"] == 2


def test_other_customers_of_a_card_a_device_and_an_address():
    state = State()
    for name in ("cus_1", "cus_2", "cus_2", "cus_3"):
        pay(state, NOON, customer=name, card="card", device="phone", address="203.0.113.7")
    named = {"card": "card", "device": "phone", "address": "203.0.113.7"}
    values = known(state, NOON + HOUR, **named)
    assert (values["card_other_customers_30d"], values["device_other_customers_30d"]) == (2, 2)
    assert values["ip_other_customers_24h"] == 2
    assert known(state, NOON + DAY, **named)["ip_other_customers_24h"] == 0
    assert known(state, NOON + 30 * DAY - 1, **named)["card_other_customers_30d"] == 2
    assert known(state, NOON + 30 * DAY, **named)["device_other_customers_30d"] == 0


def test_a_day_of_a_device_is_this_hour_and_the_23_before():
    state = State()
    pay(state, moment("2026-03-04T12:59:59"), device="phone")
    assert known(state, moment("2026-03-05T11:59:59"), device="phone")["device_payments_24h"] == 1
    assert known(state, moment("2026-03-05T12:00:00"), device="phone")["device_payments_24h"] == 0


def test_attempts_from_another_country_within_a_day():
    state = State()
    for country in ("US", "US", "GB", ""):
        pay(state, NOON, country=country)
    assert known(state, NOON + HOUR, country="US")["customer_other_countries_24h"] == 1
    assert known(state, NOON + HOUR, country="FR")["customer_other_countries_24h"] == 3
    assert known(state, NOON + HOUR)["customer_other_countries_24h"] is None


def test_a_customer_and_a_seller_know_each_other():
    state = State()
    for day in (0, 20, 40):
        pay(state, NOON + day * DAY, seller="ven_1")
    pay(state, NOON + 40 * DAY, seller="ven_2")
    values = known(state, NOON + 40 * DAY, seller="ven_1")
    assert (values["pair_payments"], values["pair_payments_30d"], values["seller_payments_30d"]) == (3, 2, 2)
    assert known(state, NOON + 40 * DAY, seller="ven_3")["pair_payments"] == 0
    assert (values["customer_age_days"], values["seller_age_days"]) == (40.0, 40.0)


def label(state, at, is_fraud, *, known_at=None, seller="ven_1", payment_id="pay"):
    event = Event(payment_id, True, at, 5_000, "cus_1", seller)
    state.label(event, known_at=known_at or at + 7 * DAY, is_fraud=is_fraud)


def test_a_run_of_fraud_begins_grows_and_ends():
    state = State()

    def run(day):
        values = known(state, NOON + day * DAY, seller="ven_1")
        return values["seller_fraud_run"], values["seller_fraud_run_age_days"]

    assert run(7) == (None, None)
    label(state, NOON, False)
    assert run(7) == (0, None)
    label(state, NOON + DAY, True)
    label(state, NOON + 2 * DAY, True)
    assert run(9) == (2, 8.0)
    # A genuine payment from before the run tells nothing of the seller today.
    label(state, NOON - DAY, False)
    assert run(9) == (2, 8.0)
    label(state, NOON + 3 * DAY, False)
    assert run(10) == (0, None)
    # Fraud from before the newest genuine payment begins no run.
    label(state, NOON + 2 * DAY, True)
    assert run(10) == (0, None)


def runs(*labels):
    """The run after labels of payments at these days, in the order in which they became known."""
    state = sellers.new()
    for day, is_fraud in labels:
        sellers.label(state, NOON + day * DAY, NOON + 90 * DAY, is_fraud)
    since = state[sellers.RUN_SINCE]
    return state[sellers.RUN], None if since < 0 else (since - NOON) // DAY


def test_labels_in_another_order_than_their_payments():
    # Of one moment, what becomes known later counts.
    assert runs((3, True), (3, False)) == (0, None)
    assert runs((3, False), (3, True)) == (1, 3)
    # Fraud of day 1 becomes known after that of day 3: an older run, which a genuine payment of day 2 does not end.
    assert runs((3, True), (1, True)) == (2, 1)
    assert runs((3, True), (1, True), (2, False)) == (2, 1)
    # A genuine payment of day 1 does not make us forget that of day 5.
    assert runs((5, False), (1, False), (3, True)) == (0, None)


def test_outcomes_in_another_order_than_their_payments():
    state = State()
    pay(state, NOON, 1_000)
    pay(state, NOON + 3 * DAY, 9_000)
    pay(state, NOON + 2 * DAY, 90_000)
    assert known(state, NOON + 4 * DAY)["customer_seconds_since_large"] == 86_400.0


def test_shares_are_of_labels_that_became_known_in_the_window():
    state = State()
    for is_fraud in (True, False, False, False):
        label(state, NOON, is_fraud, known_at=NOON + 7 * DAY)
    label(state, NOON + 7 * DAY, True, known_at=NOON + 14 * DAY)
    values = known(state, NOON + 14 * DAY, seller="ven_1")
    assert (values["seller_fraud_share_7d"], values["seller_fraud_share_30d"]) == (1.0, 0.4)
    assert known(state, NOON + 21 * DAY, seller="ven_1")["seller_fraud_share_7d"] is None


def test_fraud_known_of_a_customer_counts_for_90_days():
    state = State()
    label(state, NOON, True, known_at=NOON, payment_id="pay_1")
    label(state, NOON, True, known_at=NOON, payment_id="pay_2")
    label(state, NOON, False, known_at=NOON, payment_id="pay_3")
    assert known(state, NOON + 90 * DAY - 1)["customer_fraud_reports_90d"] == 2
    assert known(state, NOON + 90 * DAY)["customer_fraud_reports_90d"] == 0


def test_of_known_fraud_the_newest_sixteen_count():
    state = State()
    for number in range(20):
        label(state, NOON, True, known_at=NOON + number, payment_id=f"pay_{number}")
    assert known(state, NOON + DAY)["customer_fraud_reports_90d"] == customers.FRAUDS_CAP == 16


def test_test_mode_and_live_mode_share_nothing():
    state = State()
    named = {"seller": "ven_1", "card": "card", "device": "phone", "address": "203.0.113.7", "country": "US"}
    fresh = known(state, NOON, **named)
    pay(state, NOON, livemode=False, **named)
    state.label(Event("pay", False, NOON, 5_000, "cus_1", "ven_1"), known_at=NOON, is_fraud=True)
    assert known(state, NOON, **named) == fresh


def test_a_clock_that_is_ahead_hides_nothing():
    state = State()
    pay(state, NOON + DAY, 3_000, address="203.0.113.7")
    values = known(state, NOON, address="203.0.113.7")
    assert (values["customer_payments_1h"], values["customer_payments_7d"], values["ip_payments_1h"]) == (1, 1, 1)
    assert values["customer_seconds_since_last"] == 0.0


def test_a_value_seen_again_earlier_keeps_when_it_was_last_seen():
    seen = []
    rings.touch(seen, "card", NOON + HOUR, NOON - DAY)
    rings.touch(seen, "card", NOON, NOON - DAY)
    assert seen == [NOON + HOUR, "card"]


def test_pairs_of_one_moment_stay_in_order_of_arrival_and_leave_at_the_end_of_the_window():
    newest = []
    for value in "abc":
        rings.push(newest, NOON, value, 2, NOON - DAY)
    assert newest == [NOON, "b", NOON, "c"]
    rings.push(newest, NOON + DAY, "d", 2, NOON)
    assert newest == [NOON + DAY, "d"]


def test_distinct_values_are_capped_at_the_newest():
    seen = []
    for number in range(rings.DISTINCT_CAP + 10):
        rings.touch(seen, number, NOON + number, NOON - DAY)
    assert len(seen) == 2 * rings.DISTINCT_CAP
    assert rings.others(seen, 0, NOON - DAY) == rings.DISTINCT_CAP
    assert seen[1] == 10


def test_what_is_a_whole_ring_behind_is_not_kept():
    ring = []
    rings.slot(ring, 2, 24, 100)
    assert rings.slot(ring, 2, 24, 76) == -1
    assert rings.slot(ring, 2, 24, 77) == 0
    assert rings.slot(ring, 2, 24, 101) == 2
    assert [ring[0], ring[2]] == [100, 101]


GAPS = st.one_of(
    st.sampled_from([0, 1, SECOND, HOUR - 1, HOUR, DAY - 1, DAY, 3 * DAY, 7 * DAY, 29 * DAY, 30 * DAY, 91 * DAY]),
    st.integers(0, 2 * HOUR),
    st.integers(0, 8 * DAY),
)
PAYMENTS = st.lists(
    st.tuples(
        GAPS,
        st.integers(1, 300_000),
        st.sampled_from(["cus_1", "cus_2"]),
        st.sampled_from(["", "ven_1", "ven_2"]),
        st.sampled_from(["", "card_1", "card_2"]),
        st.sampled_from(["", "US", "GB"]),
        st.sampled_from(list(Ended)),
    ),
    max_size=40,
)


def from_a_list(past, event):
    """The counting values by looking through all payments before, straight from what each window means."""

    def within(rows, span, buckets):
        return [row for row in rows if row[0].at // span > event.at // span - buckets]

    own = [row for row in past if row[0].customer == event.customer]
    paid = [row for row in own if row[1] is Ended.PAID]
    paid_30d = within(paid, DAY, 30)
    amounts = [row[0].amount_minor for row in paid[-32:] if row[0].at > event.at - 30 * DAY]
    day = [row[0] for row in own if row[0].at > event.at - DAY]
    card = [row for row in past if row[0].card == event.card]
    seller = [row for row in past if row[0].seller == event.seller]
    values = {
        "customer_payments_1h": sum(row.at > event.at - HOUR for row in day),
        "customer_payments_24h": len(day),
        "customer_payments_7d": len(within(own, DAY, 7)),
        "customer_payments_30d": len(within(own, DAY, 30)),
        "customer_paid_30d": len(paid_30d),
        "customer_amount_24h_minor": sum(row[0].amount_minor for row in within(paid, HOUR, 24)),
        "customer_amount_7d_minor": sum(row[0].amount_minor for row in within(paid, DAY, 7)),
        "customer_amount_30d_minor": sum(row[0].amount_minor for row in paid_30d),
        "customer_largest_minor": max((row[0].amount_minor for row in paid_30d), default=-1),
        "customer_median_minor": median(amounts) if amounts else -1,
        "customer_declines_24h": len([row for row in within(own, HOUR, 24) if row[1] is Ended.REFUSED]),
        "customer_cards_24h": len({row.card for row in day} | {event.card} - {""}) - ("" in {row.card for row in day}),
        "customer_last_at": max((row[0].at for row in own), default=-1),
        "customer_first_at": min((row[0].at for row in own), default=-1),
    }
    if event.country:
        values["customer_other_countries_24h"] = sum(row.country not in ("", event.country) for row in day)
    if event.seller:
        values["seller_payments_7d"] = len(within(seller, DAY, 7))
        values["pair_payments"] = sum(row[0].seller == event.seller for row in own)
    if event.card:
        values["card_payments_24h"] = len(within(card, HOUR, 24))
        values["card_declines_24h"] = len([row for row in within(card, HOUR, 24) if row[1] is Ended.REFUSED])
        values["card_other_customers_30d"] = len(
            {row[0].customer for row in card if row[0].at > event.at - 30 * DAY} - {event.customer}
        )
    return values


@given(PAYMENTS)
@settings(deadline=None)
def test_any_history_gives_what_a_list_of_it_gives(payments):
    state, past, at = State(), [], NOON
    for number, (gap, amount, customer, seller, card, country, ended) in enumerate(payments):
        at += gap
        event = Event(number, True, at, amount, customer, seller, card=card, country=country)
        expected = from_a_list(past, event)
        values = state.attempt(event)
        assert {name: values[name] for name in expected} == expected
        state.outcome(event, ended)
        past.append((event, ended))


@given(st.lists(st.integers(0, 25 * DAY), min_size=1, max_size=30), st.randoms(use_true_random=False))
@settings(deadline=None)
def test_counts_do_not_depend_on_the_order_in_which_payments_arrive(offsets, random):
    def told(order):
        state = State()
        for number in order:
            event = Event(number, True, NOON + offsets[number], 100 + number, "cus_1", "ven_1", "card", address="a")
            state.add(event)
            state.outcome(event, Ended.PAID)
        values = state.look(Event("asked", True, NOON + 25 * DAY, 1, "cus_1", "ven_1", "card", address="a"))
        return {name: value for name, value in values.items() if "usual" not in name and "large_" not in name}

    shuffled = list(range(len(offsets)))
    random.shuffle(shuffled)
    assert told(shuffled) == told(sorted(shuffled, key=lambda number: offsets[number]))


@given(PAYMENTS)
@settings(deadline=None, max_examples=30)
def test_values_are_whole_numbers_below_two_to_the_53rd_or_doubles_as_declared(payments):
    state, at = State(), NOON
    for number, (gap, amount, customer, seller, card, country, ended) in enumerate(payments):
        at += gap
        event = Event(number, True, at, amount, customer, seller, card=card, country=country)
        values = state.attempt(event)
        state.outcome(event, ended)
        assert tuple(values) == RAW
        for name, value in values.items():
            assert name in DOUBLES or (isinstance(value, int) and -1 <= value < 2**53)


@given(st.lists(st.booleans(), max_size=20))
def test_the_run_is_the_number_of_frauds_at_the_end(labels):
    state = sellers.new()
    for number, is_fraud in enumerate(labels):
        sellers.label(state, NOON + number * HOUR, NOON + number * HOUR + 7 * DAY, is_fraud)
    run = 0
    for is_fraud in reversed(labels):
        if not is_fraud:
            break
        run += 1
    assert state[sellers.RUN] == run
    assert state[sellers.RUN_SINCE] == (NOON + (len(labels) - run) * HOUR if run else -1)


@given(st.datetimes(min_value=datetime(1970, 1, 1), max_value=datetime(2100, 1, 1)))
def test_hour_night_and_weekend_are_those_of_the_calendar(when):
    at = (when - datetime(1970, 1, 1)) // (datetime(1970, 1, 1, microsecond=1) - datetime(1970, 1, 1))
    values = known(State(), at)
    assert values["hour_utc"] == when.hour
    assert values["night"] == (when.hour < 6)
    assert values["weekend"] == (when.weekday() >= 5)
