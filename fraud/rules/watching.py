"""Whether a rule does live what its forecast said. Pure."""

from dataclasses import dataclass
from enum import Enum


@dataclass(frozen=True, slots=True)
class Band:
    """Hits per 1,000 payments that are to be expected, both ends included."""

    low: float
    high: float


class Verdict(Enum):
    TOO_FEW = "too few payments"
    INSIDE = "inside"
    BELOW = "below"
    ABOVE = "above"

    @property
    def is_outside(self) -> bool:
        return self in (Verdict.BELOW, Verdict.ABOVE)


def per_thousand(hits: int, payments: int) -> float:
    return 1000 * hits / payments


def verdict(*, hits: int, payments: int, band: Band, minimum_payments: int) -> Verdict:
    """Below `minimum_payments` nothing is said: a rule that is rarely true would leave any band by chance."""
    if payments < max(minimum_payments, 1):
        return Verdict.TOO_FEW
    rate = per_thousand(hits, payments)
    if rate < band.low:
        return Verdict.BELOW
    return Verdict.ABOVE if rate > band.high else Verdict.INSIDE
