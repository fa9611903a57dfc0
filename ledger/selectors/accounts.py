"""Accounts with what they hold, for lists."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection

from core.money import Currency, Money
from ledger import chart


@dataclass(frozen=True, slots=True)
class AccountLine:
    """`side` is the account's normal side; balances as in `selectors.balances.Balance`."""

    code: str
    kind: str
    side: str
    currency: Currency
    posted: Money
    pending: Money
    available: Money


_COLUMNS = """
    SELECT a.code, a.kind, a.sign, a.currency, b.posted_minor + coalesce(d.posted, 0),
           b.pending_in_minor + coalesce(d.pending_in, 0), b.pending_out_minor + coalesce(d.pending_out, 0)
      FROM ledger_account a
      JOIN ledger_balance b ON b.account_id = a.id
      LEFT JOIN LATERAL (
            SELECT sum(posted_minor)::bigint AS posted, sum(pending_in_minor)::bigint AS pending_in,
                   sum(pending_out_minor)::bigint AS pending_out
              FROM ledger_delta WHERE account_id = a.id AND a.hot) d ON true
"""
_LIST = (
    _COLUMNS
    + """
     WHERE a.book = %s AND (a.code, a.currency) > (%s, %s) AND (%s = '' OR a.kind = %s)
       AND (%s = '' OR a.code LIKE %s || '%%')
       AND (NOT %s OR b.posted_minor + coalesce(d.posted, 0) <> 0)
     ORDER BY a.code, a.currency LIMIT %s
"""
)
_OWNED = _COLUMNS + " WHERE a.book = %s AND a.code = ANY(%s) ORDER BY a.code, a.currency"
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
    *,
    book: str,
    kind: str = "",
    prefix: str = "",
    holding: bool = False,
    after: tuple[str, str] = ("", ""),
    limit: int = 100,
) -> list[AccountLine]:
    """In the order of code and currency, from behind `after`; `holding` leaves out what holds nothing.

    One statement, by index, no further than a page (past empty accounts with `holding`).
    """
    with connection.cursor() as cursor:
        cursor.execute(_LIST, [book, *after, kind, kind, prefix, _literal(prefix), holding, limit])
        rows = cursor.fetchall()
    return [_line(row) for row in rows]


def list_of_owner(*, book: str, owner: str) -> list[AccountLine]:
    """Every account of an owner, one look into the index per kind; or the one account of this code."""
    with connection.cursor() as cursor:
        cursor.execute(_OWNED, [book, [owner, *(f"{kind.prefix}:{owner}" for kind in chart.KINDS if kind.per_owner)]])
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
    code, kind, sign, currency, posted, into, out = row
    money = Currency[currency]
    return AccountLine(
        code=code,
        kind=kind,
        side=_side(sign),
        currency=money,
        posted=Money(int(posted), money),
        pending=Money(int(posted + into - out), money),
        available=Money(int(posted - out), money),
    )


def _side(sign: int) -> str:
    return "DEBIT" if sign > 0 else "CREDIT"


def _literal(prefix: str) -> str:
    """LIKE's own signs taken literally."""
    return prefix.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
