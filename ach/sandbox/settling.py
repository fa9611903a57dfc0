"""Entries whose settlement has come: state and movement in one statement."""

from datetime import datetime

from django.db import connection, transaction

CHUNK = 5_000

# What the operator refuses before settlement does not settle, however late the bank looks.
_SETTLE = """
    WITH due AS (
        SELECT id FROM ach_sandboxposting
         WHERE state = 'ACCEPTED' AND settles_at <= %(now)s AND (answers_at IS NULL OR answers_at >= settles_at)
         ORDER BY settles_at, id LIMIT %(chunk)s FOR NO KEY UPDATE SKIP LOCKED
    ), settled AS (
        UPDATE ach_sandboxposting p SET state = 'SETTLED' FROM due WHERE p.id = due.id
        RETURNING p.id, p.direction, p.amount_minor, p.settles_on
    ), moved AS (
        INSERT INTO ach_sandboxmovement (posting_id, day, kind, code, reference, words, amount_minor)
        SELECT id, settles_on, 'SETTLEMENT', '', '', '',
               CASE direction WHEN 'DEBIT' THEN amount_minor ELSE -amount_minor END
          FROM settled WHERE amount_minor > 0 ORDER BY id
    ) SELECT count(*) FROM settled
"""


def settle_due(*, now: datetime) -> int:
    """How many settled."""
    total = 0
    while count := _settle(now):
        total += count
    return total


def _settle(now: datetime) -> int:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_SETTLE, {"now": now, "chunk": CHUNK})
        return int(cursor.fetchone()[0])
