"""Statements that run with every payment: their parameters travel apart from the text, so the server keeps the plan.

Django's usual cursor pastes parameters into the text, which is then parsed and planned anew each time. From its fifth
execution in a session on, a statement run from here is a prepared one (`prepare_threshold` in the settings). The text
must therefore be one of a few; a list of changing length belongs into an array.
"""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from enum import Enum
from typing import Any, cast

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.postgresql.base import ServerBindingCursor

Parameters = Sequence[object] | Mapping[str, object]


def execute(sql: str, parameters: Parameters) -> int:
    """How many rows were touched. Raises django.db.Error like any cursor."""
    with _cursor() as cursor:
        cursor.execute(sql, _apart(parameters))
        return int(cursor.rowcount)


def fetch_all(sql: str, parameters: Parameters) -> list[tuple[Any, ...]]:
    with _cursor() as cursor:
        cursor.execute(sql, _apart(parameters))
        return list(cursor.fetchall())


def fetch_one(sql: str, parameters: Parameters) -> tuple[Any, ...] | None:
    with _cursor() as cursor:
        cursor.execute(sql, _apart(parameters))
        row: tuple[Any, ...] | None = cursor.fetchone()
        return row


def _cursor() -> AbstractContextManager[Any]:
    # Django's `connection` looks itself up anew at every use.
    database = cast(Any, connections[DEFAULT_DB_ALIAS])
    database.close_if_health_check_failed()
    database.ensure_connection()
    raw: Any = ServerBindingCursor(database.connection)  # type: ignore[call-arg]
    make = database.make_debug_cursor if database.queries_logged else database.make_cursor
    return cast("AbstractContextManager[Any]", make(raw))


_AS_THEY_ARE = frozenset((str, bool, type(None), datetime, bytes, list))


def _apart(parameters: Parameters) -> list[object] | dict[str, object]:
    """Whole numbers and words go as text of no type: the server takes the column's, and one plan serves them all.

    (Sent as numbers, 5 and 50,000 would be of two types and make two plans.)
    """
    if isinstance(parameters, Mapping):
        return {name: _plain(value) for name, value in parameters.items()}
    return [_plain(value) for value in parameters]


def _plain(value: object) -> object:
    return value if type(value) in _AS_THEY_ARE else _untyped(value)


def _untyped(value: object) -> object:
    if isinstance(value, Enum):
        return str(value.value)
    return str(value) if isinstance(value, int) else value
