"""Rate limits: exact under threads, separate per key, and still there when Redis is not."""

import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta

import pytest
import redis
from django.conf import settings

from core import clock
from core.actors import SYSTEM
from core.api import keys, throttles, use
from core.api.throttles import Limit, TooManyRequests
from core.parameters import services as parameters
from tests.factories import api

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.integration.core.api.shelf")]
BOOK = {"bookTitle": "Atlas", "amount": 1}


@pytest.fixture(autouse=True)
def _nothing_is_remembered() -> Iterator[None]:
    yield
    throttles._redis_rests_until = 0.0
    parameters.forget_cache()


def nobody_there() -> redis.Redis:
    """A Redis that refuses connections; asked once, as the product's own client asks."""
    return redis.Redis(host="127.0.0.1", port=1, socket_connect_timeout=0.05, retry=None)


def test_the_documented_numbers_are_the_shipped_ones() -> None:
    now = clock.now()
    assert throttles.limits_for("payments.create", at=now) == [Limit(100, 60, burst=200)]
    assert throttles.limits_for("tokens.create", at=now) == [Limit(500, 60, burst=1000)]
    assert throttles.limits_for("payments.validate", at=now) == [Limit(1000, 60, burst=2000)]
    assert throttles.limits_for("ach.create", at=now) == [Limit(50, 3600, burst=50), Limit(500, 86400, burst=500)]
    same_day = throttles.limits_for("ach.create_same_day", at=now)
    assert same_day == [Limit(10, 3600, burst=10), Limit(50, 86400, burst=50)]


def test_a_caller_reads_where_it_stands_and_is_told_when_to_come_back() -> None:
    client = api.client("books:write", bulk=False)
    now = clock.now()
    parameters.change(
        name="throttle.payments.create.per_minute.burst", value=2, effective_from=now, reason="t", actor=SYSTEM, now=now
    )
    first, second, third = (client.post("/v1/books", BOOK) for _ in range(3))
    assert (first.status_code, second.status_code, third.status_code) == (201, 201, 429)
    assert first["RateLimit-Policy"] == '"payments.create";q=2;w=2'
    assert first["RateLimit"] == '"payments.create";r=1;t=1'
    assert third["RateLimit"].startswith('"payments.create";r=0')
    assert third["Retry-After"] == "1"
    problem = third.json()
    assert (problem["code"], problem["retryAfterSeconds"]) == ("RATE_LIMIT_EXCEEDED", 1)


def test_each_limit_of_an_operation_is_a_policy_with_a_standing_of_its_own() -> None:
    now = clock.now()
    key, _ = keys.create(name="a", livemode=False, scopes=["books:read"], actor=SYSTEM, now=now)
    headers = throttles.take(name="ach.create_same_day", key=key, now=now)
    hour, day = "ach.create_same_day.per_hour", "ach.create_same_day.per_day"
    assert headers["RateLimit-Policy"] == f'"{hour}";q=10;w=3600, "{day}";q=50;w=86400'
    assert headers["RateLimit"] == f'"{hour}";r=9;t=360, "{day}";r=49;t=1728'
    for _ in range(9):
        throttles.take(name="ach.create_same_day", key=key, now=now)
    with pytest.raises(TooManyRequests) as refused:
        throttles.take(name="ach.create_same_day", key=key, now=now)
    assert refused.value.fields["violated_policies"] == [hour]
    assert f'"{hour}";r=0;t=' in refused.value.headers["RateLimit"]
    assert f'"{day}";r=40;t=' in refused.value.headers["RateLimit"]


def test_requests_of_a_day_are_counted_where_they_are_let_through() -> None:
    now = clock.now()
    key, _ = keys.create(name="a", livemode=False, scopes=["books:read"], actor=SYSTEM, now=now)
    yesterday = now - timedelta(days=1)
    for _ in range(10):
        throttles.take(name="ach.create_same_day", key=key, now=yesterday)
    with pytest.raises(TooManyRequests):
        throttles.take(name="ach.create_same_day", key=key, now=yesterday)
    throttles.take(name="api.read", key=key, now=now)
    assert use.by_day(key.public_id, until=now.date(), days=3) == [0, 10, 1]


def test_without_redis_nobody_says_how_much_a_key_was_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(throttles, "_client", nobody_there())
    assert use.by_day("key_1", until=clock.now().date()) is None


def test_another_key_and_another_operation_have_their_own_buckets() -> None:
    now = clock.now()
    first, _ = keys.create(name="a", livemode=False, scopes=["books:read"], actor=SYSTEM, now=now)
    second, _ = keys.create(name="b", livemode=False, scopes=["books:read"], actor=SYSTEM, now=now)
    for _ in range(10):
        throttles.take(name="ach.create_same_day", key=first, now=now)
    with pytest.raises(TooManyRequests) as refused:
        throttles.take(name="ach.create_same_day", key=first, now=now)
    assert 350 <= int(refused.value.headers["Retry-After"]) <= 360  # 10 an hour: one each 6 minutes
    throttles.take(name="ach.create_same_day", key=second, now=now)
    throttles.take(name="ach.create", key=first, now=now)


def test_a_refused_request_costs_nothing_in_the_wider_limit() -> None:
    now = clock.now()
    key, _ = keys.create(name="a", livemode=False, scopes=["books:read"], actor=SYSTEM, now=now)
    for _ in range(10):
        throttles.take(name="ach.create_same_day", key=key, now=now)
    for _ in range(60):
        with pytest.raises(TooManyRequests):
            throttles.take(name="ach.create_same_day", key=key, now=now)
    client = redis.Redis.from_url(settings.HOLDFAST_REDIS_URL)
    seconds, microseconds = client.time()
    full_at = int(client.get(f"hf:throttle:{{{key.public_id}}}:ach.create_same_day:86400"))
    taken = (full_at - (seconds * 1_000_000 + microseconds)) / (86400 / 50 * 1e6)
    assert 9.9 < taken <= 10


def test_a_bulk_key_has_a_thousand_times_the_room() -> None:
    now = clock.now()
    key, _ = keys.create(name="a", livemode=False, scopes=["books:read"], actor=SYSTEM, now=now, throttle_class="BULK")
    assert throttles.take(name="payments.create", key=key, now=now)["RateLimit-Policy"].split(";")[1] == "q=200000"


def test_a_bucket_fills_again_at_the_sustained_rate(monkeypatch: pytest.MonkeyPatch) -> None:
    limit = [Limit(rate=6000, period=60, burst=5)]  # one each 10 ms
    bucket = [f"hf:throttle:refill:{clock.now().timestamp()}"]
    taken = [throttles._ask(bucket, limit) for _ in range(5)]
    assert [verdict.standings[0].remaining for verdict in taken][:1] == [4]
    assert throttles._ask(bucket, [Limit(6000, 60, burst=1)]).wait > 0.02
    threading.Event().wait(0.06)
    assert throttles._ask(bucket, limit).standings[0].remaining == 4


@pytest.mark.parametrize("with_redis", [True, False])
def test_fifty_threads_get_exactly_the_burst(with_redis: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """500 tries at once on a bucket of 200 that refills once an hour: 200 pass, with Redis and without."""
    if not with_redis:
        monkeypatch.setattr(throttles, "_redis_rests_until", float("inf"))
    limits, bucket = [Limit(rate=1, period=3600, burst=200)], [f"hf:throttle:exact:{clock.now().timestamp()}"]
    outcomes: Counter[bool] = Counter()
    barrier, lock = threading.Barrier(50), threading.Lock()

    def run() -> None:
        barrier.wait()
        for _ in range(10):
            passed = throttles._ask(bucket, limits).wait == 0
            with lock:
                outcomes[passed] += 1

    threads = [threading.Thread(target=run) for _ in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes == {True: 200, False: 300}


def test_without_redis_each_process_limits_by_itself_and_counts_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """A limit on requests does not stop payments; the money's own limits are elsewhere."""
    monkeypatch.setattr(throttles, "_client", nobody_there())
    client = api.client("books:write", bulk=False)
    before = throttles.FALLBACKS._value.get()
    now = clock.now()
    parameters.change(
        name="throttle.payments.create.per_minute.burst", value=3, effective_from=now, reason="t", actor=SYSTEM, now=now
    )
    statuses = [client.post("/v1/books", BOOK).status_code for _ in range(5)]
    assert statuses == [201, 201, 201, 429, 429]
    assert throttles.FALLBACKS._value.get() == before + 5


def test_a_redis_that_hangs_costs_a_fraction_of_a_second_once(settings, monkeypatch: pytest.MonkeyPatch) -> None:
    now = clock.now()
    key, _ = keys.create(name="a", livemode=False, scopes=["books:read"], actor=SYSTEM, now=now)
    throttles.limits_for("api.read", at=now)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        settings.HOLDFAST_REDIS_URL = f"redis://127.0.0.1:{silent.getsockname()[1]}/0"
        monkeypatch.setattr(throttles, "_client", None)
        took = []
        for _ in range(3):
            started = time.perf_counter()
            throttles.take(name="api.read", key=key, now=now)
            took.append(time.perf_counter() - started)
        throttles._client.close()
    assert took[0] < 0.5
    assert max(took[1:]) < 0.05


def test_a_script_that_redis_forgot_is_sent_again() -> None:
    now = clock.now()
    key, _ = keys.create(name="a", livemode=False, scopes=["books:read"], actor=SYSTEM, now=now)
    throttles.take(name="api.read", key=key, now=now)
    redis.Redis.from_url(settings.HOLDFAST_REDIS_URL).script_flush()
    before = throttles.FALLBACKS._value.get()
    throttles.take(name="api.read", key=key, now=now + timedelta(seconds=1))
    assert throttles.FALLBACKS._value.get() == before
