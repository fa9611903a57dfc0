"""Our own CSV: one account in one currency, a running balance behind every line.

    date,amount,currency,reference,description,balance
    2026-03-03,460.00,USD,pay_1703123456789_k2n8m9p1q,ACQUIRER SETTLEMENT,12460.00

Amounts have the decimals of their currency; under `amount_minor` and `balance_minor` they are whole minor units. Money
that left has a minus. Days do not go back, and each balance is the one before and the amount. The documented form is
in docs/reconciliation.md.
"""

import csv
import io
from collections.abc import Iterator

from core.money import Currency
from escrow.statements import amounts
from escrow.statements.documents import (
    LONGEST_DESCRIPTION,
    LONGEST_REFERENCE,
    Document,
    Line,
    Statement,
    UnreadableStatement,
    require_short,
)

FORMAT = "CSV"
COLUMNS = ("date", "amount", "currency", "reference", "description", "balance")
COLUMNS_MINOR = ("date", "amount_minor", "currency", "reference", "description", "balance_minor")


def read(text: str) -> Document:
    """Raises UnreadableStatement, which names the line."""
    rows = _rows(text)
    number, header = next(rows, (1, []))
    if tuple(header) not in (COLUMNS, COLUMNS_MINOR):
        raise UnreadableStatement(f"is not the header {','.join(COLUMNS)}", line=number)
    in_minor = tuple(header) == COLUMNS_MINOR
    lines: list[Line] = []
    opening = balance = 0
    currency: Currency | None = None
    for number, row in rows:
        line, after, of = _line(number, row, in_minor)
        if currency is None:
            currency, opening, balance = of, after - line.amount_minor, after - line.amount_minor
        _require_follows(line, lines, of, currency)
        balance += line.amount_minor
        if balance != after:
            raise UnreadableStatement("the balance is not the one before and the amount", line=number)
        lines.append(line)
    if currency is None:
        raise UnreadableStatement("the file has no line, so no closing balance")
    days = (lines[0].day, lines[-1].day)
    return Document(FORMAT, (Statement("", currency.code, *days, opening, balance, tuple(lines)),))


def write(statement: Statement, *, in_minor: bool = False) -> str:
    """The file that `read` gives back. A statement without lines cannot be written in this format."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS_MINOR if in_minor else COLUMNS)
    of, balance = Currency[statement.currency], statement.opening_minor
    for line in statement.lines:
        balance += line.amount_minor
        amount, after = (
            (str(value) if in_minor else amounts.written(value, of)) for value in (line.amount_minor, balance)
        )
        writer.writerow([line.day.isoformat(), amount, of.code, line.reference, line.description, after])
    return out.getvalue()


def _rows(text: str) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(text), strict=True)
    while True:
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error:
            raise UnreadableStatement("is not CSV", line=max(reader.line_num, 1)) from None
        yield reader.line_num, row


def _line(number: int, row: list[str], in_minor: bool) -> tuple[Line, int, Currency]:
    if len(row) != len(COLUMNS):
        raise UnreadableStatement(f"has {len(row)} fields, not {len(COLUMNS)}", line=number)
    day, amount, currency, reference, description, balance = row
    of = amounts.currency(currency, line=number)
    moved, after = (
        amounts.minor(value, line=number, what=what) if in_minor else amounts.decimal(value, of, line=number, what=what)
        for value, what in ((amount, "amount"), (balance, "balance"))
    )
    if "\n" in reference + description:
        raise UnreadableStatement("a field goes over several lines", line=number)
    line = Line(
        number,
        amounts.iso_day(day, line=number),
        moved,
        require_short(reference, LONGEST_REFERENCE, "reference", number),
        require_short(description, LONGEST_DESCRIPTION, "description", number),
    )
    return line, after, of


def _require_follows(line: Line, before: list[Line], of: Currency, first: Currency) -> None:
    if line.amount_minor == 0:
        raise UnreadableStatement("moves nothing", line=line.number)
    if of is not first:
        raise UnreadableStatement("is in another currency than the lines before", line=line.number)
    if before and line.day < before[-1].day:
        raise UnreadableStatement("is of an earlier day than the line before", line=line.number)
