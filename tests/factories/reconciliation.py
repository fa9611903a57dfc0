"""Escrows that moved money, statements of their bank, and breaks made by hand."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Any

from django.db import connection, transaction

from core.actors import SYSTEM, Actor
from core.outbox import services as outbox
from escrow.enums_reconciliation import RunOrigin
from escrow.models import BankStatement, Break, Escrow, ReconciliationRun
from escrow.selectors import reconciliation as selectors
from escrow.services import bank_statements, escrows, movements, parts, reconciliation
from escrow.statements import bai2, csv_format
from escrow.statements.documents import Line, Statement
from tests.factories.payments import NOW, pay

TREASURY = Actor("STAFF", "treasury@holdfast.example", frozenset({"TREASURY"}))
DAY = NOW.date()


def held(*, now: Any = NOW, **different: Any) -> Escrow:
    """The escrow of a booking of 500.00: 460.00 are held."""
    body = pay(now=now, **different).body
    outbox.drain(now=now)
    return Escrow.objects.get(account=body["escrowId"])


def released(escrow: Escrow, amount_minor: int, *, now: Any = NOW) -> Escrow:
    """So much of it went to the payee, as a release that nobody has to sign."""
    with transaction.atomic():
        row = escrows.lock_row(escrow.pk)
        movements.release(row, parts.take(row, amount_minor, now=now), actor=SYSTEM, reason="delivered", now=now)
    return row


def run(*, book: str = "test", is_full: bool = False, now: Any = NOW, nightly: bool = False) -> ReconciliationRun:
    origin = RunOrigin.NIGHTLY if nightly else RunOrigin.COMMAND
    return reconciliation.run_now(book=book, is_full=is_full, origin=origin, actor=SYSTEM, now=now)


def found(book: str = "test") -> list[tuple[str, str, int | None, int | None]]:
    """The open breaks: kind, subject, expected, actual."""
    rows = selectors.list_breaks(book, state="OPEN").order_by("kind", "subject")
    return [(row.kind, row.subject, row.expected_minor, row.actual_minor) for row in rows]


def only(kind: str) -> Break:
    return Break.objects.get(kind=kind, state="OPEN")


@contextmanager
def behind_the_rules() -> Iterator[Any]:
    """A superuser whose writes set off no trigger: what the rules keep anybody else from."""
    with connection.cursor() as cursor:
        # What was written before is judged as it was; what is written now is not.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        cursor.execute("SET session_replication_role = replica")
        try:
            yield cursor
        finally:
            cursor.execute("SET session_replication_role = origin")


def tamper(sql: str, *parameters: Any) -> None:
    with behind_the_rules() as cursor:
        cursor.execute(sql, parameters)


def statement(*lines: tuple[int, str], opening: int = 0, day: date = DAY, account: str = "") -> Statement:
    """Of one day: (amount, reference) for each line."""
    rows = tuple(Line(number, day, amount, reference) for number, (amount, reference) in enumerate(lines, start=2))
    closing = opening + sum(amount for amount, _ in lines)
    return Statement(account, "USD", day, day, opening, closing, rows)


def imported(*lines: tuple[int, str], opening: int = 0, day: date = DAY, now: Any = NOW) -> BankStatement:
    """A statement of the trust account, through a file as the bank sends it; one without lines by BAI2."""
    made = statement(*lines, opening=opening, day=day, account="4567")
    text = csv_format.write(made) if lines else bai2.write((made,))
    file = bank_statements.import_file(name=f"{day}.txt", content=text.encode(), book="test", actor=TREASURY, now=now)
    assert file.state == "READ", file.problem
    return file.statements.get()


def later(days: int) -> Any:
    return NOW + timedelta(days=days)
