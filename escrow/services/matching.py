"""Find for each line of the bank the entries it is: one statement for each rule, the surest first.

What was matched stays so. A line and its entries always have the same amount, and are at most `bank_days` apart.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from escrow import parameters_reconciliation as limits
from escrow.enums_reconciliation import MatchRule
from escrow.services import rail_matching
from escrow.services.loose import ANY_LOOSE, INSERT, KEY, LOOSE, NEAR

# Where one reference stands several times with one amount, the first line is the first entry.
_BY_REFERENCE = f"""
    WITH {LOOSE}, keyed AS (
        SELECT DISTINCT entry_id, day, amount, currency, key FROM (
            SELECT posted.*, {KEY.format("reference")} AS key FROM posted
            UNION ALL SELECT posted.*, {KEY.format("description")} FROM posted) k WHERE key <> ''
    ), lines AS (
        SELECT *, row_number() OVER (PARTITION BY key, amount, currency ORDER BY day, line_id) AS turn
          FROM loose WHERE key <> ''
    ), entries AS (
        SELECT *, row_number() OVER (PARTITION BY key, amount, currency ORDER BY day, entry_id) AS turn FROM keyed
    ), pairs AS (
        SELECT l.line_id, p.entry_id, p.amount, row_number() OVER (PARTITION BY p.entry_id ORDER BY l.line_id) AS nth,
               row_number() OVER (PARTITION BY l.line_id ORDER BY p.entry_id) AS mth
          FROM lines l JOIN entries p USING (key, amount, currency, turn) WHERE {NEAR}
    )
    {INSERT} SELECT line_id, entry_id, amount, 'REFERENCE', %(now)s FROM pairs WHERE nth = 1 AND mth = 1
"""  # noqa: S608

# An acquirer pays a day in one sum: charges less refunds.
_BY_DAY = f"""
    WITH {LOOSE}, settled AS (
        SELECT * FROM posted WHERE kind IN ('payments.settled', 'payments.refund_settled')
    ), lots AS (
        SELECT day, currency, sum(amount)::bigint AS amount,
               row_number() OVER (PARTITION BY currency, sum(amount) ORDER BY day) AS turn
          FROM settled GROUP BY day, currency
    ), lines AS (
        SELECT *, row_number() OVER (PARTITION BY currency, amount ORDER BY day, line_id) AS turn FROM loose
    ), pairs AS (
        SELECT l.line_id, p.day, p.currency FROM lines l JOIN lots p USING (currency, amount, turn) WHERE {NEAR}
    )
    {INSERT} SELECT line_id, entry_id, amount, 'DAY', %(now)s FROM pairs JOIN settled USING (day, currency)
"""  # noqa: S608

# Without a reference only what cannot be anything else.
_BY_AMOUNT = f"""
    WITH {LOOSE}, near AS (
        SELECT l.line_id, p.entry_id, p.amount, count(*) OVER (PARTITION BY l.line_id) AS entries,
               count(*) OVER (PARTITION BY p.entry_id) AS lines
          FROM loose l JOIN posted p USING (currency, amount) WHERE l.key = '' AND {NEAR}
    )
    {INSERT} SELECT line_id, entry_id, amount, 'AMOUNT', %(now)s FROM near WHERE entries = 1 AND lines = 1
"""  # noqa: S608

_RULES = {
    MatchRule.REFERENCE: _BY_REFERENCE,
    MatchRule.RAIL: rail_matching.MATCH,
    MatchRule.DAY: _BY_DAY,
    MatchRule.AMOUNT: _BY_AMOUNT,
}


def match(*, book: str, now: datetime) -> dict[str, int]:
    """By rule, how many entries found their line now. The caller holds the run of the book."""
    given: dict[str, Any] = {"book": book, "now": now, "bank_days": limits.read("bank_days", at=now)}
    found = dict.fromkeys(map(str, _RULES), 0)
    with transaction.atomic(), connection.cursor() as cursor:
        # As in `comparing`: nothing is known of what is computed on the way.
        cursor.execute("SET LOCAL statement_timeout = 0; SET LOCAL work_mem = '128MB'; SET LOCAL jit = off")
        cursor.execute("SET LOCAL enable_nestloop = off; SET LOCAL enable_mergejoin = off")
        for rule, statement in _RULES.items():
            if not _any(cursor, ANY_LOOSE, given):
                break
            if rule == MatchRule.RAIL and not _any(cursor, rail_matching.ANY, given):
                continue
            if rule == MatchRule.RAIL:
                found[str(rule)] = _insert(cursor, rail_matching.BY_TRACE, given)
            found[str(rule)] += _insert(cursor, statement, given, again=rule == MatchRule.RAIL)
        if _any(cursor, rail_matching.ANY_RESOLVED, given):
            found[str(MatchRule.RAIL)] += _insert(cursor, rail_matching.RESOLVED, given)
    return found


def _any(cursor: CursorWrapper, statement: str, given: Mapping[str, Any]) -> bool:
    cursor.execute(statement, given)
    return cursor.fetchone() is not None


def _insert(cursor: CursorWrapper, statement: str, given: Mapping[str, Any], *, again: bool = False) -> int:
    """`again` where lines that are alike choose the same entries: those that came second choose anew."""
    total = 0
    while True:
        cursor.execute(statement, given)
        found: int = cursor.rowcount
        total += found
        if not (again and found):
            return total
