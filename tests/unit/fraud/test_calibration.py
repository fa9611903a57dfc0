"""What a score means: how many genuine payments get as far, whichever model says it."""

import math
import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fraud.model import calibration, probability
from fraud.model.calibration import TooFewGenuine
from fraud.model.probability import Line

# A hundred thousand genuine payments whose log-odds are the logarithm of their place: 2 % lie above ln(50), and so on.
PLACES = [math.log(100_000 / place) for place in range(1, 100_001)]
EXACT = calibration.fit(PLACES, largest=14.0)
# An example is hundreds of payments, which take their time to draw.
FEWER = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@pytest.mark.parametrize(
    ("share", "score"), [(1.0, 0), (0.02, 300), (0.002, 700), (0.0005, 900), (0.2, 124), (math.sqrt(0.02 * 0.002), 500)]
)
def test_a_score_is_linear_in_the_logarithm_of_the_share_of_genuine_payments_above(share: float, score: int) -> None:
    assert EXACT.score(math.log(1 / share)) == pytest.approx(score, abs=2)


def test_the_anchors_are_kept_with_their_log_odds() -> None:
    assert [(anchor.share, anchor.score, anchor.is_extrapolated) for anchor in EXACT.anchors] == [
        (1.0, 0, False), (0.02, 300, False), (0.002, 700, False), (0.0005, 900, False), (None, 1_000, False),
    ]  # fmt: skip
    assert EXACT.anchors[1].raw == pytest.approx(math.log(50), abs=0.001)
    assert EXACT.anchors[-1].raw == 14.0


def test_above_the_largest_ever_seen_is_1000_and_below_the_smallest_0() -> None:
    assert (EXACT.score(14.1), EXACT.score(1e9)) == (1_000, 1_000)
    assert (EXACT.score(-3.0), EXACT.score(0.0)) == (0, 0)
    assert 900 < EXACT.score(10.0) < 1_000


@FEWER
@given(st.lists(st.floats(-8, 8), min_size=500, max_size=900), st.floats(-9, 9), st.floats(-9, 9))
def test_a_higher_raw_score_never_gets_fewer_points(genuine: list[float], one: float, other: float) -> None:
    curve = calibration.fit(genuine, largest=max(genuine))
    low, high = sorted((one, other))
    assert 0 <= curve.score(low) <= curve.score(high) <= 1_000


@FEWER
@given(st.lists(st.sampled_from([-3.0, -1.0, 0.0, 2.0, 5.0]) | st.floats(-6, 6), min_size=500, max_size=900))
def test_at_most_two_percent_of_genuine_payments_are_reviewed_however_often_values_repeat(genuine: list[float]) -> None:
    curve = calibration.fit(genuine, largest=max(genuine))
    assert sum(curve.score(raw) > 300 for raw in genuine) <= 0.02 * len(genuine)


def test_the_bands_hold_the_shares_they_promise() -> None:
    chance = random.Random(11)
    genuine = [chance.gauss(-6, 1.5) for _ in range(40_000)]
    curve = calibration.fit(genuine, largest=6.0)
    above = {limit: sum(curve.score(raw) > limit for raw in genuine) for limit in (300, 700, 900)}
    assert above == {300: 800, 700: 80, 900: 20}


def test_too_few_genuine_payments_extrapolate_the_tail_and_say_so() -> None:
    chance = random.Random(12)
    curve = calibration.fit([chance.gauss(-6, 1.5) for _ in range(6_000)], largest=4.0)
    assert [anchor.is_extrapolated for anchor in curve.anchors] == [False, False, False, True, False]
    few = calibration.fit([chance.gauss(-6, 1.5) for _ in range(900)], largest=4.0)
    assert [anchor.is_extrapolated for anchor in few.anchors] == [False, False, True, True, False]
    raws = [anchor.raw for anchor in few.anchors]
    assert raws == sorted(raws)


def test_a_straight_line_in_the_logarithm_is_extrapolated_exactly() -> None:
    few = calibration.fit([math.log(1_000 / place) for place in range(1, 1_001)], largest=9.0)
    assert few.anchors[3].raw == pytest.approx(math.log(2_000), rel=0.05)


def test_with_fewer_than_five_hundred_there_is_no_scale() -> None:
    with pytest.raises(TooFewGenuine, match="500 are needed"):
        calibration.fit([0.0] * 499, largest=1.0)


def _said(line: Line, number: int) -> tuple[list[float], list[bool]]:
    chance = random.Random(13)
    raws = [chance.gauss(-3, 2) for _ in range(number)]
    return raws, [chance.random() < line(raw) for raw in raws]


def test_a_model_that_is_right_keeps_its_own_odds_and_one_that_is_not_is_put_right() -> None:
    right = probability.fit(*_said(Line(1.0, 0.0), 20_000))
    assert (right.slope, right.offset) == (pytest.approx(1.0, abs=0.06), pytest.approx(0.0, abs=0.1))
    off = probability.fit(*_said(Line(0.6, -1.0), 20_000))
    assert (off.slope, off.offset) == (pytest.approx(0.6, abs=0.06), pytest.approx(-1.0, abs=0.1))


def test_classes_that_separate_give_a_finite_line_and_an_order_turned_round_is_not_followed() -> None:
    apart = probability.fit([-1.0, -0.5, 0.5, 1.0], [False, False, True, True])
    assert 0 < apart.slope < 100
    assert probability.fit([-1.0, -0.5, 0.5, 1.0], [True, True, False, False]) == Line(1.0, 0.0)


def test_the_score_of_brier_is_the_mean_squared_miss() -> None:
    assert probability.brier([0.9, 0.2, 0.0], [True, False, False]) == pytest.approx((0.01 + 0.04 + 0) / 3)
    assert probability.brier([0.5, 0.5], [True, False]) == 0.25


def test_reliability_sets_what_was_said_beside_what_happened() -> None:
    table = probability.reliability([0.0005, 0.004, 0.004, 0.95], [False, False, True, True])
    assert [(row.upto, row.payments, row.said, row.observed) for row in table] == [
        (0.001, 1, 0.0005, 0.0), (0.005, 2, 0.004, 0.5), (1.0, 1, 0.95, 1.0),
    ]  # fmt: skip


def test_log_odds_far_out_overflow_nothing() -> None:
    assert (probability.sigmoid(-800.0), probability.sigmoid(800.0), probability.sigmoid(0.0)) == (0.0, 1.0, 0.5)
