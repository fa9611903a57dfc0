"""Marks: one row per effect, duplicates allowed, so that doing a thing twice can be seen."""

from django.db import connection

CREATE = "CREATE TABLE IF NOT EXISTS shop_mark (what text, key text, made_at timestamptz DEFAULT clock_timestamp())"


def leave(what: str, key: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO shop_mark (what, key) VALUES (%s, %s)", [what, key])


def count(what: str) -> dict[str, int]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT key, count(*) FROM shop_mark WHERE what = %s GROUP BY key", [what])
        return dict(cursor.fetchall())
