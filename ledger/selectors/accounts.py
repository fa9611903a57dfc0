"""Accounts with what they hold, for lists."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db import connection

from core.money import Currency, Money
from ledger import chart
from ledger.selectors.balances import TrialBalance


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
# Most accounts are escrows that hold nothing any more: only the others are read. What moved on hot accounts since the
# last roll-up lies beside their rows; they are few and found by their kind.
_BY_KIND = """
    SELECT a.kind, a.currency, a.sign, count(*), sum(greatest(b.posted_minor, 0))::bigint,
           sum(greatest(-b.posted_minor, 0))::bigint
      FROM ledger_balance b
      JOIN ledger_account a ON a.id = b.account_id
     WHERE b.posted_minor <> 0 AND a.book = %(book)s AND a.kind <> ALL(%(hot)s)
     GROUP BY a.kind, a.currency, a.sign
    UNION ALL
    SELECT a.kind, a.currency, a.sign, count(*) FILTER (WHERE now.posted <> 0),
           sum(greatest(now.posted, 0))::bigint, sum(greatest(-now.posted, 0))::bigint
      FROM ledger_account a
      JOIN ledger_balance b ON b.account_id = a.id
      JOIN LATERAL (
            SELECT b.posted_minor + coalesce(sum(posted_minor), 0) AS posted
              FROM ledger_delta WHERE account_id = a.id) now ON true
     WHERE a.book = %(book)s AND a.kind = ANY(%(hot)s)
     GROUP BY a.kind, a.currency, a.sign
     ORDER BY 1, 2
"""


@dataclass(frozen=True, slots=True)
class KindTotal:
    """The accounts of one kind in one currency that hold something.

    `above` sums those with a balance on their normal side, `below` those on the other one.
    """

    kind: str
    side: str
    accounts: int
    above: Money
    below: Money

    @property
    def posted(self) -> Money:
        return self.above - self.below


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
    """What each kind of account holds together; of kinds with owners those where one of them holds something."""
    with connection.cursor() as cursor:
        cursor.execute(_BY_KIND, {"book": book, "hot": [kind.prefix for kind in chart.KINDS if kind.hot]})
        rows = cursor.fetchall()
    return [
        KindTotal(kind, _side(sign), count, Money(int(above), Currency[code]), Money(int(below), Currency[code]))
        for kind, code, sign, count, above, below in rows
    ]


def list_trial(book: str) -> list[TrialBalance]:
    """The trial balance of a book, one row per currency in use."""
    return trial_of(list_totals(book=book), book=book)


def trial_of(totals: Iterable[KindTotal], *, book: str) -> list[TrialBalance]:
    """The trial balance of the book whose totals these are, of the same moment; one row per currency."""
    sides: dict[Currency, tuple[Money, Money]] = {}
    for total in totals:
        currency = total.above.currency
        left, right = sides.get(currency, (Money(0, currency), Money(0, currency)))
        debit, credit = (total.above, total.below) if total.side == "DEBIT" else (total.below, total.above)
        sides[currency] = left + debit, right + credit
    return [TrialBalance(book, currency, *sides[currency]) for currency in sorted(sides, key=lambda each: each.code)]


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
