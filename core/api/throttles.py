"""Rate limits: token buckets in Redis, one script call a request.

Each bucket is one number, the moment at which it would be full again (GCRA); a request moves it by
`period / rate` and is refused when that would go beyond `burst` requests. Several limits of one operation (an
hour's and a day's) are taken together or not at all. The clock is Redis's own.

When Redis does not answer, each process falls back to buckets of its own with the same numbers and counts it:
a limit on requests protects the machines, money is protected by its own limits in PostgreSQL.
"""

import math
import threading
import time
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

import redis
from django.conf import settings
from redis.backoff import NoBackoff
from redis.retry import Retry

from core.api.callers import Caller
from core.api.models import ThrottleClass
from core.errors import Refusal
from core.parameters import services as parameters
from core.telemetry import metrics

REDIS_TIMEOUT_SECONDS = 0.1
REDIS_REST_SECONDS = 1.0
BULK_FACTOR = "throttle.bulk_factor"
LOCAL_BUCKETS = 10_000

SCRIPT = """
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]
local wait, remaining, reset, after = 0, math.huge, 0, {}
for i = 1, #KEYS do
  local interval, burst = tonumber(ARGV[2 * i - 1]), tonumber(ARGV[2 * i])
  local full_at = tonumber(redis.call('GET', KEYS[i]) or now)
  if full_at < now then full_at = now end
  after[i] = full_at + interval
  wait = math.max(wait, after[i] - now - interval * burst)
  remaining = math.min(remaining, math.floor((interval * burst - (after[i] - now)) / interval + 0.000001))
  reset = math.max(reset, after[i] - now)
end
if wait > 0.5 then
  return {math.ceil(wait), 0, math.ceil(reset)}
end
for i = 1, #KEYS do
  redis.call('SET', KEYS[i], string.format('%.0f', after[i]), 'PX', math.ceil((after[i] - now) / 1000) + 1)
end
return {0, remaining, math.ceil(reset)}
"""


@dataclass(frozen=True, slots=True)
class Limit:
    """`rate` requests per `period` seconds in the long run, at most `burst` of them at once."""

    rate: int
    period: int
    burst: int

    @property
    def interval(self) -> float:
        """Microseconds that one request costs."""
        return self.period * 1_000_000 / self.rate


@dataclass(frozen=True, slots=True)
class Verdict:
    """`wait` and `reset` in seconds: until the next request may come, and until the bucket is full again."""

    wait: float
    remaining: int
    reset: float


class TooManyRequests(Refusal):
    """More requests than this key's limit for the operation; `Retry-After` says when to come back."""

    code = "RATE_LIMIT_EXCEEDED"
    status = 429
    title = "Too many requests"

    def __init__(self, *, wait: float, headers: dict[str, str]) -> None:
        seconds = max(1, math.ceil(wait))
        self.headers = {**headers, "Retry-After": str(seconds)}
        super().__init__(f"Try again in {seconds} s.", fields={"retry_after_seconds": seconds})


_declared: dict[str, list[tuple[str, int]]] = {}
_local: dict[str, float] = {}
_local_lock = threading.Lock()
_client: redis.Redis | None = None
_script_hash = ""
_redis_rests_until = 0.0
FALLBACKS = metrics.counter("api_throttle_fallbacks", "Requests limited in the process because Redis did not answer")
REFUSED = metrics.counter("api_throttled", "Requests refused with 429", ["rate"])


def declare(name: str, *limits: Limit) -> None:
    """Name a rate; its numbers become dated parameters `throttle.<name>.rate` and `.burst`.

    Periods are part of the meaning and do not change: 60 s is `per_minute`, 3600 s `per_hour`, 86400 s `per_day`.
    """
    units = {60: "minute", 3600: "hour", 86400: "day"}
    _declared[name] = []
    for limit in limits:
        stem = f"throttle.{name}.per_{units[limit.period]}"
        parameters.declare(
            f"{stem}.rate", limit.rate, unit=f"requests per {units[limit.period]}", meaning=f"{name}: sustained rate"
        )
        parameters.declare(f"{stem}.burst", limit.burst, unit="requests", meaning=f"{name}: most requests at once")
        _declared[name].append((stem, limit.period))


def declared() -> list[str]:
    return sorted(_declared)


def limits_for(name: str, *, bulk: bool = False, at: datetime) -> list[Limit]:
    """The numbers in force. Raises KeyError for a name nobody declared."""
    factor = parameters.read(BULK_FACTOR, at=at) if bulk else 1
    return [
        Limit(
            rate=max(1, parameters.read(f"{stem}.rate", at=at) * factor),
            period=period,
            burst=max(1, parameters.read(f"{stem}.burst", at=at) * factor),
        )
        for stem, period in _declared[name]
    ]


def take(*, name: str, key: Caller, now: datetime) -> dict[str, str]:
    """Count one request against the caller; the `RateLimit` headers to send. Raises TooManyRequests."""
    limits = limits_for(name, bulk=key.throttle_class == ThrottleClass.BULK, at=now)
    verdict = _ask([f"hf:throttle:{{{key.public_id}}}:{name}:{limit.period}" for limit in limits], limits)
    policy = ", ".join(
        f'"{name}";q={limit.burst};w={math.ceil(limit.burst * limit.interval / 1e6)}' for limit in limits
    )
    headers = {
        "RateLimit-Policy": policy,
        "RateLimit": f'"{name}";r={verdict.remaining};t={math.ceil(verdict.reset)}',
    }
    if verdict.wait > 0:
        REFUSED.labels(name).inc()
        raise TooManyRequests(wait=verdict.wait, headers=headers)
    return headers


def _ask(buckets: list[str], limits: list[Limit]) -> Verdict:
    global _redis_rests_until
    if time.monotonic() >= _redis_rests_until:
        try:
            return _ask_redis(buckets, limits)
        except redis.RedisError:
            _redis_rests_until = time.monotonic() + REDIS_REST_SECONDS
    FALLBACKS.inc()
    return _ask_process(buckets, limits)


def _ask_redis(buckets: list[str], limits: list[Limit]) -> Verdict:
    global _client, _script_hash
    if _client is None:
        _client = redis.Redis.from_url(
            settings.HOLDFAST_REDIS_URL,
            socket_timeout=REDIS_TIMEOUT_SECONDS,
            socket_connect_timeout=REDIS_TIMEOUT_SECONDS,
            # Once more at once, for a connection that went stale; the client's own default waits for seconds.
            retry=Retry(NoBackoff(), 1),
        )
    arguments: list[Any] = [*buckets]
    for limit in limits:
        arguments += [limit.interval, limit.burst]
    try:
        answer = _client.evalsha(_script_hash, len(buckets), *arguments)
    except redis.exceptions.NoScriptError:
        _script_hash = str(_client.script_load(SCRIPT))
        answer = _client.evalsha(_script_hash, len(buckets), *arguments)
    wait, remaining, reset = cast("list[int]", answer)
    return Verdict(wait=wait / 1e6, remaining=int(remaining), reset=reset / 1e6)


def _ask_process(buckets: list[str], limits: list[Limit]) -> Verdict:
    """The script's arithmetic on this process's own memory."""
    now = time.monotonic() * 1e6
    with _local_lock:
        if len(_local) > LOCAL_BUCKETS:
            _local.clear()
        after = [
            max(now, _local.get(bucket, now)) + limit.interval for bucket, limit in zip(buckets, limits, strict=True)
        ]
        room = [limit.interval * limit.burst - (moment - now) for moment, limit in zip(after, limits, strict=True)]
        wait = max(0.0, -min(room))
        reset = (max(after) - now) / 1e6
        if wait > 0.5:
            return Verdict(wait=wait / 1e6, remaining=0, reset=reset)
        _local.update(zip(buckets, after, strict=True))
    remaining = min(int(left / limit.interval + 1e-6) for left, limit in zip(room, limits, strict=True))
    return Verdict(wait=0, remaining=remaining, reset=reset)
