"""When a rule leaves its forecast: 12 to 31 hits in 1,000 payments, looked at from both edges."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fraud.rules.watching import Band, Verdict, verdict

BAND = Band(12.0, 31.0)


@pytest.mark.parametrize(
    ("hits", "payments", "expected"),
    [
        (12, 1_000, Verdict.INSIDE),
        (11, 1_000, Verdict.BELOW),
        (31, 1_000, Verdict.INSIDE),
        (32, 1_000, Verdict.ABOVE),
        (0, 1_000, Verdict.BELOW),
        (1_000, 1_000, Verdict.ABOVE),
        (62, 2_000, Verdict.INSIDE),
        (63, 2_000, Verdict.ABOVE),
        (500, 999, Verdict.TOO_FEW),
        (0, 0, Verdict.TOO_FEW),
    ],
)
def test_both_ends_belong_to_the_band(hits, payments, expected):
    assert verdict(hits=hits, payments=payments, band=BAND, minimum_payments=1_000) is expected


def test_nothing_is_said_of_nothing_even_where_no_minimum_is_set():
    assert verdict(hits=0, payments=0, band=BAND, minimum_payments=0) is Verdict.TOO_FEW


@given(st.integers(1, 5_000), st.floats(0, 1_000), st.floats(0, 1_000), st.data())
def test_exactly_one_verdict_and_more_hits_never_lead_back_down(payments, one, other, data):
    band = Band(min(one, other), max(one, other))
    hits = data.draw(st.integers(0, payments - 1))
    order = [Verdict.BELOW, Verdict.INSIDE, Verdict.ABOVE]
    before, after = (
        order.index(verdict(hits=number, payments=payments, band=band, minimum_payments=1))
        for number in (hits, hits + 1)
    )
    assert before <= after
