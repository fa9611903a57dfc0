"""Audit rows as verification reads them: streamed by a server-side cursor, rebuilt into what was signed."""

from collections.abc import Iterator
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection

from core.audit import chain, keys

FETCH = 5_000

ENTRY_COLUMNS = (
    "e.id, (extract(epoch FROM e.recorded_at) * 1000000)::bigint, e.actor_kind, e.actor_id, e.action, e.subject, "
    "e.result, e.correlation_id, e.origin, e.details, e.key_id, e.hash_version, e.mac"
)
LINK_COLUMNS = (
    "l.seq, l.entry_id, (extract(epoch FROM l.sealed_at) * 1000000)::bigint, l.previous_hash, l.hash, l.key_id, "
    "l.hash_version"
)
_LINK_WIDTH = 7


class StoredEntry(NamedTuple):
    """An entry and the MAC that stands beside it."""

    entry: chain.Entry
    hash_version: int
    mac: bytes

    @property
    def is_genuine(self) -> bool:
        """Whether the MAC is ours and covers what the row says now. Raises for an unknown version or key."""
        return (
            keys.mac(chain.entry_bytes(self.entry, hash_version=self.hash_version), key_id=self.entry.key_id)
            == self.mac
        )


class StoredLink(NamedTuple):
    """A link as it stands in the table, with its entry, which may be gone."""

    seq: int
    entry_id: UUID
    sealed_us: int
    previous_hash: bytes
    hash: bytes
    key_id: str
    hash_version: int
    stored: StoredEntry | None

    def verifies(
        self,
        *,
        seq: int | None = None,
        previous_hash: bytes | None = None,
        entry_mac: bytes = b"",
        entry_id: UUID | None = None,
    ) -> bool:
        """Whether its hash is ours at its own place, or at the place, predecessor and entry given instead."""
        if not entry_mac:
            if self.stored is None:
                return False
            entry_mac = self.stored.mac
        link = chain.Link(
            self.seq if seq is None else seq,
            entry_id or self.entry_id,
            entry_mac,
            self.sealed_us,
            self.previous_hash if previous_hash is None else previous_hash,
            self.key_id,
        )
        return keys.mac(chain.link_bytes(link, hash_version=self.hash_version), key_id=self.key_id) == self.hash


def stream(sql: str, parameters: list[Any] | None = None) -> Iterator[tuple[Any, ...]]:
    """Rows of a query, some thousands at a time. Inside a transaction."""
    with connection.chunked_cursor() as cursor:
        cursor.execute(sql, parameters or [])
        while rows := cursor.fetchmany(FETCH):
            yield from rows


def entry_of(row: tuple[Any, ...]) -> StoredEntry | None:
    """From the columns ENTRY_COLUMNS; None where an outer join found no entry."""
    if row[0] is None:
        return None
    return StoredEntry(chain.Entry(*row[:11]), row[11], bytes(row[12]))


def link_of(row: tuple[Any, ...]) -> StoredLink:
    """From the columns LINK_COLUMNS, then ENTRY_COLUMNS."""
    seq, entry_id, sealed_us, previous_hash, hash_, key_id, hash_version = row[:_LINK_WIDTH]
    return StoredLink(
        seq, entry_id, sealed_us, bytes(previous_hash), bytes(hash_), key_id, hash_version, entry_of(row[_LINK_WIDTH:])
    )


def links_from(seq: int) -> Iterator[StoredLink]:
    """Every link from a place on, in order, with its entry."""
    for row in stream(
        f"SELECT {LINK_COLUMNS}, {ENTRY_COLUMNS} FROM audit_link l LEFT JOIN audit_entry e ON e.id = l.entry_id"  # noqa: S608
        " WHERE l.seq >= %s ORDER BY l.seq",
        [seq],
    ):
        yield link_of(row)


def last_place() -> int:
    """The highest place that is taken, 0 for an empty chain."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(max(seq), 0) FROM audit_link")
        return int(cursor.fetchone()[0])


def find_entry(entry_id: UUID) -> StoredEntry | None:
    """One entry as it stands in the table, with the MAC beside it."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {ENTRY_COLUMNS} FROM audit_entry e WHERE e.id = %s", [entry_id])  # noqa: S608
        row = cursor.fetchone()
    return entry_of(row) if row else None
