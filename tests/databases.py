"""The databases of a test session: migrated once and copied for each process, put back as they were after a commit."""

import contextlib
import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import django
from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.db import connection, transaction

from core import clock

# Any number: whoever makes or copies a migrated database holds this advisory lock.
LOCK = 727_001


def create() -> str:
    """An own database, migrated, that the connection now leads to. Returns the name it led to before."""
    before: str = connection.settings_dict["NAME"]
    own = connection.creation._get_test_db_name()
    with _administration() as cursor:
        _copy(_migrated(cursor, before), own, cursor)
    _lead_to(own)
    return before


def destroy(before: str) -> None:
    connection.creation.destroy_test_db(before, verbosity=0)


@contextlib.contextmanager
def _administration() -> Iterator[Any]:
    """A session that may take its time, alone with the migrated databases."""
    with connection.creation._nodb_cursor() as cursor:
        cursor.execute("SET statement_timeout = 0; SET lock_timeout = 0")
        cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        yield cursor


def _migrated(cursor: Any, before: str) -> str:
    """The database that today's code migrates to; made where there is none, and the ones of other code go."""
    prefix = f"{before}_migrated_"
    wanted = prefix + _digest()
    cursor.execute("SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [prefix])
    there = {name for (name,) in cursor.fetchall()}
    if wanted in there:
        return wanted
    for name in there:
        cursor.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
    unfinished = f"{prefix}unfinished"
    cursor.execute(f'CREATE DATABASE "{unfinished}"')
    _lead_to(unfinished)
    try:
        call_command("migrate", verbosity=0, interactive=False, run_syncdb=True)
    finally:
        connection.close()
        _lead_to(before)
    cursor.execute(f'ALTER DATABASE "{unfinished}" RENAME TO "{wanted}"')
    return wanted


def _copy(source: str, target: str, cursor: Any) -> None:
    cursor.execute(f'DROP DATABASE IF EXISTS "{target}" WITH (FORCE)')
    cursor.execute(f'CREATE DATABASE "{target}" TEMPLATE "{source}"')


def _lead_to(name: str) -> None:
    connection.close()
    settings.DATABASES[connection.alias]["NAME"] = name
    connection.settings_dict["NAME"] = name


def _digest() -> str:
    """Of all code that migrations and what follows them may run, and of the day: some rows bear its date."""
    digest = hashlib.sha256(f"{django.VERSION} {clock.now().date()}".encode())
    root = Path(settings.BASE_DIR)
    folders = {root / "config"} | {Path(app.path) for app in apps.get_app_configs()}
    for folder in sorted(each for each in folders if each.is_relative_to(root) and ".venv" not in each.parts):
        for file in sorted(folder.rglob("*")):
            if file.is_file() and "__pycache__" not in file.parts:
                digest.update(str(file.relative_to(root)).encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()[:16]


class Pristine:
    """What a fresh database holds. `restore` undoes commits: only the tables that differ are written.

    A TRUNCATE of every table, which Django's `flush` does, costs half a second each time.
    """

    def __init__(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY 1"
            )
            self.tables = [name for (name,) in cursor.fetchall()]
            filled = [name for name in self.tables if self._has_rows(cursor, name)]
            self.rows = {name: self._copy_of(cursor, name) for name in filled}
            sums = [f"SELECT '{name}', {self._sum(name)}" for name in filled]
            cursor.execute(" UNION ALL ".join(sums))
            found = dict(cursor.fetchall())
        self._differing = " UNION ALL ".join(
            f"SELECT '{name}' WHERE {self._sum(name)} IS DISTINCT FROM '{found[name]}'"
            if name in found
            else f"SELECT '{name}' WHERE EXISTS (SELECT FROM \"{name}\")"
            for name in self.tables
        )

    def restore(self) -> None:
        """Waits for open transactions first. Triggers are off for this one session, because append-only tables refuse
        a DELETE; only a superuser may do that, so the running program cannot.
        """
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL session_replication_role = replica")
            names = ", ".join(f'"{name}"' for name in self.tables)
            cursor.execute(f"LOCK TABLE {names} IN SHARE ROW EXCLUSIVE MODE")
            cursor.execute(self._differing)
            differing = [name for (name,) in cursor.fetchall()]
            if not differing:
                return
            cursor.execute("; ".join(f'DELETE FROM "{name}"' for name in differing))
            for name in differing:
                if name in self.rows:
                    with cursor.copy(f'COPY "{name}" FROM STDIN') as copy:
                        copy.write(self.rows[name])

    @staticmethod
    def _sum(name: str) -> str:
        return f"(SELECT md5(string_agg(each::text, '' ORDER BY each::text)) FROM \"{name}\" each)"

    @staticmethod
    def _has_rows(cursor: Any, name: str) -> bool:
        cursor.execute(f'SELECT EXISTS (SELECT FROM "{name}")')
        return bool(cursor.fetchone()[0])

    @staticmethod
    def _copy_of(cursor: Any, name: str) -> bytes:
        with cursor.copy(f'COPY "{name}" TO STDOUT') as copy:
            return b"".join(copy)
