"""Entries for tests: payouts of sellers with an account each, asked for on Monday 2 March 2026 at ten in New York."""

import itertools
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.db import connection

from ach.enums import Direction, EntryKind, TransportKind
from ach.models import Entry, Originator
from ach.services import entries
from ach.services.entries import NewEntry
from ach.services.originators import SHIPPED_ID
from compliance.models import BankAccount
from core.actors import Actor
from tests.factories import bank_accounts
from tests.factories.payments import NOW

TREASURER = Actor("STAFF", "usr_treasurer", frozenset({"TREASURY"}))
# 17:00 in New York, less the ten minutes that a file takes.
CUTOFF = datetime(2026, 3, 2, 21, 50, tzinfo=UTC)
_references = itertools.count(1)
_accounts = itertools.count(1)


def account(**different: Any) -> BankAccount:
    """An active account of a seller of its own, in test data."""
    return bank_accounts.active(f"prov_ach{next(_accounts)}", **different)


def new(to: BankAccount | None = None, **different: Any) -> NewEntry:
    """A payout of 460.00 to a person."""
    values: dict[str, Any] = {
        "kind": EntryKind.PAYMENT,
        "reference": f"ACH{next(_references):013d}TEST",
        "account": to or account(),
        "direction": Direction.CREDIT,
        "amount_minor": 46_000,
        "sec": "PPD",
        "description": "PAYOUT",
    }
    return NewEntry(**values | different)


def submitted(to: BankAccount | None = None, *, now: datetime = NOW, **different: Any) -> Entry:
    asked = new(to, **different)
    return entries.submit(new=asked, livemode=asked.account.livemode, actor=TREASURER, now=now).entry


def folder_bank(folder: Path, **different: Any) -> Path:
    """The shipped originator delivers to this folder; returned is where its files arrive."""
    outgoing, incoming = folder / "outgoing", folder / "incoming"
    outgoing.mkdir()
    incoming.mkdir()
    settings = {"outgoing": str(outgoing), "incoming": str(incoming), **different}
    Originator.objects.filter(public_id=SHIPPED_ID).update(transport=TransportKind.FILESYSTEM, settings=settings)
    return outgoing


def past_the_rules(sql: str, *values: Any) -> None:
    """A row as it should never be: the database's rules are off for this one statement."""
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        try:
            cursor.execute(sql, values)
        finally:
            cursor.execute("SET session_replication_role = origin")
