"""Rate limits: token buckets in Redis, one script call a request.

Each bucket is one number, the moment at which it would be full again (GCRA); a request moves it by
`period / rate` and is refused when that would go beyond `burst` requests. Several limits of one operation (an
hour's and a day's) are taken together or not at all. The clock is Redis's own.

When Redis does not answer, each process falls back to buckets of its own with the same numbers and counts it:
a limit on requests protects the machines, money is protected by its own limits in PostgreSQL.
"""

import functools
import math
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
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
local limits = #ARGV / 2
local wait, full_at = 0, {}
for i = 1, limits do
  local interval, burst = tonumber(ARGV[2 * i - 1]), tonumber(ARGV[2 * i])
  full_at[i] = math.max(now, tonumber(redis.call('GET', KEYS[i]) or now))
  wait = math.max(wait, full_at[i] + interval - now - interval * burst)
end
local passes = wait <= 0.5
local answer = {passes and 0 or math.ceil(wait)}
for i = 1, limits do
  local interval, burst = tonumber(ARGV[2 * i - 1]), tonumber(ARGV[2 * i])
  if passes then
    full_at[i] = full_at[i] + interval
    redis.call('SET', KEYS[i], string.format('%.0f', full_at[i]), 'PX', math.ceil((full_at[i] - now) / 1000) + 1)
  end
  answer[2 * i] = math.max(0, math.floor((interval * burst - (full_at[i] - now)) / interval + 0.000001))
  answer[2 * i + 1] = math.ceil(full_at[i] - now)
end
if passes and KEYS[limits + 1] then
  redis.call('INCR', KEYS[limits + 1])
  redis.call('EXPIRE', KEYS[limits + 1], 3024000)
end
return answer
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
class Standing:
    """Where one limit stands: requests left, and seconds until all of them are back."""

    remaining: int
    reset: float


@dataclass(frozen=True, slots=True)
class Verdict:
    """`wait` in seconds until the request may come, 0 where it was let through; one standing for each limit."""

    wait: float
    standings: tuple[Standing, ...]


class TooManyRequests(Refusal):
    """More requests than this key's limit for the operation; `Retry-After` says when to come back."""

    code = "RATE_LIMIT_EXCEEDED"
    status = 429
    title = "Too many requests"

    def __init__(self, *, wait: float, headers: dict[str, str], violated: Sequence[str]) -> None:
        seconds = max(1, math.ceil(wait))
        self.headers = {**headers, "Retry-After": str(seconds)}
        fields = {"retry_after_seconds": seconds, "violated_policies": list(violated)}
        super().__init__(f"Try again in {seconds} s.", fields=fields)


_UNITS = {60: "minute", 3600: "hour", 86400: "day"}
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
    _declared[name] = []
    for limit in limits:
        stem = f"throttle.{name}.per_{_UNITS[limit.period]}"
        parameters.declare(
            f"{stem}.rate", limit.rate, unit=f"requests per {_UNITS[limit.period]}", meaning=f"{name}: sustained rate"
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
    counter = use_counter(key.public_id, now.date())
    return draw(name=name, owner=key.public_id, limits=limits, counter=counter)


def use_counter(key_id: str, day: date) -> str:
    """Where the requests of a day are counted, by the same script, so that counting costs no trip."""
    return f"hf:throttle:{{{key_id}}}:used:{day.isoformat()}"


def draw(*, name: str, owner: str, limits: list[Limit], counter: str = "") -> dict[str, str]:
    """Take one from each of the owner's buckets, or from none. Raises TooManyRequests.

    The headers are those of draft-ietf-httpapi-ratelimit-headers-10: one policy and one standing for each limit.
    """
    verdict = _ask([f"hf:throttle:{{{owner}}}:{name}:{limit.period}" for limit in limits], limits, counter)
    names, policy_header = _policies(name, tuple(limits))
    standings = [
        f'"{policy}";r={standing.remaining};t={math.ceil(standing.reset)}'
        for policy, standing in zip(names, verdict.standings, strict=True)
    ]
    headers = {"RateLimit-Policy": policy_header, "RateLimit": ", ".join(standings)}
    if verdict.wait > 0:
        REFUSED.labels(name).inc()
        violated = [policy for policy, standing in zip(names, verdict.standings, strict=True) if not standing.remaining]
        raise TooManyRequests(wait=verdict.wait, headers=headers, violated=violated)
    return headers


@functools.lru_cache(maxsize=256)
def _policies(name: str, limits: tuple[Limit, ...]) -> tuple[list[str], str]:
    """The policies' names and the header that says them all."""
    names = [name] if len(limits) == 1 else [f"{name}.per_{_UNITS[limit.period]}" for limit in limits]
    policies = [
        f'"{policy}";q={limit.burst};w={math.ceil(limit.burst * limit.interval / 1e6)}'
        for policy, limit in zip(names, limits, strict=True)
    ]
    return names, ", ".join(policies)


def _ask(buckets: list[str], limits: list[Limit], counter: str = "") -> Verdict:
    global _redis_rests_until
    if time.monotonic() >= _redis_rests_until:
        try:
            return _ask_redis(buckets, limits, counter)
        except redis.RedisError:
            _redis_rests_until = time.monotonic() + REDIS_REST_SECONDS
    FALLBACKS.inc()
    return _ask_process(buckets, limits)


def client() -> redis.Redis:
    """The process's connections for short questions: what does not answer at once is done without."""
    global _client
    if _client is None:
        _client = redis.Redis.from_url(
            settings.HOLDFAST_REDIS_URL,
            socket_timeout=REDIS_TIMEOUT_SECONDS,
            socket_connect_timeout=REDIS_TIMEOUT_SECONDS,
            # Once more at once, for a connection that went stale; the client's own default waits for seconds.
            retry=Retry(NoBackoff(), 1),
        )
    return _client


def _ask_redis(buckets: list[str], limits: list[Limit], counter: str) -> Verdict:
    global _script_hash
    names = [*buckets, counter] if counter else buckets
    arguments: list[Any] = [*names]
    for limit in limits:
        arguments += [limit.interval, limit.burst]
    try:
        answer = client().evalsha(_script_hash, len(names), *arguments)
    except redis.exceptions.NoScriptError:
        _script_hash = str(client().script_load(SCRIPT))
        answer = client().evalsha(_script_hash, len(names), *arguments)
    wait, *rest = cast("list[int]", answer)
    standings = (Standing(int(rest[i]), rest[i + 1] / 1e6) for i in range(0, len(rest), 2))
    return Verdict(wait / 1e6, tuple(standings))


def _ask_process(buckets: list[str], limits: list[Limit]) -> Verdict:
    """The script's arithmetic on this process's own memory."""
    now = time.monotonic() * 1e6
    with _local_lock:
        if len(_local) > LOCAL_BUCKETS:
            _local.clear()
        full_at = [max(now, _local.get(bucket, now)) for bucket in buckets]
        wait = max(
            at + limit.interval - now - limit.interval * limit.burst for at, limit in zip(full_at, limits, strict=True)
        )
        passes = wait <= 0.5
        if passes:
            full_at = [at + limit.interval for at, limit in zip(full_at, limits, strict=True)]
            _local.update(zip(buckets, full_at, strict=True))
    standings = (
        Standing(
            max(0, int((limit.interval * limit.burst - (at - now)) / limit.interval + 1e-6)),
            (at - now) / 1e6,
        )
        for at, limit in zip(full_at, limits, strict=True)
    )
    return Verdict(0 if passes else wait / 1e6, tuple(standings))
