"""Every column that can hold a card number, table by table, in batches by primary key."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db import connection

from core.vault.scan import finder

ROWS_PER_BATCH = 1_000
# Composite, enumerated and temporal values hold no card number; whole numbers of eight bytes can.
_KINDS = "'text','varchar','bpchar','json','jsonb','bytea','int8','numeric','_text','_varchar','xml','hstore','citext'"

_TABLES = f"""
    SELECT c.relname, has_table_privilege(c.oid, 'SELECT'), greatest(c.reltuples, 0)::bigint,
           ARRAY(SELECT a.attname::text FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
                  WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND t.typname IN ({_KINDS})
                    AND t.typname <> 'bytea' ORDER BY a.attnum),
           ARRAY(SELECT a.attname::text FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
                  WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND t.typname = 'bytea'
                  ORDER BY a.attnum),
           ARRAY(SELECT a.attname::text
                   FROM pg_index i CROSS JOIN LATERAL unnest(i.indkey) WITH ORDINALITY AS k(number, place)
                   JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.number
                  WHERE i.indrelid = c.oid AND i.indisprimary ORDER BY k.place),
           ARRAY(SELECT format_type(a.atttypid, a.atttypmod)
                   FROM pg_index i CROSS JOIN LATERAL unnest(i.indkey) WITH ORDINALITY AS k(number, place)
                   JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.number
                  WHERE i.indrelid = c.oid AND i.indisprimary ORDER BY k.place)
    FROM pg_class c WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace ORDER BY c.relname
"""  # noqa: S608 - names from code


@dataclass(frozen=True, slots=True)
class Table:
    """`skipped` says why it cannot be read; then what it holds is not known to be clean."""

    name: str
    rows: int
    columns: tuple[str, ...]
    byte_columns: tuple[str, ...]
    key: tuple[str, ...]
    key_types: tuple[str, ...]
    skipped: str = ""


@dataclass(frozen=True, slots=True)
class InTable:
    table: str
    column: str
    key: str
    card: finder.Card


@dataclass(frozen=True, slots=True)
class Batch:
    """`last` is the key to go on after."""

    rows: int
    found: list[InTable]
    last: list[str]


def list_tables() -> list[Table]:
    """All tables of ours with something to look at; `rows` is the planner's estimate."""
    with connection.cursor() as cursor:
        cursor.execute(_TABLES)
        rows = cursor.fetchall()
    return [_table(*row) for row in rows if row[3] or row[4]]


def read(table: Table, *, after: list[str] | None = None) -> Iterator[Batch]:
    """From the row after `after` on. A row that is written while this runs is seen if its key is still ahead."""
    names = [*table.columns, *table.byte_columns]
    while True:
        with connection.cursor() as cursor:
            cursor.execute(_statement(table, first=after is None), [*(after or ()), ROWS_PER_BATCH])
            rows = cursor.fetchall()
        if not rows:
            return
        width = len(table.key)
        found = [hit for row in rows for hit in _look(table, names, row[:width], row[width:])]
        after = list(rows[-1][:width])
        yield Batch(len(rows), found, after)


def _look(table: Table, names: list[str], key: tuple[str, ...], values: tuple[Any, ...]) -> Iterator[InTable]:
    for name, value in zip(names, values, strict=True):
        if value is not None and len(value) > 12:
            for card in finder.find(value):
                yield InTable(table.name, name, masked_key(key), card)


def masked_key(key: tuple[str, ...]) -> str:
    """A key may itself be what was looked for."""
    text = ", ".join(key)
    return "(hidden)" if finder.find(text) else text


def _statement(table: Table, *, first: bool) -> str:
    quote = connection.ops.quote_name
    # Qualified: the bare name would order by the text that is selected under it.
    key = ", ".join(f"scanned.{quote(name)}" for name in table.key)
    shown = [f"scanned.{quote(name)}::text" for name in (*table.key, *table.columns)]
    shown += [f"encode(scanned.{quote(name)}, 'escape')" for name in table.byte_columns]
    places = ", ".join(f"%s::{kind}" for kind in table.key_types)
    beyond = "" if first else f"WHERE ({key}) > ({places})"
    return f"SELECT {', '.join(shown)} FROM {quote(table.name)} AS scanned {beyond} ORDER BY {key} LIMIT %s"  # noqa: S608


def _table(
    name: str, may_read: bool, rows: int, columns: list[str], byte_columns: list[str], key: list[str], types: list[str]
) -> Table:
    skipped = "" if may_read and key else "it has no primary key" if may_read else "the role may not read it"
    return Table(name, rows, tuple(columns), tuple(byte_columns), tuple(key), tuple(types), skipped)
