"""A book of escrows as one statement sees it: sums for the certificate, everything for the export."""

import json
from datetime import datetime
from typing import Any

from django.db import connection

from escrow.comparisons.comparison import HELD, Finding
from escrow.enums_reconciliation import BreakState
from escrow.models import Break

ENTRIES_EXPORTED = 100

Key = tuple[str, str, str, int | None, int | None]

_TOTALS = f"""
    SELECT jsonb_build_object(
        'escrows', (SELECT coalesce(jsonb_agg(x ORDER BY x."status", x."currency"), '[]') FROM (
            SELECT e.status AS "status", e.currency AS "currency", count(*) AS "count",
                   sum(e.amount_minor)::bigint AS "amountMinor", sum({HELD})::bigint AS "heldMinor",
                   sum(e.released_minor)::bigint AS "releasedMinor", sum(e.refunded_minor)::bigint AS "refundedMinor"
              FROM escrow_escrow e WHERE e.livemode = %(livemode)s GROUP BY 1, 2) x),
        'parts', (SELECT coalesce(jsonb_agg(x ORDER BY x."state", x."currency"), '[]') FROM (
            SELECT p.state AS "state", e.currency AS "currency", count(*) AS "count",
                   sum(p.amount_minor)::bigint AS "sumMinor"
              FROM escrow_part p JOIN escrow_escrow e ON e.id = p.escrow_id WHERE e.livemode = %(livemode)s
             GROUP BY 1, 2) x),
        'movements', (SELECT coalesce(jsonb_agg(x ORDER BY x."kind", x."currency"), '[]') FROM (
            SELECT m.kind AS "kind", e.currency AS "currency", count(*) AS "count",
                   sum(m.amount_minor)::bigint AS "sumMinor"
              FROM escrow_movement m JOIN escrow_escrow e ON e.id = m.escrow_id WHERE e.livemode = %(livemode)s
             GROUP BY 1, 2) x),
        'balances', (SELECT coalesce(jsonb_agg(x ORDER BY x."kind", x."currency"), '[]') FROM (
            SELECT a.kind AS "kind", a.currency AS "currency", count(*) AS "accounts",
                   sum(b.posted_minor + coalesce(d.posted, 0))::bigint AS "postedMinor"
              FROM ledger_account a JOIN ledger_balance b ON b.account_id = a.id
              LEFT JOIN (SELECT account_id, sum(posted_minor) AS posted FROM ledger_delta GROUP BY 1) d
                ON d.account_id = a.id
             WHERE a.book = %(book)s GROUP BY 1, 2) x),
        'bank', (SELECT coalesce(jsonb_agg(x ORDER BY x."currency"), '[]') FROM (
            SELECT DISTINCT ON (currency) currency AS "currency", last_day AS "lastDay", closing_minor AS "closingMinor"
              FROM escrow_bankstatement WHERE book = %(book)s ORDER BY currency, last_day DESC) x),
        'ledger', jsonb_build_object(
            'lastEntry', (SELECT public_id FROM ledger_entry WHERE id = (SELECT max(id) FROM ledger_entry)),
            'headsDigest', (SELECT encode(sha256(convert_to(coalesce(string_agg(
                a.code || ' ' || a.currency || ' ' || b.seq || ' ' || encode(b.head, 'hex'), chr(10)
                ORDER BY a.code COLLATE "C", a.currency), ''), 'UTF8')), 'hex')
                FROM ledger_account a JOIN ledger_balance b ON b.account_id = a.id WHERE a.book = %(book)s)),
        'audit', (SELECT coalesce(
            (SELECT jsonb_build_object('links', seq, 'head', encode(hash, 'hex')) FROM audit_link
              ORDER BY seq DESC LIMIT 1), jsonb_build_object('links', 0, 'head', '')))
    )::text
"""  # noqa: S608 - texts of this package

_EXPORT = f"""
    SELECT jsonb_build_object(
        'scope', %(scope)s::text, 'book', %(book)s::text, 'at', %(now)s::timestamptz,
        'escrows', (SELECT coalesce(jsonb_agg(x ORDER BY x."escrowId"), '[]') FROM (
            SELECT e.public_id AS "escrowId", e.account AS "account", e.status AS "status", e.version AS "version",
                   e.currency AS "currency", e.amount_minor AS "amountMinor", e.fee_minor AS "feeMinor",
                   {HELD} AS "heldMinor", e.released_minor AS "releasedMinor", e.refunded_minor AS "refundedMinor",
                   coalesce(b.posted_minor, 0) AS "ledgerMinor", coalesce(p.held, 0)::bigint AS "heldPartsMinor"
              FROM escrow_escrow e
              LEFT JOIN ledger_account a ON a.book = %(book)s AND a.code = 'escrow_held:' || e.account
                   AND a.currency = e.currency
              LEFT JOIN ledger_balance b ON b.account_id = a.id
              LEFT JOIN (SELECT escrow_id, sum(amount_minor) AS held FROM escrow_part WHERE state = 'HELD'
                            AND (%(escrow)s = '' OR escrow_id = (SELECT id FROM escrow_escrow
                                                                  WHERE public_id = %(escrow)s))
                          GROUP BY 1) p ON p.escrow_id = e.id
             WHERE e.livemode = %(livemode)s AND (%(escrow)s = '' OR e.public_id = %(escrow)s)) x),
        'entries', (SELECT coalesce(jsonb_agg(x ORDER BY x."entryId"), '[]') FROM (
            SELECT n.public_id AS "entryId", n.kind AS "kind", n.reference AS "reference", n.posted_at AS "postedAt",
                   (SELECT jsonb_agg(jsonb_build_object('account', a.code, 'amountMinor', g.amount_minor,
                                                        'currency', g.currency) ORDER BY g.leg)
                      FROM ledger_posting g JOIN ledger_account a ON a.id = g.account_id
                     WHERE g.entry_id = n.id) AS "legs"
              FROM ledger_entry n
             WHERE n.book = %(book)s AND n.phase = 'POSTED' AND (%(escrow)s = '' OR n.id IN (
                   SELECT g.entry_id FROM ledger_posting g JOIN ledger_account a ON a.id = g.account_id
                     JOIN escrow_escrow e ON a.code = 'escrow_held:' || e.account AND a.book = %(book)s
                    WHERE e.public_id = %(escrow)s))
             ORDER BY n.id DESC LIMIT %(most)s) x)
    )::text
"""  # noqa: S608


def totals(book: str) -> dict[str, Any]:
    """Counts and sums by state and currency, balances by kind of account, and where both hash chains end."""
    with connection.cursor() as cursor:
        cursor.execute(_TOTALS, {"book": book, "livemode": book == "live"})
        found: dict[str, Any] = json.loads(cursor.fetchone()[0])
    return found


def export(scope: str, book: str, *, now: datetime) -> str:
    """JSON text: every escrow of the scope with its ledger balance, and the last hundred entries that touched it."""
    kind, _, name = scope.partition(":")
    given: dict[str, Any] = {
        "scope": scope,
        "book": book,
        "livemode": book == "live",
        "escrow": name if kind == "escrow" else "",
        "now": now,
        "most": ENTRIES_EXPORTED,
    }
    with connection.cursor() as cursor:
        cursor.execute(_EXPORT, given)
        return str(cursor.fetchone()[0])


def key(found: Finding) -> Key:
    """What makes a break the same one, amounts included."""
    return (str(found.kind), found.subject, found.currency, found.expected_minor, found.actual_minor)


def list_written_off(book: str) -> set[Key]:
    """Breaks that two people said will stay as they are: they are not found again until their amounts change."""
    rows = Break.objects.filter(book=book, state=BreakState.WRITTEN_OFF)
    return set(rows.values_list("kind", "subject", "currency", "expected_minor", "actual_minor"))
