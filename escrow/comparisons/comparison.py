"""One comparison, and what it finds."""

from dataclasses import dataclass
from typing import NamedTuple

from escrow.break_kinds import BreakKind


@dataclass(frozen=True, slots=True)
class Comparison:
    """`name` says what must be true, `kinds` which breaks its statement can name."""

    name: str
    kinds: tuple[BreakKind, ...]
    sql: str


class Finding(NamedTuple):
    """Two things that should agree. Amounts are None where it is about none; `scope` is a scope of the switch."""

    kind: BreakKind
    subject: str
    scope: str
    account: str
    currency: str
    expected_minor: int | None
    actual_minor: int | None
    detail: str


# What an escrow says it holds; before it is funded nothing. `escrow.models.Escrow.held_minor` is the same in Python.
HELD = """(CASE WHEN e.funded_at IS NULL THEN 0
                ELSE e.amount_minor - e.fee_minor - e.released_minor - e.refunded_minor END)"""


def escrow_columns(kind: BreakKind, expected: str, actual: str, detail: str = "''") -> str:
    """The columns of a finding about an escrow, whose row is `e`."""
    return (
        f"'{kind.value}', e.public_id, 'escrow:' || e.public_id, 'escrow_held:' || e.account, e.currency,"
        f" {expected}, {actual}, {detail}"
    )
