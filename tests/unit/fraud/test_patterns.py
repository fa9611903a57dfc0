"""What is a spike, on real arithmetic."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fraud.patterns import Limits, comparable_hours, find_spike

LIMITS = Limits(minimum=30, multiple=3.0, deviations=4.0)
HOUR = timedelta(hours=1)


def test_a_hundred_where_twenty_are_usual():
    """Twenty hours of 18 and 22: mean 20, sample variance 80/19 = 4.2, chance alone 20, widened by 1/20: 21.

    20 + 4 √21 = 38.3; three times the usual is 60, and that is the higher hurdle.
    """
    spike = find_spike(100, [18, 22] * 10, LIMITS)
    assert spike is not None
    assert (spike.expected, spike.limit) == (20, 60)
    assert find_spike(60, [18, 22] * 10, LIMITS) is None
    assert find_spike(61, [18, 22] * 10, LIMITS) is not None


def test_a_seller_with_wild_hours_needs_more():
    """Hours of 10 and 70: mean 40, sample variance 20 · 900 / 19 = 947.4, · 1.05 = 994.7; 40 + 4 · 31.5 = 166.2."""
    wild = [10, 70] * 10
    spike = find_spike(167, wild, LIMITS)
    assert spike is not None
    assert spike.limit == pytest.approx(166.16, abs=0.01)
    assert find_spike(166, wild, LIMITS) is None


def test_small_numbers_are_never_a_spike():
    assert find_spike(29, [0] * 20, LIMITS) is None
    assert find_spike(30, [0] * 20, LIMITS) is not None


def test_what_never_was_there_has_only_the_minimum():
    assert find_spike(30, [], LIMITS) is not None
    assert find_spike(29, [], LIMITS) is None


def test_one_comparable_hour_says_little():
    """A single count of 25: chance 25, doubled for one sample: 25 + 4 √50 = 53.3; the multiple asks for 75."""
    spike = find_spike(76, [25], LIMITS)
    assert spike is not None
    assert spike.limit == 75
    wide = Limits(minimum=1, multiple=1.0, deviations=4.0)
    spike = find_spike(54, [25], wide)
    assert spike is not None
    assert spike.limit == pytest.approx(53.28, abs=0.01)


@given(st.lists(st.integers(0, 500), max_size=28), st.integers(0, 5_000))
def test_a_larger_count_is_never_less_unusual(baseline, seen):
    if find_spike(seen, baseline, LIMITS):
        assert find_spike(seen + 1, baseline, LIMITS)
        assert seen >= LIMITS.minimum


def test_a_working_day_is_compared_with_working_days_at_the_same_hour():
    wednesday = datetime(2026, 11, 18, 12, 30, tzinfo=UTC)
    windows = comparable_hours(wednesday, days=28, window=HOUR)
    assert len(windows) == 20
    assert {end.weekday() for _, end in windows} == {0, 1, 2, 3, 4}
    assert windows[-1] == (wednesday - timedelta(days=1, hours=1), wednesday - timedelta(days=1))
    assert windows[0][1] == wednesday - timedelta(days=28)


def test_a_sunday_with_saturdays_and_sundays():
    sunday = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
    windows = comparable_hours(sunday, days=28, window=HOUR)
    assert len(windows) == 8
    assert all(end.hour == 3 and end.weekday() >= 5 for _, end in windows)
