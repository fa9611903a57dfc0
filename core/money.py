"""Money: whole minor units of a named currency. No floats, no guessed cents.

Exponents are those of ISO 4217: 2 for USD, 0 for JPY, 3 for KWD; nothing assumes two decimals.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

MAX_MINOR = 2**63 - 1


class Currency(Enum):
    """ISO 4217 code and exponent. Which of them a marketplace may use is a parameter, not this list."""

    USD = ("USD", 2)
    EUR = ("EUR", 2)
    GBP = ("GBP", 2)
    JPY = ("JPY", 0)
    KWD = ("KWD", 3)

    def __init__(self, code: str, exponent: int) -> None:
        self.code = code
        self.exponent = exponent


class CurrenciesDiffer(ValueError):
    """Two amounts of different currencies met in one sum."""


class AmountOutOfRange(ValueError):
    """An amount does not fit a signed 64-bit integer of minor units."""


@dataclass(frozen=True, slots=True)
class Money:
    """`Money(50000, Currency.USD)` is 500.00 USD. Raises AmountOutOfRange beyond 64 bits."""

    minor: int
    currency: Currency = Currency.USD

    def __post_init__(self) -> None:
        if type(self.minor) is not int:
            raise TypeError(f"minor units are a whole number, not {type(self.minor).__name__}")
        if abs(self.minor) > MAX_MINOR:
            raise AmountOutOfRange("amount does not fit 64 bits")

    def __add__(self, other: "Money") -> "Money":
        self._require_same_currency(other)
        return Money(self.minor + other.minor, self.currency)

    def __sub__(self, other: "Money") -> "Money":
        self._require_same_currency(other)
        return Money(self.minor - other.minor, self.currency)

    def __neg__(self) -> "Money":
        return Money(-self.minor, self.currency)

    def __lt__(self, other: "Money") -> bool:
        self._require_same_currency(other)
        return self.minor < other.minor

    def __le__(self, other: "Money") -> bool:
        self._require_same_currency(other)
        return self.minor <= other.minor

    def __str__(self) -> str:
        """`1,234.50 USD`, with the currency's own number of decimals."""
        exponent = self.currency.exponent
        whole, part = divmod(abs(self.minor), 10**exponent)
        sign = "-" if self.minor < 0 else ""
        decimals = f".{part:0{exponent}d}" if exponent else ""
        return f"{sign}{whole:,}{decimals} {self.currency.code}"

    def share(self, basis_points: int) -> "Money":
        """That share of the amount in whole minor units, halves rounded away from zero."""
        magnitude = (abs(self.minor) * basis_points * 2 + 10_000) // 20_000
        return Money(magnitude if self.minor >= 0 else -magnitude, self.currency)

    def allocate(self, weights: Sequence[int]) -> list["Money"]:
        """Split by weights without losing a unit; leftover units go to the largest remainders, first come first."""
        total = sum(weights)
        if total <= 0 or any(weight < 0 for weight in weights):
            raise ValueError("weights are non-negative and not all zero")
        magnitude = abs(self.minor)
        parts = [magnitude * weight // total for weight in weights]
        by_remainder = sorted(range(len(weights)), key=lambda i: (-(magnitude * weights[i] % total), i))
        for index in by_remainder[: magnitude - sum(parts)]:
            parts[index] += 1
        sign = -1 if self.minor < 0 else 1
        return [Money(sign * part, self.currency) for part in parts]

    def _require_same_currency(self, other: "Money") -> None:
        if self.currency is not other.currency:
            raise CurrenciesDiffer(f"{self.currency.code} and {other.currency.code}")
