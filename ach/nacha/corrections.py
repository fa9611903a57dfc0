"""Corrected data of a notification of change, taken apart (A9).

Banks place the parts of C03, C06 and C07 with varying blanks. So the words are looked at first and the columns second,
and what neither gives is left to a person as a Problem; an applied mistake would send money elsewhere.
"""

from dataclasses import dataclass, field

from ach.nacha import routing
from ach.nacha.changes import CHANGE_CODES
from ach.nacha.codes import TRANSACTION_CODES, Kind
from ach.nacha.problems import Problem

Parts = dict[str, str]


@dataclass(frozen=True, slots=True)
class Correction:
    """What is right from now on; None is unchanged. The account number does not show in `repr`."""

    code: str
    routing: str | None = None
    account: str | None = field(default=None, repr=False)
    name: str | None = field(default=None, repr=False)
    transaction_code: str | None = None
    identification: str | None = field(default=None, repr=False)


def parse(code: str, corrected_data: str, *, line: int = 0) -> Correction | Problem:
    """`corrected_data` is columns 36-64, blanks included. A Problem where it cannot be applied as it stands."""
    change = CHANGE_CODES.get(code)
    if change is None:
        return _problem(line, "code", "BAD_CHANGE_CODE", "no change code")
    if not change.parts:
        return _problem(line, "corrected_data", "NOT_APPLICABLE", f"{code} ({change.meaning}) is read by a person")
    by_words, by_columns = _by_words(code, corrected_data), _by_columns(code, corrected_data)
    for found in (by_words, by_columns):
        if found is not None and not _misfits(found):
            return Correction(code, **found)
    names = ", ".join(sorted(_misfits(by_columns))) or "corrected data"
    return _problem(line, "corrected_data", "BAD_CORRECTED_DATA", f"{code}: cannot read {names.replace('_', ' ')}")


def _by_columns(code: str, data: str) -> Parts:
    return {name: data[start:stop].strip() for name, start, stop in CHANGE_CODES[code].parts}


def _by_words(code: str, data: str) -> Parts | None:
    """The parts as blanks separate them, or joined where the layout has no blank between; None if that is no answer."""
    words = data.split()
    match code, words:
        case ("C03", [number, account]):
            return {"routing": number, "account": account}
        case ("C06", [account, transaction]):
            return {"account": account, "transaction_code": transaction}
        case ("C07", [number, account, transaction]):
            return {"routing": number, "account": account, "transaction_code": transaction}
        case ("C07", [joined, transaction]) if len(transaction) == 2:
            return {"routing": joined[:9], "account": joined[9:], "transaction_code": transaction}
        case _:
            return None


def _misfits(parts: Parts) -> set[str]:
    """Names of parts that cannot be what they are said to be."""
    return {name for name, value in parts.items() if not _FITS[name](value)}


def _is_account(value: str) -> bool:
    return 0 < len(value) <= 17 and " " not in value and value.isascii() and bool(value.strip("0"))


def _is_transaction_code(value: str) -> bool:
    code = TRANSACTION_CODES.get(value)
    return code is not None and code.kind is not Kind.ACCOUNTING


def _is_words(value: str) -> bool:
    return bool(value) and value.isascii()


_FITS = {
    "routing": routing.is_valid,
    "account": _is_account,
    "transaction_code": _is_transaction_code,
    "name": _is_words,
    "identification": _is_words,
}


def _problem(line: int, name: str, code: str, message: str) -> Problem:
    return Problem(line, "addenda", name, code, message, recoverable=True)
