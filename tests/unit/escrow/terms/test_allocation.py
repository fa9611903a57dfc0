"""Milestones and the cents they free."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.money import Currency, Money
from escrow.terms import allocation
from tests.unit.escrow.terms.examples import BUILD, condition, milestone, terms

Shares = list[tuple[str | None, int]]


def split(conditions: list[dict[str, object]], minor: int, currency: Currency = Currency.USD) -> Shares:
    shares = allocation.split(terms({"/escrowConditions": conditions}), Money(minor, currency))
    assert all(share.amount.currency is currency for share in shares)
    return [(share.condition_id, share.amount.minor) for share in shares]


def test_terms_without_milestones_are_one_part() -> None:
    assert split([condition("a"), milestone("b", note="no amount")], 500_000) == [(None, 500_000)]


def test_a_build_of_5000_in_three_stages() -> None:
    shares = allocation.split(terms(BUILD), Money(500_000))
    assert [(share.condition_id, share.amount.minor) for share in shares] == [
        ("foundation", 150_000), ("walls", 250_000), ("roof", 100_000),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("percentages", "minor", "parts"),
    [
        (["33.33", "33.33", "33.34"], 100, [33, 33, 34]),
        (["33.33", "33.33", "33.34"], 100_001, [33_330, 33_330, 33_341]),  # 33330.3333 twice, 33340.3334
        (["50", "50"], 1_001, [501, 500]),
        (["99.99", "0.01"], 100, [99, 1]),  # no milestone goes without a cent
    ],
)
def test_percentages_lose_no_cent(percentages: list[str], minor: int, parts: list[int]) -> None:
    conditions = [milestone(f"m{number}", percentage=share) for number, share in enumerate(percentages)]
    assert [part for _, part in split(conditions, minor)] == parts


def test_where_there_are_fewer_cents_than_milestones_the_first_have_them() -> None:
    conditions = [
        milestone("a", percentage="99.98"),
        milestone("b", percentage="0.01"),
        milestone("c", percentage="0.01"),
    ]
    assert split(conditions, 2) == [("a", 1), ("b", 1)]


def test_agreed_amounts_share_the_fee_that_was_taken() -> None:
    """3,000.00 and 2,000.00 agreed, 400.00 fee taken: 4,600.00 are there."""
    conditions = [milestone("a", amount=300_000), condition("b"), milestone("c", amount=200_000)]
    assert split(conditions, 500_000) == [("a", 300_000), ("c", 200_000)]
    assert split(conditions, 460_000) == [("a", 276_000), ("c", 184_000)]


def test_nothing_is_assumed_about_cents() -> None:
    halves = [milestone("a", percentage="50"), milestone("b", percentage="50")]
    assert split(halves, 7, Currency.JPY) == [("a", 4), ("b", 3)]


@given(amounts=st.lists(st.integers(1, 10**12), min_size=1, max_size=12), fee=st.integers(0, 9_999))
def test_parts_sum_to_the_net_and_each_is_something(amounts: list[int], fee: int) -> None:
    conditions = [milestone(f"m{number}", amount=amount) for number, amount in enumerate(amounts)]
    net = sum(amounts) - sum(amounts) * fee // 10_000
    parts = split(conditions, net)
    assert sum(part for _, part in parts) == net
    assert all(part > 0 for _, part in parts)
    assert len(parts) == min(len(amounts), net)
    if fee == 0:
        assert [part for _, part in parts] == amounts
