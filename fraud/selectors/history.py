"""What the history knows of a payment's customer, card, address, device and seller: one round trip."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import Error, connection

# One message of five statements. The savepoint keeps a failure out of the caller's transaction and the limit ends a
# read that would hold the payment up. Ended by RELEASE: after a ROLLBACK, to a savepoint too, psycopg forgets every
# prepared statement of the session.
READ = """
SAVEPOINT fraud_history;
SET LOCAL statement_timeout = %s;
SELECT * FROM fraud_history(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s);
SET LOCAL statement_timeout TO DEFAULT;
RELEASE SAVEPOINT fraud_history
"""
STATEMENTS_BEFORE_THE_SELECT = 2
UNDO = "ROLLBACK TO SAVEPOINT fraud_history; RELEASE SAVEPOINT fraud_history"

_names: list[str] = []


@dataclass(frozen=True, slots=True)
class Subject:
    """Whose history is asked for. `payment_id` is left out of it, so a payment is never its own past."""

    livemode: bool
    payment_id: str | None
    payer_id: str
    payee_id: str | None
    card_fingerprint: str | None
    ip_address: str | None
    ip_country: str | None
    device_id: str | None


def read(subject: Subject, *, timeout_ms: int, rows: int, now: datetime) -> dict[str, Any]:
    """Columns of `fraud_history` by name, as of `now`. Must run in a transaction, which survives a failure.

    Raises django.db.Error, also where the read took longer than `timeout_ms`.
    """
    values: list[Any] = [
        timeout_ms,
        subject.livemode,
        subject.payment_id or "",
        subject.payer_id,
        subject.payee_id or None,
        subject.card_fingerprint or None,
        subject.ip_address,
        subject.ip_country,
        subject.device_id or None,
        now,
        rows,
    ]
    with connection.cursor() as cursor:
        try:
            cursor.execute(READ, values)
        except Error:
            cursor.execute(UNDO)
            raise
        for _ in range(STATEMENTS_BEFORE_THE_SELECT):
            cursor.nextset()
        if not _names:
            # The function's own, asked for once: describing them takes longer than reading them.
            _names.extend(column.name for column in cursor.description)
        return dict(zip(_names, cursor.fetchone() or (), strict=True))
