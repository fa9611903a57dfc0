"""What must work before a request may come: PostgreSQL with durable commits, Redis, a key of the vault that opens."""

from collections.abc import Callable

import redis
import structlog
from django.conf import settings
from django.db import connection

from core.vault import envelope

_PATIENCE_SECONDS = 1.0
_DURABLE = {"on", "remote_write", "remote_apply"}

log = structlog.get_logger("holdfast.readiness")


class NotReady(Exception):
    """One of the things we stand on is not as it must be; says which way, without addresses or secrets."""


def check_all() -> dict[str, str]:
    """By name: `ok`, or a few words on what is wrong."""
    return {name: _outcome(name, check) for name, check in _CHECKS.items()}


def check_database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('synchronous_commit'), current_user")
        setting, role = cursor.fetchone()
    if setting not in _DURABLE:
        # A commit that is acknowledged and then lost is a payment that is charged and then forgotten.
        raise NotReady(f"synchronous_commit is {setting}")
    if settings.HOLDFAST_DATABASE_ROLE not in {"", role}:
        # The owner may change what is append-only; the running program must not be the owner.
        raise NotReady(f"the session's role is not {settings.HOLDFAST_DATABASE_ROLE}")


def check_redis() -> None:
    client = redis.Redis.from_url(
        settings.HOLDFAST_REDIS_URL, socket_timeout=_PATIENCE_SECONDS, socket_connect_timeout=_PATIENCE_SECONDS
    )
    try:
        client.ping()
    finally:
        client.close()


def check_vault() -> None:
    """Also renews the open keys ahead of need, so that no payment has to wait for the key service."""
    envelope.warm(envelope.Purpose.PAYMENT, envelope.Purpose.AUDIT)


_CHECKS: dict[str, Callable[[], None]] = {"database": check_database, "redis": check_redis, "vault": check_vault}


def _outcome(name: str, check: Callable[[], None]) -> str:
    try:
        check()
    except NotReady as error:
        return str(error)
    except Exception as error:  # noqa: BLE001 - whatever is wrong, the answer is: not ready
        log.warning("not ready", check=name, error=type(error).__name__)
        return "down"
    return "ok"
