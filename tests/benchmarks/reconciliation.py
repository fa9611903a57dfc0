"""A run over so many escrows, half of them released in part, and a bank statement with a line for each.

The last section, because it empties tables. The floor is one pass over the same rows that only counts and sums them.
`SIZE=1000000` fills more.
"""

import os
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from django.db import connection, transaction

from core.actors import SYSTEM
from escrow.enums_reconciliation import RunOrigin
from escrow.models import ReconciliationRun
from escrow.selectors import book_state
from escrow.services import bank_statements, matching, reconciliation
from escrow.statements import csv_format
from escrow.statements.documents import Line, Statement
from tests.benchmarks.report import Report

SIZE = 100_000
MOST_FLOORS = 12.0
NOW = datetime(2026, 3, 2, 15, tzinfo=UTC)
FILL = Path(__file__).with_suffix(".sql")


def run(report: Report) -> None:
    size = int(os.environ.get("SIZE", SIZE))
    fill(size)
    floor = timed(lambda: book_state.totals("test"))
    report.add(f"counts and sums of {size:,} escrows alone (floor)", floor, "s")
    report.add(f"a statement of {size:,} lines read and kept", timed(lambda: statement(size)), "s", floor=floor)
    report.add("its lines matched with as many entries", timed(lambda: matching.match(book="test", now=NOW)), "s",
               floor=floor)  # fmt: skip
    made: list[ReconciliationRun] = []
    seconds = timed(lambda: made.append(reconcile()))
    first = made[0]
    assert first.state == "CLEAN", [check for check in first.checks if check["found"]]
    report.add(f"reconcile: {len(first.checks)} comparisons, matching, totals", seconds, "s", floor=floor,
               target=f"< {MOST_FLOORS:.0f} floors", met=seconds < floor * MOST_FLOORS)  # fmt: skip
    slowest = max(first.checks, key=lambda check: check["milliseconds"])
    report.add(f"the slowest: {slowest['name']}", slowest["milliseconds"] / 1000, "s", floor=floor)


def fill(size: int) -> None:
    """Rows as the services write them, past the triggers, by set."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica; SET LOCAL statement_timeout = 0")
        for step in FILL.read_text().split(";\n"):
            if step.strip():
                cursor.execute(step.replace("%(size)s", str(size)))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def statement(size: int) -> None:
    day = NOW.date()
    lines = tuple(Line(number + 1, day, 50_000, f"pay_bench_{number}") for number in range(1, size + 1))
    text = csv_format.write(Statement("", "USD", day, day, 0, 50_000 * size, lines), in_minor=True)
    file = bank_statements.import_file(name="bench.csv", content=text.encode(), book="test", actor=SYSTEM, now=NOW)
    assert file.state == "READ", file.problem


def reconcile() -> ReconciliationRun:
    return reconciliation.run_now(book="test", is_full=False, origin=RunOrigin.COMMAND, actor=SYSTEM, now=NOW)


def timed(act: Callable[[], object]) -> float:
    started = time.monotonic()
    act()
    return time.monotonic() - started
