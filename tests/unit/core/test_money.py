"""Money in worked numbers and in properties: no unit is ever lost or made."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.money import MAX_MINOR, AmountOutOfRange, CurrenciesDiffer, Currency, Money

minor = st.integers(-(10**15), 10**15)


def test_eight_per_cent_of_500_dollars_is_40_dollars() -> None:
    assert Money(50000).share(800) == Money(4000)


@pytest.mark.parametrize(("amount", "fee"), [(1, 0), (6, 0), (7, 1), (1006, 80), (1007, 81), (-1007, -81)])
def test_halves_round_away_from_zero(amount: int, fee: int) -> None:
    """8 % of 6 cents is 0.48, of 7 cents 0.56; 8 % of 1007 is 80.56."""
    assert Money(amount).share(800) == Money(fee)


def test_half_a_cent_rounds_up() -> None:
    assert Money(25).share(200) == Money(1)


def test_a_dollar_in_three_parts_keeps_its_last_cent() -> None:
    assert Money(100).allocate([1, 1, 1]) == [Money(34), Money(33), Money(33)]


@given(minor, st.lists(st.integers(0, 10**6), min_size=1, max_size=8).filter(any))
def test_allocation_never_loses_a_unit(amount: int, weights: list[int]) -> None:
    parts = Money(amount).allocate(weights)
    assert sum(part.minor for part in parts) == amount
    for part, weight in zip(parts, weights, strict=True):
        assert abs(part.minor - amount * weight / sum(weights)) < 1 + 1e-6 * abs(amount)
        assert weight or part.minor == 0


@given(minor, minor)
def test_sums_are_sums_of_minor_units(left: int, right: int) -> None:
    assert (Money(left) + Money(right)).minor == left + right
    assert Money(left) - Money(right) == Money(left) + -Money(right)


def test_two_currencies_never_meet_in_one_sum() -> None:
    with pytest.raises(CurrenciesDiffer):
        Money(1, Currency.USD) + Money(1, Currency.EUR)


def test_an_amount_beyond_64_bits_is_refused() -> None:
    assert Money(MAX_MINOR).minor == 2**63 - 1
    with pytest.raises(AmountOutOfRange):
        Money(MAX_MINOR + 1)


@pytest.mark.parametrize("value", [1.0, "1", True, None])
def test_only_whole_numbers_are_minor_units(value: object) -> None:
    with pytest.raises(TypeError):
        Money(value)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("money", "text"),
    [
        (Money(123450), "1,234.50 USD"),
        (Money(-5), "-0.05 USD"),
        (Money(1500, Currency.JPY), "1,500 JPY"),
        (Money(1500, Currency.KWD), "1.500 KWD"),
    ],
)
def test_money_reads_with_its_currency_and_its_own_decimals(money: Money, text: str) -> None:
    assert str(money) == text
