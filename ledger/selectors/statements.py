"""The statement of an account: opening balance, lines with a running balance, closing balance.

Lines run in the order of the time they take effect. Pages are keyset pages: a line that arrives meanwhile never shifts
the next page.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from core.money import Currency, Money
from ledger import chart


@dataclass(frozen=True, slots=True)
class Position:
    """Where a page ended: pass it as `after` to get the next one."""

    effective_at: datetime
    posting_id: int


@dataclass(frozen=True, slots=True)
class Line:
    """`change` is positive where the balance grew; `balance` is the running balance after the line."""

    position: Position
    entry_id: str
    kind: str
    reference: str
    description: str
    effective_at: datetime
    posted_at: datetime
    side: str
    amount: Money
    change: Money
    balance: Money


@dataclass(frozen=True, slots=True)
class Statement:
    """`opening` is before the first moment of the period, `closing` at its end; `next_page` is None on the last."""

    account: str
    since: datetime
    until: datetime
    opening: Money
    closing: Money
    debits: Money
    credits: Money
    line_count: int
    lines: Sequence[Line]
    next_page: Position | None


# Opening, closing and totals are of one moment: one statement. Backwards from the present, as in balances. The sums are
# made beside the account and not by grouping its postings, which would sort hundreds of thousands of a hot account's.
_PERIOD = """
    SELECT a.id, a.sign,
           b.posted_minor + coalesce((SELECT sum(posted_minor) FROM ledger_delta WHERE account_id = a.id AND a.hot), 0)
           - a.sign * coalesce(p.later, 0) AS closing,
           coalesce(p.debits, 0), coalesce(p.credited, 0), coalesce(p.lines, 0), coalesce(p.before_page, 0)
      FROM ledger_account a
      JOIN ledger_balance b ON b.account_id = a.id
      LEFT JOIN LATERAL (
            SELECT sum(amount_minor) FILTER (WHERE effective_at > %(until)s) AS later,
                   sum(amount_minor) FILTER (WHERE effective_at <= %(until)s AND amount_minor > 0) AS debits,
                   -sum(amount_minor) FILTER (WHERE effective_at <= %(until)s AND amount_minor < 0) AS credited,
                   count(*) FILTER (WHERE effective_at <= %(until)s) AS lines,
                   sum(amount_minor) FILTER (
                       WHERE (effective_at, id) <= (%(after_at)s::timestamptz, %(after_id)s::bigint)) AS before_page
              FROM ledger_posting WHERE account_id = a.id AND effective_at >= %(since)s) p ON true
     WHERE a.book = %(book)s AND a.code = %(account)s AND a.currency = %(currency)s
"""
_LINES = """
    SELECT p.id, p.effective_at, p.amount_minor, e.public_id, e.kind, e.reference, e.description, e.posted_at
      FROM (SELECT * FROM ledger_posting
             WHERE account_id = %s AND (effective_at, id) > (%s, %s) AND effective_at <= %s
             ORDER BY effective_at, id LIMIT %s) p
      JOIN ledger_entry e ON e.id = p.entry_id ORDER BY p.effective_at, p.id
"""


def get(
    *,
    book: str,
    account: str,
    since: datetime,
    until: datetime,
    currency: Currency = Currency.USD,
    after: Position | None = None,
    limit: int = 100,
) -> Statement:
    """One page of the statement from `since` to `until`, both inclusive. Raises UnknownAccount outside the chart."""
    sign = chart.kind_of(account).sign
    start = after or Position(since, 0)
    with connection.cursor() as cursor:
        cursor.execute(
            _PERIOD,
            {
                "since": since,
                "until": until,
                "after_at": start.effective_at,
                "after_id": start.posting_id,
                "book": book,
                "account": account,
                "currency": currency.code,
            },
        )
        row = cursor.fetchone() or (None, sign, 0, 0, 0, 0, 0)
        account_id, _, closing, debits, credited, line_count, before_page = (row[0], *map(int, row[1:]))
        cursor.execute(_LINES, [account_id, start.effective_at, start.posting_id, until, limit + 1])
        rows = cursor.fetchall()
    opening = closing - sign * (debits - credited)
    lines = _lines(rows[:limit], sign=sign, balance=Money(opening + sign * before_page, currency))
    return Statement(
        account=account,
        since=since,
        until=until,
        opening=Money(opening, currency),
        closing=Money(closing, currency),
        debits=Money(debits, currency),
        credits=Money(credited, currency),
        line_count=line_count,
        lines=lines,
        next_page=lines[-1].position if len(rows) > limit else None,
    )


def list_lines(
    *,
    book: str,
    account: str,
    since: datetime,
    until: datetime,
    currency: Currency = Currency.USD,
    after: Position | None = None,
    limit: int = 100,
) -> Sequence[Line]:
    """The lines of `get` alone."""
    return get(book=book, account=account, since=since, until=until, currency=currency, after=after, limit=limit).lines


def _lines(rows: Sequence[tuple], *, sign: int, balance: Money) -> list[Line]:
    lines = []
    for posting_id, effective_at, amount, entry_id, kind, reference, description, posted_at in rows:
        change = Money(sign * amount, balance.currency)
        balance += change
        lines.append(
            Line(
                position=Position(effective_at, posting_id),
                entry_id=entry_id,
                kind=kind,
                reference=reference,
                description=description,
                effective_at=effective_at,
                posted_at=posted_at,
                side="DEBIT" if amount > 0 else "CREDIT",
                amount=Money(abs(amount), balance.currency),
                change=change,
                balance=balance,
            )
        )
    return lines
