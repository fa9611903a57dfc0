"""BAI2, version 2: what US banks send of the days that are over (01 02 03 16 49 98 99, continued by 88).

Amounts have no point: the last digits are the decimals of the currency. Details have no sign, their type code says
which way they went. Every control total and every count of records is held against what was read.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

from core.money import Currency
from escrow.statements import amounts, bai2_codes
from escrow.statements.bai2_records import Record, skip_funds, split
from escrow.statements.documents import (
    LONGEST_DESCRIPTION,
    LONGEST_REFERENCE,
    Document,
    Line,
    Statement,
    UnreadableStatement,
    require_short,
)

FORMAT = "BAI2"
USUAL_CURRENCY = "USD"


@dataclass(slots=True)
class _Sums:
    """What a control record is held against: `total` of amounts, `parts` below it, `records` with itself."""

    total: int = 0
    parts: int = 0
    records: int = 0


@dataclass(slots=True)
class _Account:
    """An account while it is read."""

    account: str
    currency: Currency
    day: date
    line: int
    sums: _Sums = field(default_factory=_Sums)
    balances: dict[str, int] = field(default_factory=dict)
    lines: list[Line] = field(default_factory=list)


class _Reader:
    """Takes records in their order; knows at every moment which may come next."""

    def __init__(self) -> None:
        self.statements: list[Statement] = []
        self.file, self.group = _Sums(), _Sums()
        self.day, self.currency = date.min, USUAL_CURRENCY
        self.account: _Account | None = None
        self.may_follow = {"01"}

    def take(self, record: Record) -> None:
        if record.code not in self.may_follow:
            raise record.fault("stands where it may not")
        for sums in (self.file, self.group, self.account.sums if self.account else None):
            if sums is not None:
                sums.records += record.physical
        match record.code:
            case "01":
                self._open_file(record)
            case "02":
                self._open_group(record)
            case "03":
                self._open_account(record)
            case "16":
                self._detail(record)
            case "49":
                self._close_account(record)
            case "98":
                self._close_group(record)
            case _:
                self._close_file(record)

    def _open_file(self, record: Record) -> None:
        for what in ("sender", "receiver", "date", "time", "file number", "record length", "block size"):
            record.take(what)
        if record.take("version") != "2":
            raise record.fault("is not of version 2")
        record.require_over()
        self.may_follow = {"02"}

    def _open_group(self, record: Record) -> None:
        self.group = _Sums(records=record.physical)
        record.take("receiver")
        record.take("originator")
        if record.take("group status") != "1":
            raise record.fault("is a correction or a deletion, which needs a person")
        self.day = amounts.short_day(record.take("as-of date"), line=record.line)
        record.take("as-of time")
        self.currency = (record.take() if not record.is_over() else "") or USUAL_CURRENCY
        if not record.is_over():
            record.take("modifier")
        record.require_over()
        self.may_follow = {"03"}

    def _open_account(self, record: Record) -> None:
        number = record.take("account number")
        if not number:
            raise record.fault("has no account number")
        currency = amounts.currency(record.take("currency") or self.currency, line=record.line)
        account = _Account(number, currency, self.day, record.line, _Sums(records=record.physical))
        while not record.is_over():
            code = record.take("type code")
            if code == "" and record.is_over():
                break
            self._summary(record, account, code)
        self.account, self.may_follow = account, {"16", "49"}

    def _summary(self, record: Record, account: _Account, code: str) -> None:
        if len(code) != 3 or not (code.isascii() and code.isdigit()):
            raise record.fault("type code is not three digits")
        text = record.take("amount")
        amount = amounts.minor(text, line=record.line, what="amount") if text else 0
        record.take("item count")
        skip_funds(record)
        if code in account.balances:
            raise record.fault(f"says {code} twice")
        if text:
            account.balances[code] = amount
        account.sums.total += amount

    def _detail(self, record: Record) -> None:
        account = self._current(record)
        code = record.type_code()
        sign = bai2_codes.direction(code)
        if code == bai2_codes.NO_MONEY:
            if record.take("amount").strip("0"):
                raise record.fault("of type 890 has an amount")
            return
        if sign == 0:
            raise record.fault(f"has type code {code}, which does not say where the money went")
        amount = record.unsigned("amount")
        skip_funds(record)
        bank, customer = record.take("bank reference"), "" if record.is_over() else record.take()
        text = " ".join(record.rest().split()) if not record.is_over() else ""
        account.sums.total += amount
        if amount == 0:
            raise record.fault("moves nothing")
        reference = require_short(customer or bank, LONGEST_REFERENCE, "reference", record.line)
        text = require_short(text, LONGEST_DESCRIPTION, "text", record.line)
        account.lines.append(Line(record.line, account.day, sign * amount, reference, text, code))

    def _close_account(self, record: Record) -> None:
        account = self._current(record)
        _require_sums(record, account.sums, parts="")
        self.group.total += account.sums.total
        self.group.parts += 1
        self.statements.append(_statement(account))
        self.account, self.may_follow = None, {"03", "98"}

    def _close_group(self, record: Record) -> None:
        _require_sums(record, self.group, parts="accounts")
        self.file.total += self.group.total
        self.file.parts += 1
        self.group, self.may_follow = _Sums(), {"02", "99"}

    def _close_file(self, record: Record) -> None:
        _require_sums(record, self.file, parts="groups")
        self.may_follow = set()

    def _current(self, record: Record) -> _Account:
        if self.account is None:
            raise record.fault("stands outside an account")
        return self.account


def read(text: str) -> Document:
    """Raises UnreadableStatement, which names the line."""
    reader = _Reader()
    for record in split(text):
        reader.take(record)
    if reader.may_follow:
        raise UnreadableStatement("the file is not complete")
    return Document(FORMAT, tuple(reader.statements))


def write(statements: tuple[Statement, ...], *, sender: str = "BANK", receiver: str = "HOLDFAST") -> str:
    """A file of one group for each statement, which `read` gives back. Each is of one day and names its account."""
    rows: list[str] = []
    total = 0
    for statement in statements:
        rows += (group := list(_group(statement, sender, receiver)))
        total += int(group[-1].split(",")[1])
    when = f"{statements[0].last_day:%y%m%d}" if statements else "260101"
    head = f"01,{sender},{receiver},{when},0600,1,,,2/"
    return "\n".join([head, *rows, f"99,{total},{len(statements)},{len(rows) + 2}/", ""])


def _group(statement: Statement, sender: str, receiver: str) -> Iterator[str]:
    opening, closing = statement.opening_minor, statement.closing_minor
    total = opening + closing + sum(abs(line.amount_minor) for line in statement.lines)
    yield f"02,{receiver},{sender},1,{statement.last_day:%y%m%d},,{statement.currency},2/"
    yield f"03,{statement.account},{statement.currency},010,{opening:+d},,,015,{closing:+d},,/"
    for line in statement.lines:
        code = line.code or ("195" if line.amount_minor > 0 else "495")
        yield f"16,{code},{abs(line.amount_minor)},Z,,{line.reference},{line.description}"
    yield f"49,{total},{len(statement.lines) + 2}/"
    yield f"98,{total},1,{len(statement.lines) + 4}/"


def _require_sums(record: Record, sums: _Sums, *, parts: str) -> None:
    if record.signed("control total") != sums.total:
        raise record.fault("has another control total than its amounts")
    if parts and record.count(f"number of {parts}") != sums.parts:
        raise record.fault(f"has another number of {parts}")
    if record.count("number of records") != sums.records:
        raise record.fault("has another number of records")
    record.require_over()


def _statement(account: _Account) -> Statement:
    closing = account.balances.get(bai2_codes.CLOSING_LEDGER)
    if closing is None:
        raise UnreadableStatement("the account has no closing ledger balance (015)", line=account.line)
    moved = sum(line.amount_minor for line in account.lines)
    opening = account.balances.get(bai2_codes.OPENING_LEDGER, closing - moved)
    if opening + moved != closing:
        raise UnreadableStatement("opening balance and details do not make the closing balance", line=account.line)
    return Statement(
        account.account, account.currency.code, account.day, account.day, opening, closing, tuple(account.lines)
    )
