"""The values of a table's cells: read from a row, written as text for a file."""

from datetime import UTC, datetime
from typing import Any

from core.console.components import Column
from core.money import Currency, Money

# What a spreadsheet takes for the beginning of a formula, in its full-width forms too.
FORMULA_STARTS = frozenset("=+-@\uff1d\uff0b\uff0d\uff20")
CONTROL_STARTS = frozenset("\t\r\n")
KEPT_WHEN_MASKED = 4
SHOWN_OF_A_SHORT_ONE = 8


def value_of(row: Any, name: str) -> Any:
    """Attribute or key, dots lead deeper; None where there is none."""
    found: Any = row
    for part in name.split("."):
        found = found.get(part) if isinstance(found, dict) else getattr(found, part, None)
    return found


def mask(text: str) -> str:
    """`••••1234`; of a short text nothing is left."""
    return f"••••{text[-KEPT_WHEN_MASKED:]}" if len(text) > SHOWN_OF_A_SHORT_ONE else "••••"


def titles(column: Column) -> list[str]:
    """An amount takes two columns of a file: number and currency."""
    return [column.title, f"{column.title} currency"] if column.kind == "money" else [column.title]


def texts(row: Any, column: Column) -> list[str]:
    """What a file says of a row in this column; one text per title."""
    found = value_of(row, column.name)
    if column.kind == "money":
        return _amount(found, value_of(row, column.currency))
    if found is None:
        return [""]
    if column.kind == "masked":
        return [mask(str(found))]
    if isinstance(found, datetime):
        return [found.astimezone(UTC).isoformat()]
    if isinstance(found, bool):
        return ["yes" if found else "no"]
    if isinstance(found, int):
        return [str(found)]
    return [harmless(str(found))]


def harmless(text: str) -> str:
    """Text that a spreadsheet would run as a formula gets an apostrophe in front."""
    first = text.lstrip(" \u00a0")[:1]
    risky = first in FORMULA_STARTS or text[:1] in CONTROL_STARTS
    return f"'{text}" if risky else text


def _amount(found: Any, currency: Any) -> list[str]:
    if found is None:
        return ["", ""]
    money = found if isinstance(found, Money) else Money(int(found), Currency[str(currency or "USD")])
    digits, _, code = str(money).partition(" ")
    return [digits.replace(",", ""), code]
