"""What each return code leads to: the row in force, the ones to come, and those before."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from ach.models import ReturnPolicy
from ach.nacha.reasons import REASONS


@dataclass(frozen=True, slots=True)
class Line:
    """One code on a day. `current` is None for a code of which no row is in force yet; `later` are in order of days."""

    code: str
    meaning: str
    current: ReturnPolicy | None
    later: Sequence[ReturnPolicy]
    earlier: Sequence[ReturnPolicy]


def lines(*, on: date) -> list[Line]:
    """All codes that have rows, in order: one statement."""
    by_code: dict[str, list[ReturnPolicy]] = {}
    for row in ReturnPolicy.objects.order_by("code", "effective_from"):
        by_code.setdefault(row.code, []).append(row)
    return [_line(code, rows, on) for code, rows in by_code.items()]


def of_code(code: str, *, on: date) -> Line | None:
    """None for a code that has no row."""
    rows = list(ReturnPolicy.objects.filter(code=code).order_by("effective_from"))
    return _line(code, rows, on) if rows else None


def _line(code: str, rows: Sequence[ReturnPolicy], on: date) -> Line:
    begun = [row for row in rows if row.effective_from <= on]
    meaning = REASONS[code].meaning if code in REASONS else ""
    return Line(code, meaning, begun[-1] if begun else None, rows[len(begun) :], begun[:-1])
