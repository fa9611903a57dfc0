"""Runs the checks on one snapshot, beside traffic."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from django.db import connection, transaction

from ledger.verification import checks
from ledger.verification.checks import Check

SHOWN = 5


@dataclass(frozen=True, slots=True)
class Difference:
    subject: str
    expected: str
    found: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """`differences` are the first few, `difference_count` all of them."""

    check: Check
    rows: int
    seconds: float
    difference_count: int
    differences: tuple[Difference, ...]


def verify(on_outcome: Callable[[Outcome], None] = lambda _: None) -> list[Outcome]:
    """Every check, in one read-only snapshot of the database. Call it outside a transaction, or within one of your own
    if its isolation is good enough for you.
    """
    outcomes = []
    with transaction.atomic(), connection.cursor() as cursor:
        if len(connection.savepoint_ids) == 0:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        # The planner has no statistics of what the checks compute on the way. Loops over it, and merges on the account
        # alone, would take hours; a hash join uses every column of its condition.
        cursor.execute(
            "SET LOCAL statement_timeout = 0; SET LOCAL work_mem = '256MB'; SET LOCAL jit = off;"
            " SET LOCAL enable_nestloop = off; SET LOCAL enable_mergejoin = off"
        )
        for check in checks.ALL:
            outcome = _run(check)
            outcomes.append(outcome)
            on_outcome(outcome)
    return outcomes


def _run(check: Check) -> Outcome:
    started = time.monotonic()
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {check.counted}")  # noqa: S608 - names from this package
        rows = cursor.fetchone()[0]
        cursor.execute(check.sql)
        first = cursor.fetchmany(SHOWN)
        count = cursor.rowcount
    return Outcome(
        check=check,
        rows=rows,
        seconds=time.monotonic() - started,
        difference_count=count,
        differences=tuple(Difference(*row) for row in first),
    )
