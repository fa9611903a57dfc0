"""Where Redis is, and which of its databases is for what. Flushing one never empties another's."""

import functools
from enum import IntEnum
from urllib.parse import quote, urlsplit

import redis
from django.conf import settings

TIMEOUT_SECONDS = 0.25


class Database(IntEnum):
    """Numbers of the Redis databases: the broker's queues, the throttles' counters, the cache, what is counted, and
    what fraud decisions remember of each party.
    """

    BROKER = 0
    THROTTLES = 1
    CACHE = 2
    COUNTERS = 3
    FEATURES = 4


def url(database: Database) -> str:
    """`HOLDFAST_REDIS_URL` with the number of one database, for redis-py: `redis://host/1`, `unix:///path?db=1`."""
    parts = urlsplit(settings.HOLDFAST_REDIS_URL)
    if parts.scheme == "unix":
        return f"unix://{parts.netloc}{parts.path}?db={database.value}"
    return f"{parts.scheme}://{parts.netloc}/{database.value}" + (f"?{parts.query}" if parts.query else "")


def celery_url() -> str:
    """The broker's address as kombu writes it: a unix socket is `redis+socket:///path?virtual_host=0`."""
    parts = urlsplit(settings.HOLDFAST_REDIS_URL)
    if parts.scheme == "unix":
        return f"redis+socket://{quote(parts.path)}?virtual_host={Database.BROKER.value}"
    return url(Database.BROKER)


@functools.cache
def client(database: Database, *, timeout_seconds: float = TIMEOUT_SECONDS) -> "redis.Redis":
    """A client that gives up after `timeout_seconds` and does not try again by itself."""
    return redis.Redis.from_url(
        url(database), socket_timeout=timeout_seconds, socket_connect_timeout=timeout_seconds, retry=None
    )
