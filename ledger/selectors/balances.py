"""What an account holds, now or at any time. Every read is one statement: row and deltas of one moment."""

from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from core.money import Currency, Money
from ledger import chart


@dataclass(frozen=True, slots=True)
class Balance:
    """In terms of the account's normal side: what a payable owes and what a bank account has are both positive.

    `posted` has moved. `pending` is posted plus what open reservations would bring and take. `available` is posted
    less what open reservations may take.
    """

    account: str
    pending: Money
    posted: Money
    available: Money


@dataclass(frozen=True, slots=True)
class TrialBalance:
    """All accounts of a book in one currency. The sums of debit and of credit balances are equal."""

    book: str
    currency: Currency
    debits: Money
    credits: Money

    @property
    def difference(self) -> Money:
        return self.debits - self.credits


_NOW = """
    SELECT b.posted_minor + coalesce(d.posted, 0), b.pending_in_minor + coalesce(d.pending_in, 0),
           b.pending_out_minor + coalesce(d.pending_out, 0)
      FROM ledger_account a
      JOIN ledger_balance b ON b.account_id = a.id
      LEFT JOIN LATERAL (
            SELECT sum(posted_minor)::bigint AS posted, sum(pending_in_minor)::bigint AS pending_in,
                   sum(pending_out_minor)::bigint AS pending_out
              FROM ledger_delta WHERE account_id = a.id AND a.hot) d ON true
     WHERE a.book = %s AND a.code = %s AND a.currency = %s
"""
# Backwards from the present: the time wanted is mostly near it, and a hot account's history is long.
_AS_OF = """
    SELECT b.posted_minor
           + coalesce((SELECT sum(posted_minor) FROM ledger_delta WHERE account_id = a.id AND a.hot), 0)
           - a.sign * coalesce((SELECT sum(amount_minor) FROM ledger_posting
                                 WHERE account_id = a.id AND effective_at > %s), 0)
      FROM ledger_account a JOIN ledger_balance b ON b.account_id = a.id
     WHERE a.book = %s AND a.code = %s AND a.currency = %s
"""
_AS_KNOWN = """
    SELECT a.sign * coalesce((SELECT sum(p.amount_minor) FROM ledger_posting p JOIN ledger_entry e ON e.id = p.entry_id
                               WHERE p.account_id = a.id AND p.effective_at <= %s AND e.posted_at <= %s), 0)
      FROM ledger_account a WHERE a.book = %s AND a.code = %s AND a.currency = %s
"""


def get(book: str, account: str, currency: Currency = Currency.USD) -> Balance:
    """The balance now. Zero for an account nobody posted to yet; raises UnknownAccount outside the chart."""
    chart.kind_of(account)
    with connection.cursor() as cursor:
        cursor.execute(_NOW, [book, account, currency.code])
        posted, pending_in, pending_out = cursor.fetchone() or (0, 0, 0)
    return Balance(
        account=account,
        pending=Money(posted + pending_in - pending_out, currency),
        posted=Money(posted, currency),
        available=Money(posted - pending_out, currency),
    )


def as_of(
    book: str, account: str, at: datetime, currency: Currency = Currency.USD, *, known_at: datetime | None = None
) -> Money:
    """Posted balance of everything effective up to `at`, inclusive.

    With `known_at`, only of what had been posted by then: the answer somebody would have got at that moment.
    """
    chart.kind_of(account)
    with connection.cursor() as cursor:
        if known_at is None:
            cursor.execute(_AS_OF, [at, book, account, currency.code])
        else:
            cursor.execute(_AS_KNOWN, [at, known_at, book, account, currency.code])
        row = cursor.fetchone()
    return Money(int(row[0]) if row else 0, currency)
