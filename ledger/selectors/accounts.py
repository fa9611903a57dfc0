"""Accounts with what they hold, for lists."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection

from core.money import Currency, Money


@dataclass(frozen=True, slots=True)
class AccountLine:
    """`side` is the account's normal side; balances as in `selectors.balances.Balance`."""

    code: str
    kind: str
    side: str
    currency: Currency
    posted: Money
    available: Money


_LIST = """
    SELECT a.code, a.kind, a.sign, a.currency, b.posted_minor + coalesce(d.posted, 0),
           b.pending_out_minor + coalesce(d.pending_out, 0)
      FROM ledger_account a
      JOIN ledger_balance b ON b.account_id = a.id
      LEFT JOIN LATERAL (
            SELECT sum(posted_minor)::bigint AS posted, sum(pending_out_minor)::bigint AS pending_out
              FROM ledger_delta WHERE account_id = a.id AND a.hot) d ON true
     WHERE a.book = %s AND (a.code, a.currency) > (%s, %s) AND (%s = '' OR a.kind = %s)
       AND (%s = '' OR a.code LIKE %s || '%%')
     ORDER BY a.code, a.currency LIMIT %s
"""
_BY_KIND = """
    SELECT a.kind, a.currency, a.sign, count(*),
           sum(b.posted_minor + coalesce(d.posted, 0))::bigint
      FROM ledger_account a
      JOIN ledger_balance b ON b.account_id = a.id
      LEFT JOIN (SELECT account_id, sum(posted_minor) AS posted FROM ledger_delta GROUP BY 1) d ON d.account_id = a.id
     WHERE a.book = %s GROUP BY a.kind, a.currency, a.sign ORDER BY a.kind, a.currency
"""


@dataclass(frozen=True, slots=True)
class KindTotal:
    """All accounts of one kind in one currency."""

    kind: str
    side: str
    accounts: int
    posted: Money


def list_by_code(
    *, book: str, kind: str = "", prefix: str = "", after: tuple[str, str] = ("", ""), limit: int = 100
) -> list[AccountLine]:
    """In the order of code and currency, from behind `after`. One statement, by index."""
    with connection.cursor() as cursor:
        cursor.execute(_LIST, [book, *after, kind, kind, prefix, _literal(prefix), limit])
        rows = cursor.fetchall()
    return [_line(row) for row in rows]


def list_totals(*, book: str) -> list[KindTotal]:
    """What each kind of account holds together."""
    with connection.cursor() as cursor:
        cursor.execute(_BY_KIND, [book])
        rows = cursor.fetchall()
    return [
        KindTotal(kind, _side(sign), count, Money(int(posted), Currency[currency]))
        for kind, currency, sign, count, posted in rows
    ]


def _line(row: Sequence) -> AccountLine:
    code, kind, sign, currency, posted, out = row
    money = Currency[currency]
    return AccountLine(code, kind, _side(sign), money, Money(int(posted), money), Money(int(posted - out), money))


def _side(sign: int) -> str:
    return "DEBIT" if sign > 0 else "CREDIT"


def _literal(prefix: str) -> str:
    """LIKE's own signs taken literally."""
    return prefix.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
