"""A marketplace with a year behind it, written by set-based SQL in minutes: what lists are measured over.

Nine payments in ten are live. Customers differ as they do in life: the busiest has two payments in a hundred, half of
them have a handful. Statuses, scores, cases, refunds, escrows (released after a month), ledger entries with their
postings, gateway attempts, idempotent requests and audit entries belong to the payments they name. The statements are
in `million.sql`.

Triggers and foreign keys are off while rows are written (`session_replication_role`, a superuser's right) and
secondary indexes are built afterwards. Check constraints hold throughout. Hash chains are filled with constants:
`verify_ledger` and `verify_audit` are measured elsewhere and would rightly object here.
"""

import json
import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from django.db import connection
from django.db.backends.utils import CursorWrapper

from fraud.rules.catalogue import VARIABLES, Kind
from fraud.rules.scoring import Hit

CUSTOMERS, PROVIDERS = 20_000, 500
DAYS = 365
BUILD_INDEXES_AFTERWARDS_FROM = 20_000
TABLES = (
    "compliance_party", "fraud_assessment", "fraud_observation", "fraud_reviewcase", "payments_payment",
    "payments_refund", "payments_gatewayattempt", "escrow_escrow", "escrow_part", "escrow_movement", "ledger_account",
    "ledger_balance", "ledger_delta", "ledger_entry", "ledger_posting", "audit_entry", "audit_link", "audit_pending",
    "idempotency_idempotentrequest", "outbox_event", "outbox_delivery",
)  # fmt: skip


def steps() -> list[tuple[str, str]]:
    """Names and statements, in their order."""
    parts = re.split(r"^-- step: (\w+)$", Path(__file__).with_suffix(".sql").read_text(), flags=re.MULTILINE)[1:]
    return list(zip(parts[::2], parts[1::2], strict=True))


def fill(*, size: int, now: datetime) -> Iterator[str]:
    """Empty the tables and write `size` payments with what belongs to them, in the transaction that is open.

    Yields the name of each step as it begins. Only a superuser can: append-only tables are truncated.
    """
    facts = _facts(size, now)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0")
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("SET LOCAL maintenance_work_mem = '512MB'")
        cursor.execute("SET LOCAL work_mem = '256MB'")
        cursor.execute(f"TRUNCATE {', '.join(TABLES)} RESTART IDENTITY CASCADE")
        indexes = _drop_indexes(cursor) if size >= BUILD_INDEXES_AFTERWARDS_FROM else []
        for name, statement in steps():
            yield name
            cursor.execute(statement, facts)
        yield "indexes"
        for definition in indexes:
            cursor.execute(definition)
        _advance_sequences(cursor)
        cursor.execute("SET LOCAL session_replication_role = origin")


def _facts(size: int, now: datetime) -> dict[str, object]:
    samples = {Kind.NUMBER: 3, Kind.TEXT: "US", Kind.FLAG: False}
    hit = Hit("new_customer", 40, None, "New customer", {"customer_age_days": 3}, {})
    return {
        "size": size,
        "now": now,
        "days": DAYS,
        "customers": CUSTOMERS,
        "providers": PROVIDERS,
        "features": json.dumps({name: samples[variable.kind] for name, variable in VARIABLES.items()}),
        "hits": json.dumps([hit.as_json()]),
    }


def analyse() -> None:
    """Outside the transaction: statistics and visibility as a database that has lived for a while has them."""
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        cursor.execute(f"VACUUM ANALYZE {', '.join(TABLES)}")


def _drop_indexes(cursor: CursorWrapper) -> list[str]:
    """Those that guard nothing; returns how to make them again."""
    cursor.execute(
        """SELECT i.relname, pg_get_indexdef(i.oid) FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid
           JOIN pg_class t ON t.oid = x.indrelid WHERE t.relname = ANY(%s) AND NOT x.indisunique""",
        [list(TABLES)],
    )
    found = cursor.fetchall()
    for name, _ in found:
        cursor.execute(f'DROP INDEX "{name}"')
    return [definition for _, definition in found]


def _advance_sequences(cursor: CursorWrapper) -> None:
    """Rows that come later get numbers of their own."""
    for table in ("compliance_party", "fraud_assessment", "payments_payment", "ledger_account", "ledger_entry",
                  "idempotency_idempotentrequest"):  # fmt: skip
        cursor.execute(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), max(id)) FROM {table}")
