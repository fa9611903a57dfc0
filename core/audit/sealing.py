"""Give every committed entry its place in the chain, apart from the path of the payment.

An entry and its row in `audit_pending` commit together; the link and the removal of that row commit together. So after
any crash an entry is waiting or linked, never lost, and places have no holes: a place is only taken by the one sealer
that holds the lock, in the transaction that fills it. The order of the chain is the order of sealing.
"""

from datetime import datetime

from django.db import connection, transaction

from core.audit import chain, keys

SEALER_LOCK = 0x41554449  # "AUDI", in PostgreSQL's advisory locks
BATCH = 2_000

_TAKE = """
    WITH taken AS (
        DELETE FROM audit_pending WHERE entry_id IN (
            SELECT waiting.entry_id FROM audit_pending waiting JOIN audit_entry entry ON entry.id = waiting.entry_id
            WHERE NOT EXISTS (SELECT FROM audit_link link WHERE link.entry_id = waiting.entry_id)
            ORDER BY waiting.entry_id LIMIT %s)
        RETURNING entry_id)
    SELECT entry.id, entry.mac FROM taken JOIN audit_entry entry ON entry.id = taken.entry_id ORDER BY entry.id
"""
_APPEND = """
    INSERT INTO audit_link (seq, entry_id, previous_hash, hash, sealed_at, hash_version, key_id)
    SELECT seq, entry_id, previous_hash, hash, %s, %s, %s
      FROM unnest(%s::bigint[], %s::uuid[], %s::bytea[], %s::bytea[]) AS link (seq, entry_id, previous_hash, hash)
"""


def seal(*, now: datetime, limit: int = BATCH) -> int:
    """Link up to `limit` waiting entries in one transaction. Returns how many; 0 also while another sealer works."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [SEALER_LOCK])
        if not cursor.fetchone()[0]:
            return 0
        cursor.execute("SELECT seq, hash FROM audit_link ORDER BY seq DESC LIMIT 1")
        seq, head = cursor.fetchone() or (0, chain.GENESIS)
        cursor.execute(_TAKE, [limit])
        key_id, sealed_us = keys.current_id(), chain.microseconds(now)
        places, entries, befores, hashes = [], [], [], []
        for entry_id, entry_mac in cursor.fetchall():
            seq += 1
            link = chain.Link(seq, entry_id, bytes(entry_mac), sealed_us, bytes(head), key_id)
            places.append(seq)
            entries.append(entry_id)
            befores.append(bytes(head))
            head = keys.mac(chain.link_bytes(link, hash_version=chain.HASH_VERSION), key_id=key_id)
            hashes.append(head)
        if places:
            cursor.execute(_APPEND, [now, chain.HASH_VERSION, key_id, places, entries, befores, hashes])
    return len(places)


def seal_all(*, now: datetime) -> int:
    """Link everything that is committed and waiting, batch by batch."""
    total = 0
    while sealed := seal(now=now):
        total += sealed
    return total
