"""Sums of several currencies, which are never added up."""

from collections.abc import Mapping

from core.money import Currency, Money


def text(amounts: Mapping[str, int]) -> str:
    """`12.00 EUR, 40.00 USD`; a dash where there is nothing."""
    return ", ".join(str(Money(minor, Currency[name])) for name, minor in sorted(amounts.items())) or "\N{EN DASH}"
