"""What a file of the bank holds, line by line: returns, notifications of change, and what answers nothing of ours."""

import io
import re
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from ach.enums import ItemKind
from ach.nacha import returns, text
from ach.nacha.blocks import Unreadable
from ach.nacha.codes import TRANSACTION_CODES
from ach.nacha.events import EntryRead
from ach.nacha.problems import Mode, Problem
from ach.nacha.read import Limits, Reader

# One code that nobody knows must not keep the other returns of a file from being applied; a person reads it.
OF_ONE_LINE = frozenset({"BAD_RETURN_CODE", "BAD_CHANGE_CODE"})
MOST_WARNINGS = 100
_LIMITS = Limits(lines=500_000, errors=1_000, kept=1_000)
_DIGITS = re.compile(r"[0-9](?:[ -]?[0-9]){3,}")
_KINDS = {
    "return": ItemKind.RETURN, "dishonored": ItemKind.DISHONORED, "contested": ItemKind.CONTESTED,
    "change": ItemKind.CHANGE, "refused change": ItemKind.REFUSED_CHANGE,
}  # fmt: skip
_DIED = frozenset({"R14", "R15"})


class NotReadable(Exception):
    """The bytes are no file that may be applied; the message says why, without content of accounts or names."""


@dataclass(frozen=True, slots=True)
class Line:
    """One record 6 with its answer. `corrected` is the corrected data of a change: it may hold an account number."""

    line: int
    kind: ItemKind
    code: str
    sec: str
    transaction_code: str
    amount_minor: int
    original_trace: str
    original_rdfi: str
    company_id: str
    trace: str
    settles_on: date | None
    date_of_death: date | None
    detail: str
    description: str = ""
    dishonored_trace: str = ""
    corrected: str = field(default="", repr=False)


@dataclass(slots=True)
class Received:
    """`warnings` are what the inbound mode forgave, as the page shows them; totals are in cents."""

    lines: list[Line] = field(default_factory=list)
    warnings: list[dict[str, Any]] = field(default_factory=list)
    debit_minor: int = 0
    credit_minor: int = 0


def read(content: bytes, *, near: date) -> Received:
    """All or nothing. `near` is the day it came, which tells the year of settlement days. Raises NotReadable."""
    found = Received()
    if not content.strip():
        return found
    reader = Reader(io.BytesIO(content), Mode.INBOUND, _LIMITS)
    forgiven = 0
    try:
        for event in reader:
            if isinstance(event, Problem):
                if not event.recoverable and event.code not in OF_ONE_LINE:
                    raise NotReadable(f"line {event.line}, {event.record}, {event.field}: {event.message}")
                forgiven += not event.recoverable
                _keep(found, event)
            elif isinstance(event, EntryRead):
                found.lines.append(_line(event, near))
    except Unreadable as error:
        raise NotReadable(str(error)) from None
    if reader.log.error_count > forgiven:
        raise NotReadable(f"{reader.log.error_count} errors")
    found.debit_minor, found.credit_minor = reader.sums.debit, reader.sums.credit
    return found


def is_debit(transaction_code: str) -> bool:
    """Whether it is, or answers, a debit."""
    code = TRANSACTION_CODES.get(transaction_code)
    return bool(code and code.is_debit)


def settlement_day(julian: str, near: date) -> date | None:
    """The day of the year that the operator has put in, in the year that is nearest."""
    if len(julian) != 3 or not (julian.isascii() and julian.isdigit()) or not 1 <= int(julian) <= 366:
        return None
    years = (near.year - 1, near.year, near.year + 1)
    days = [date(year, 1, 1) + timedelta(days=int(julian) - 1) for year in years]
    return min(days, key=lambda day: abs((day - near).days))


def _line(event: EntryRead, near: date) -> Line:
    answer = returns.answer_of(event)
    head, record = event.batch.record, event.record
    sec, transaction_code = event.batch.sec_code.strip() or "???", _text(record, 1, 3)
    settles_on = settlement_day(_text(head, 75, 78), near)
    if answer is None:
        amount = record[29:39]
        return Line(
            line=event.line, kind=ItemKind.FORWARD, code="", sec=sec, transaction_code=transaction_code,
            settles_on=settles_on, amount_minor=int(amount) if amount.isdigit() else 0,
            original_trace="", original_rdfi="", company_id=_text(head, 40, 50).strip(), trace=event.trace.strip(),
            date_of_death=None, detail="", description=_text(head, 53, 63).strip(),
        )  # fmt: skip
    kind = _KINDS[answer.stage]
    addenda = next(each for each in event.addenda if each[1:3] in (b"98", b"99"))
    is_change = kind in (ItemKind.CHANGE, ItemKind.REFUSED_CHANGE)
    return Line(
        line=event.line, kind=kind, code=answer.code.strip() or "???", sec=sec, transaction_code=transaction_code,
        settles_on=settles_on, amount_minor=answer.key.amount,
        original_trace=answer.key.original_trace.strip(), original_rdfi=answer.key.rdfi.strip(),
        company_id=answer.key.company_id, trace=_text(addenda, 79, 94).strip(),
        date_of_death=text.day_of(_text(addenda, 21, 27)) if answer.code in _DIED else None,
        detail="" if is_change else masked(_text(addenda, 35, 79)),
        description=_text(head, 53, 63).strip(),
        dishonored_trace=_text(addenda, 58, 73).strip() if kind is ItemKind.CONTESTED else "",
        corrected=_text(addenda, 35, 64) if is_change else "",
    )  # fmt: skip


def masked(information: str) -> str:
    """Words stay, longer runs of digits do not: banks write account numbers there."""
    return _DIGITS.sub("****", " ".join(information.split()))[:60]


def _keep(found: Received, problem: Problem) -> None:
    if len(found.warnings) < MOST_WARNINGS:
        found.warnings.append({
            "line": problem.line, "record": problem.record, "field": problem.field, "code": problem.code,
            "message": problem.message,
        })  # fmt: skip


def _text(record: bytes, start: int, stop: int) -> str:
    return record[start:stop].decode("latin-1")
