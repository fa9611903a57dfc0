"""Card brands as data: prefixes, lengths, the length of the verification code. Pure."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Brand:
    """`prefixes` are inclusive ranges of leading digits, both ends of equal length."""

    name: str
    prefixes: tuple[tuple[str, str], ...]
    lengths: frozenset[int]
    cvc_digits: int = 3


def _between(low: int, high: int) -> frozenset[int]:
    return frozenset(range(low, high + 1))


# The first brand that has the prefix and the length wins; Maestro's wide `6` stands after everything narrower.
BRANDS = (
    Brand("amex", (("34", "34"), ("37", "37")), frozenset({15}), cvc_digits=4),
    Brand("visa", (("4", "4"),), frozenset({13, 16, 19})),
    Brand("mir", (("2200", "2204"),), _between(16, 19)),
    Brand("mastercard", (("51", "55"), ("2221", "2720")), frozenset({16})),
    Brand("discover", (("6011", "6011"), ("644", "649"), ("65", "65")), _between(16, 19)),
    Brand("diners", (("300", "305"), ("309", "309"), ("36", "36"), ("38", "39")), _between(14, 19)),
    Brand("jcb", (("3528", "3589"),), _between(16, 19)),
    Brand("unionpay", (("62", "62"), ("81", "81")), _between(16, 19)),
    Brand("maestro", (("50", "50"), ("56", "58"), ("6", "6")), _between(12, 19)),
)


def _by_leading_digits() -> dict[str, tuple[Brand, ...]]:
    """Every four leading digits and the brands they may belong to: one look-up instead of a search."""
    table: dict[str, tuple[Brand, ...]] = {}
    for number in range(10_000):
        leading = f"{number:04d}"
        found = tuple(
            brand for brand in BRANDS if any(low <= leading[: len(low)] <= high for low, high in brand.prefixes)
        )
        if found:
            table[leading] = found
    return table


_LEADING = _by_leading_digits()
_DOUBLED = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)


def of(digits: str) -> Brand | None:
    """The brand whose prefix and length these ASCII digits have. Says nothing of the check digit."""
    for brand in _LEADING.get(digits[:4], ()):
        if len(digits) in brand.lengths:
            return brand
    return None


def passes_luhn(digits: str) -> bool:
    """From the right, every second digit doubled, nine taken off above nine, the sum divisible by ten."""
    numbers = [int(digit) for digit in digits]
    return (sum(numbers[-1::-2]) + sum(_DOUBLED[number] for number in numbers[-2::-2])) % 10 == 0
