"""The one door to the database's `ledger_post`. Services build requests; nothing else writes the ledger."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import Error as DatabaseError
from psycopg.types.numeric import Int8

from core import ids
from core.database import statements
from core.money import Money
from ledger.chart import CREDIT, DEBIT
from ledger.enums import Phase
from ledger.services import refusals

_POST = (
    "SELECT entry, replayed FROM ledger_post(%s, %s, %s, %s, %s, %s, %s, %s::timestamptz, %s::timestamptz, %s, %s,"
    " %s::timestamptz, string_to_array(%s, ','), string_to_array(%s, ','), string_to_array(%s, ',')::bigint[])"
)
_POST_MANY = (
    "SELECT entry, replayed FROM ledger_post_many(%s, %s::text[], %s::text[], %s::text[], %s::text[], %s::text[],"
    " %s::text[], %s::text[], %s::timestamptz[], %s::timestamptz[], %s::text[], %s::text[], %s::int[], %s::text[],"
    " %s::text[], %s::bigint[])"
)


@dataclass(frozen=True, slots=True)
class Leg:
    """One side of an entry: `amount_minor` positive debits the account, negative credits it."""

    account: str
    amount_minor: int
    currency: str

    @classmethod
    def debit(cls, account: str, money: Money) -> "Leg":
        return cls._of(account, money, DEBIT)

    @classmethod
    def credit(cls, account: str, money: Money) -> "Leg":
        return cls._of(account, money, CREDIT)

    @classmethod
    def _of(cls, account: str, money: Money, side: int) -> "Leg":
        if money.minor <= 0:
            raise refusals.MalformedEntry("a leg has an amount above zero and a side")
        return cls(account, side * money.minor, money.currency.code)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One entry to write. `book`, `kind` and `reference` may be None where `reverses` or `settles` names another entry:
    they are then taken from that one, and so are the legs if none are given.
    """

    idempotency_key: str
    effective_at: datetime
    legs: Sequence[Leg] = ()
    book: str | None = None
    kind: str | None = None
    reference: str | None = None
    phase: str = Phase.POSTED.value
    description: str = ""
    expires_at: datetime | None = None
    reverses: str | None = None
    settles: str | None = None


@dataclass(frozen=True, slots=True)
class Posted:
    """`replayed`: this key had written the entry before, and nothing moved now."""

    entry_id: str
    replayed: bool


def write(request: Request, *, now: datetime) -> Posted:
    """One entry, in one round trip. Raises the classes of `refusals`."""
    parameters = (
        request.book,
        ids.prefixed("ent", now),
        request.phase,
        request.kind,
        request.reference,
        request.idempotency_key,
        request.description,
        request.effective_at,
        request.expires_at,
        request.reverses,
        request.settles,
        now,
        # Joined: a list costs psycopg 15 microseconds. A comma inside a code makes the counts differ: refused.
        ",".join([leg.account for leg in request.legs]),
        ",".join([leg.currency for leg in request.legs]),
        ",".join([str(leg.amount_minor) for leg in request.legs]),
    )
    return Posted(*_call(_POST, parameters)[0])


def write_many(requests: Sequence[Request], *, now: datetime) -> list[Posted]:
    """All of the requests or none, in one round trip. Answers in their order. Raises the classes of `refusals`."""
    legs = [leg for request in requests for leg in request.legs]
    parameters = (
        now,
        [request.book for request in requests],
        [ids.prefixed("ent", now) for _ in requests],
        [request.phase for request in requests],
        [request.kind for request in requests],
        [request.reference for request in requests],
        [request.idempotency_key for request in requests],
        [request.description for request in requests],
        [request.effective_at for request in requests],
        [request.expires_at for request in requests],
        [request.reverses for request in requests],
        [request.settles for request in requests],
        [Int8(len(request.legs)) for request in requests],
        [leg.account for leg in legs],
        [leg.currency for leg in legs],
        [Int8(leg.amount_minor) for leg in legs],
    )
    return [Posted(*row) for row in _call(_POST_MANY, parameters)]


def roll_up(*, now: datetime) -> int:
    """Add the deltas of all hot accounts to their balance rows. Returns how many there were."""
    rows = _call("SELECT ledger_roll_up(%s)", (now,))
    return int(rows[0][0])


def _call(sql: str, parameters: Sequence[object]) -> list[tuple]:
    try:
        return statements.fetch_all(sql, parameters)
    except DatabaseError as error:
        refusal = refusals.named(error)
        if refusal is None:
            raise
        raise refusal from None
