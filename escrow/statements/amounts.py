"""Amounts and days as statements write them. ASCII digits only; nothing is rounded and nothing is guessed."""

import re
from datetime import date

from core.money import Currency
from escrow.statements.documents import UnreadableStatement

# Balances of the ledger end at 10**18; one digit less leaves room for sums.
_WHOLE = re.compile(r"[+-]?[0-9]{1,17}", re.ASCII)
_DECIMAL = re.compile(r"([+-]?)([0-9]{1,15})(?:\.([0-9]+))?", re.ASCII)
_ISO_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_SHORT_DAY = re.compile(r"[0-9]{6}", re.ASCII)


def currency(text: str, *, line: int) -> Currency:
    """Raises UnreadableStatement for a currency the program does not keep books in."""
    found = Currency.__members__.get(text)
    if found is None:
        raise UnreadableStatement("names no currency of ours", line=line)
    return found


def minor(text: str, *, line: int, what: str) -> int:
    """Whole minor units with an optional sign: `-46000`."""
    if not _WHOLE.fullmatch(text):
        raise UnreadableStatement(f"the {what} is no whole number of minor units", line=line)
    return int(text)


def decimal(text: str, of: Currency, *, line: int, what: str) -> int:
    """`-460.00` with exactly the decimals of the currency, in minor units."""
    match = _DECIMAL.fullmatch(text)
    if match is None or len(match[3] or "") != of.exponent:
        decimals = f"{of.exponent} decimals" if of.exponent else "no decimals"
        raise UnreadableStatement(f"the {what} is no number with {decimals}", line=line)
    value = int(match[2] + (match[3] or ""))
    return -value if match[1] == "-" else value


def written(value_minor: int, of: Currency) -> str:
    """The text that `decimal` reads back."""
    whole, part = divmod(abs(value_minor), 10**of.exponent)
    decimals = f".{part:0{of.exponent}d}" if of.exponent else ""
    return f"{'-' if value_minor < 0 else ''}{whole}{decimals}"


def iso_day(text: str, *, line: int) -> date:
    """`2026-03-02`."""
    return _day(text, bool(_ISO_DAY.fullmatch(text)), line)


def short_day(text: str, *, line: int) -> date:
    """`260302`, of this century."""
    return _day(f"20{text[:2]}-{text[2:4]}-{text[4:]}", bool(_SHORT_DAY.fullmatch(text)), line)


def _day(iso: str, is_shaped: bool, line: int) -> date:
    try:
        if is_shaped:
            return date.fromisoformat(iso)
    except ValueError:
        is_shaped = False
    raise UnreadableStatement("names no day", line=line)
