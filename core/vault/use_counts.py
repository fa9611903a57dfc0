"""How often keys are used, and by whom: counted in Redis beside the use, an hour at a time.

Counting never stands in the way of a payment: what cannot be counted is counted as lost.
"""

import time
from datetime import datetime

import redis

from core.telemetry import metrics
from core.vault.models import KeyAct
from core.vault.purposes import Purpose
from core.work import brokers

REST_SECONDS = 1.0
KEPT_SECONDS = 3 * 3600
PREFIX = "vault:uses:"
USED = metrics.counter("vault_uses", "Uses of keys", ["purpose", "act"])
LOST = metrics.counter("vault_uses_lost", "Uses of keys that could not be counted by hour and actor")

_rests_until = 0.0


def note(*, purpose: Purpose, act: KeyAct, actor: str = "", now: datetime, times: int = 1) -> None:
    """One use, or so many of one kind at once. Never raises, needs no transaction."""
    global _rests_until
    USED.labels(purpose.value, act.value).inc(times)
    if time.monotonic() < _rests_until:
        LOST.inc(times)
        return
    key = key_of(hour_of(now))
    try:
        pipeline = brokers.client(brokers.Database.COUNTERS).pipeline(transaction=False)
        pipeline.hincrby(key, f"{purpose.value}/{act.value}/{actor}", times)
        pipeline.expire(key, KEPT_SECONDS)
        pipeline.execute()
    except redis.RedisError:
        _rests_until = time.monotonic() + REST_SECONDS
        LOST.inc(times)


def hour_of(now: datetime) -> datetime:
    return now.replace(minute=0, second=0, microsecond=0)


def key_of(hour: datetime) -> str:
    return f"{PREFIX}{hour:%Y%m%d%H}"
