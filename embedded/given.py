"""Servers of your own, named by `HOLDFAST_DATABASE_URL` and `HOLDFAST_REDIS_URL`: are they there, are they enough?"""

from urllib.parse import urlsplit

import psycopg
import redis

PATIENCE_SECONDS = 5
OLDEST_POSTGRESQL = 150_000
ROLE = "holdfast_app"
# The ledger's functions announce themselves to its guards with it.
PARAMETER = "holdfast.ledger_writer"

# Who migrates creates tables and drops to the application's role.
RIGHTS = """
SELECT current_setting('server_version_num')::int,
       has_schema_privilege('public', 'CREATE'),
       (SELECT rolsuper OR rolcreaterole FROM pg_roles WHERE rolname = current_user),
       EXISTS (SELECT FROM pg_roles WHERE rolname = %(role)s AND pg_has_role(oid, 'MEMBER')),
       has_parameter_privilege(%(parameter)s, 'SET')
"""


class Unusable(Exception):
    """The named server cannot be used; begins with the name of the variable, never shows a password."""


def check_database(url: str) -> None:
    """Raises Unusable."""
    name = "HOLDFAST_DATABASE_URL"
    if urlsplit(url).scheme not in {"postgres", "postgresql"}:
        raise Unusable(f"{name} must start with postgresql://")
    try:
        with psycopg.connect(url, connect_timeout=PATIENCE_SECONDS, autocommit=True) as connection:
            row = connection.execute(RIGHTS, {"role": ROLE, "parameter": PARAMETER}).fetchone()
    except (psycopg.Error, ValueError) as error:
        raise Unusable(f"{name} cannot be used: {_first_line(error)}") from None
    assert row is not None
    version, may_create_tables, may_create_roles, has_role, may_set_parameter = row
    if version < OLDEST_POSTGRESQL:
        raise Unusable(f"{name} names PostgreSQL {version // 10_000}; 15 or later is needed")
    if not may_create_tables:
        raise Unusable(f"{name}: the login may not create tables in the schema public; let it own the database")
    if not (may_create_roles or has_role):
        raise Unusable(
            f"{name}: the login needs CREATEROLE, or the role {ROLE} made for it:"
            f" CREATE ROLE {ROLE} NOLOGIN; GRANT {ROLE} TO the login"
        )
    if not may_set_parameter:
        raise Unusable(f"{name}: the login needs: GRANT SET ON PARAMETER {PARAMETER} TO the login")


def check_redis(url: str) -> None:
    """Raises Unusable."""
    name = "HOLDFAST_REDIS_URL"
    try:
        client = redis.Redis.from_url(
            url, socket_timeout=PATIENCE_SECONDS, socket_connect_timeout=PATIENCE_SECONDS, retry=None
        )
        client.ping()
        client.close()
    except (redis.RedisError, ValueError) as error:
        raise Unusable(f"{name} cannot be used: {_first_line(error)}") from None


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
