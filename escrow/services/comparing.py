"""Compare a book with itself in one snapshot: what does not agree, what it adds up to, and what broken scopes hold."""

import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection, transaction

from ach.parameters import number as rail_number
from ach.selectors import unmapped
from core.audit import verification as record
from escrow import comparisons
from escrow import parameters_reconciliation as limits
from escrow.break_kinds import BOOK, TERMS, BreakKind
from escrow.comparisons import Comparison
from escrow.comparisons.comparison import Finding
from escrow.selectors import book_state
from ledger.verification import services as ledger

# So many of one kind are named; of more, something is wrong with the kind.
MOST_NAMED = 5_000
LONGEST_DETAIL = 300


@dataclass(slots=True)
class Compared:
    """`checks` are [{name, found, milliseconds}], `exports` JSON text by the scope that is to be halted.

    Of the kinds in `cut` there are more than are named.
    """

    findings: list[Finding] = field(default_factory=list)
    checks: list[dict[str, Any]] = field(default_factory=list)
    totals: dict[str, Any] = field(default_factory=dict)
    exports: dict[str, str] = field(default_factory=dict)
    cut: set[BreakKind] = field(default_factory=set)

    @property
    def found(self) -> int:
        return sum(check["found"] for check in self.checks)


def compare(*, book: str, is_full: bool, now: datetime) -> Compared:
    """All comparisons on one snapshot; with `is_full` the ledger and the audit record prove themselves too.

    Written off breaks with the same amounts are not found again.
    """
    compared = Compared()
    with transaction.atomic(), connection.cursor() as cursor:
        # A test is in a transaction already, whose isolation can no longer be chosen.
        if not connection.savepoint_ids:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        # The planner has no statistics of what comparisons compute on the way: loops over it would take hours.
        cursor.execute(
            "SET LOCAL statement_timeout = 0; SET LOCAL work_mem = '128MB'; SET LOCAL jit = off;"
            " SET LOCAL enable_nestloop = off; SET LOCAL enable_mergejoin = off"
        )
        given = _given(book, now)
        settled = book_state.list_written_off(book)
        for comparison in comparisons.ALL:
            _run(compared, comparison, given, settled)
        compared.totals = book_state.totals(book)
        cursor.execute("SET LOCAL enable_nestloop = on; SET LOCAL enable_mergejoin = on")
        scopes = scopes_to_halt(compared.findings, book=book, most=limits.read("halt_book_escrows", at=now))
        compared.exports = {scope: book_state.export(scope, book, now=now) for scope in scopes}
    if is_full:
        _prove(compared, book)
        if any(found.kind in (BreakKind.LEDGER_DIFFERS, BreakKind.AUDIT_BROKEN) for found in compared.findings):
            whole = f"book:{book}"
            compared.exports = {whole: compared.exports.get(whole) or book_state.export(whole, book, now=now)}
    return compared


def scopes_to_halt(findings: Iterable[Finding], *, book: str, most: int) -> list[str]:
    """Where money does not agree. More escrows than `most` are the whole book; so is anything wrong with the book."""
    scopes = {found.scope for found in findings if TERMS[found.kind].concerns_money}
    whole = f"book:{book}"
    return [whole] if whole in scopes or len(scopes) > most else sorted(scopes)


def _given(book: str, now: datetime) -> dict[str, Any]:
    return {
        "book": book,
        "livemode": book == "live",
        "now": now,
        "today": now.astimezone(UTC).date(),
        "bank_days": limits.read("bank_days", at=now),
        "statement_age_days": limits.read("statement_age_days", at=now),
        "late_before": now - timedelta(minutes=limits.read("timer_late_minutes", at=now)),
        "orphaned_before": now - timedelta(minutes=limits.read("orphan_minutes", at=now)),
        "unbooked_before": now - timedelta(minutes=limits.read("rail_lag_minutes", at=now)),
        **unmapped.before(now),
        "unanswered_before": now - timedelta(hours=rail_number("acknowledgement_hours", now)),
        "suspended_before": now - timedelta(days=limits.read("suspense_days", at=now)),
        "case_before": now - timedelta(days=limits.read("rail_case_days", at=now)),
    }


def _run(compared: Compared, comparison: Comparison, given: dict[str, Any], settled: set[book_state.Key]) -> None:
    started = time.monotonic()
    with connection.cursor() as cursor:
        cursor.execute(comparison.sql, given)
        rows = cursor.fetchmany(MOST_NAMED)
        more = cursor.rowcount - len(rows)
    if more:
        compared.cut |= set(comparison.kinds)
    found = [_finding(row) for row in rows]
    _note(compared, comparison.name, [each for each in found if book_state.key(each) not in settled], started, more)


def _finding(row: Sequence[Any]) -> Finding:
    kind, subject, scope, account, currency, expected, actual, detail = row
    expected, actual = (None if value is None else int(value) for value in (expected, actual))
    return Finding(BreakKind(kind), subject, scope, account, currency, expected, actual, detail[:LONGEST_DETAIL])


def _note(compared: Compared, name: str, found: list[Finding], started: float, more: int = 0) -> None:
    compared.findings += found
    milliseconds = round((time.monotonic() - started) * 1000)
    compared.checks.append({"name": name, "found": len(found) + more, "milliseconds": milliseconds})


def _prove(compared: Compared, book: str) -> None:
    """Ledger and audit record have no mode: what is wrong with them is wrong with the book at hand too."""
    started = time.monotonic()
    outcomes = ledger.verify()
    wrong = Counter({outcome.check.name: outcome.difference_count for outcome in outcomes if outcome.difference_count})
    found = [_of_book(BreakKind.LEDGER_DIFFERS, book, name, f"{number} differences") for name, number in wrong.items()]
    _note(compared, "the ledger proves itself", found, started)
    started = time.monotonic()
    result = record.verify(since_anchor=True)
    found = [_of_book(BreakKind.AUDIT_BROKEN, book, each.kind, str(each)) for each in result.findings[:1]]
    _note(compared, "the audit record proves itself", found, started)


def _of_book(kind: BreakKind, book: str, subject: str, detail: str) -> Finding:
    return Finding(kind, f"{BOOK} {subject}"[:80], f"book:{book}", "", "", None, None, detail[:LONGEST_DETAIL])
