"""The order of the queue: what may be lost, halved for every half-life that is left until it cannot be undone."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fraud import priority
from fraud.parameters import _band_objection, _skill_objection

NOON = datetime(2026, 11, 18, 12, tzinfo=UTC)
BANDS = [[100, 5], [300, 30], [500, 300], [700, 1500], [900, 7000], [1000, 9100]]
DAY, HOUR = timedelta(days=1), timedelta(hours=1)

losses = st.integers(min_value=1, max_value=10**12)
ahead = st.integers(min_value=-500, max_value=5_000).map(lambda minutes: timedelta(minutes=minutes))


@pytest.mark.parametrize(
    ("score", "loss"),
    [(0, 60), (100, 60), (101, 360), (500, 3_600), (501, 18_000), (900, 84_000), (901, 109_200), (1000, 109_200)],
)
def test_1200_dollars_are_lost_with_the_probability_of_their_band(score, loss):
    assert priority.expected_loss(120_000, score, bands=BANDS, unscored=1_500) == loss


def test_without_a_score_the_loss_is_that_of_a_doubt():
    assert priority.expected_loss(120_000, None, bands=BANDS, unscored=1_500) == 18_000


def test_a_day_nearer_is_worth_twice_the_loss():
    """180.00 in two days stands where 90.00 stands in one, and before 89.00."""

    def place(loss, left):
        return priority.priority(loss, NOON + left, half_life_hours=24)

    assert place(18_000, 2 * DAY) == pytest.approx(place(9_000, DAY))
    assert place(18_000, 2 * DAY) > place(8_900, DAY)


@given(losses, ahead, losses, ahead)
def test_the_stored_order_is_that_of_loss_times_closeness_at_any_moment(loss, left, other_loss, other_left):
    """What is stored once agrees with the product as it would be worked out now, and a week later."""
    stored = priority.priority(loss, NOON + left, half_life_hours=24) - priority.priority(
        other_loss, NOON + other_left, half_life_hours=24
    )
    for later in (timedelta(), 7 * DAY):
        product = loss * 2 ** -((left - later) / DAY)
        other = other_loss * 2 ** -((other_left - later) / DAY)
        if abs(product - other) > 1e-6 * max(product, other):
            assert (stored > 0) == (product > other)


@pytest.mark.parametrize(
    ("left", "held", "said"),
    [
        (3 * HOUR + timedelta(minutes=10), True, "declines itself in 3 h 10 min"),
        (timedelta(minutes=-12), False, "overdue 12 min"),
        (2 * DAY + 4 * HOUR + timedelta(minutes=59), False, "due in 2 d 4 h"),
        (timedelta(seconds=30), True, "declines itself in less than a minute"),
        (timedelta(), True, "overdue less than a minute"),
    ],
)
def test_a_clock_says_in_words_what_happens_when(left, held, said):
    assert priority.clock(due_at=NOON + left, is_held=held, now=NOON) == said


@pytest.mark.parametrize(
    "bands",
    [[], [[500, 10]], [[1000, 10], [1000, 20]], [[500, 20], [1000, 10]], [[500, 10], [1000, 10_001]], [["x", 1]], [7]],
)
def test_bands_that_are_none_are_refused(bands):
    assert _band_objection(bands)
    assert _band_objection(BANDS) is None


def test_a_skill_that_nobody_can_have_is_refused():
    assert _skill_objection(["card_testing_rule CARD_TESTING"]) is None
    assert "JUGGLING" in str(_skill_objection(["card_testing_rule JUGGLING"]))
    assert _skill_objection(["card_testing_rule"])
