"""An alarm that is silent while nothing happens, and rings for what an attack looks like."""

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fraud.enums import DriftVerdict as Verdict
from fraud.model import drift

LIMITS = {"fewest": 1_000, "warn": 0.1, "critical": 0.25}
CHANCE = random.Random(20)
NORMAL = [CHANCE.gauss(0, 1) for _ in range(20_000)]
NUMBERS = drift.of_numbers(NORMAL)
# As genuine payments score: linear in the logarithm of the share above, so nine in ten are below 180.
SCORES = [min(int(-math.log10(CHANCE.random()) * 176), 1_000) for _ in range(20_000)]
SCORED = drift.of_scores(SCORES)


def verdict(reference: drift.Histogram, values: list[float]) -> Verdict:
    return drift.judge(drift.psi(reference, reference.of(values)), events=len(values), **LIMITS)


def test_by_hand() -> None:
    """Half and half became nine to one: (0.9 - 0.5) ln(0.9 / 0.5) + (0.1 - 0.5) ln(0.1 / 0.5) = 0.879."""
    before = drift.Histogram((0.0,), (), (5_000_000, 5_000_000), 0)
    after = drift.Histogram((0.0,), (), (9_000_000, 1_000_000), 0)
    assert drift.psi(before, after) == pytest.approx(0.8789, abs=1e-3)
    assert drift.psi(before, before) == 0.0


@pytest.mark.parametrize("window", range(20))
def test_silent_on_twenty_windows_of_a_thousand_in_which_nothing_happened(window: int) -> None:
    chance = random.Random(window)
    assert verdict(NUMBERS, chance.choices(NORMAL, k=1_000)) is Verdict.STABLE
    assert verdict(SCORED, chance.choices(SCORES, k=1_000)) is Verdict.STABLE


@pytest.mark.parametrize("window", range(20))
def test_rings_when_everybody_moves_by_half_a_deviation(window: int) -> None:
    chance = random.Random(100 + window)
    assert verdict(NUMBERS, [value + 0.5 for value in chance.choices(NORMAL, k=1_000)]) is not Verdict.STABLE


@pytest.mark.parametrize("window", range(20))
def test_rings_when_one_in_twenty_moves_into_the_tail_which_deciles_alone_would_not_show(window: int) -> None:
    chance = random.Random(200 + window)
    moved = [*chance.choices(NORMAL, k=950), *(chance.gauss(4, 0.2) for _ in range(50))]
    assert verdict(NUMBERS, moved) is not Verdict.STABLE
    deciles = drift.Histogram(NUMBERS.edges[:9], (), (0,) * 10, 0).of(NORMAL)
    assert verdict(deciles, moved) is Verdict.STABLE
    scores = [*chance.choices(SCORES, k=950), *(chance.randint(901, 1_000) for _ in range(50))]
    assert verdict(SCORED, scores) is not Verdict.STABLE


def test_a_variable_that_goes_missing_rings() -> None:
    values = [*NORMAL[:800], *[None] * 200]
    assert drift.judge(drift.psi(NUMBERS, NUMBERS.of(values)), events=1_000, **LIMITS) is Verdict.CRITICAL


def test_below_a_thousand_events_nothing_is_said() -> None:
    assert drift.judge(9.9, events=999, **LIMITS) is Verdict.INSUFFICIENT
    assert drift.judge(9.9, events=1_000, **LIMITS) is Verdict.CRITICAL


@pytest.mark.parametrize(
    ("value", "said"), [(0.1, "STABLE"), (0.1001, "WARN"), (0.25, "WARN"), (0.2501, "CRITICAL"), (0.0, "STABLE")]
)
def test_the_limits_belong_to_the_quieter_side(value: float, said: str) -> None:
    assert drift.judge(value, events=5_000, **LIMITS) == said


def test_a_score_has_bins_inside_the_bands() -> None:
    assert drift.of_scores([0, 100, 101, 300, 301, 900, 901, 1_000]).counts == (2, 1, 1, 1, 0, 1, 2)
    assert drift.of_scores([]).labels()[-2:] == ["over 900", "missing"]


def test_few_values_make_few_bins_and_none_at_all_makes_one() -> None:
    flags = drift.of_numbers([0.0] * 90 + [1.0] * 10)
    assert (flags.edges, flags.counts) == ((0.0, 1.0), (90, 10, 0))
    nothing = drift.of_numbers([None, float("nan")])
    assert (nothing.edges, nothing.counts, nothing.missing) == ((), (0,), 2)
    assert nothing.labels() == ["any", "missing"]


def test_categories_never_seen_before_are_other() -> None:
    reference = drift.of_categories(["VISA"] * 70 + ["AMEX"] * 29 + [None])
    assert (reference.categories, reference.counts, reference.missing) == (("AMEX", "VISA"), (29, 70, 0), 1)
    assert reference.of(["VISA", "JCB", None]).counts == (0, 1, 1)
    assert reference.labels() == ["AMEX", "VISA", "other", "missing"]
    assert drift.of_categories([str(n % 30) for n in range(3_000)]).counts[-1] == 1_000


@given(st.lists(st.floats(allow_nan=True, allow_infinity=False) | st.none(), min_size=1, max_size=200))
def test_every_value_has_one_bin_and_a_reference_survives_storage(values: list[float | None]) -> None:
    found = drift.of_numbers(values)
    assert found.events == len(values)
    assert drift.read(found.as_json()) == found
    assert drift.psi(found, found) == 0.0
