"""The small parts of the work list: moments of jobs, waking, addresses, crash points, Celery's settings."""

import os
import signal
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import redis

from core.work import brokers, wake
from core.work.registry import Job

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("every", "at", "slot"),
    [
        (timedelta(seconds=1), NOON + timedelta(milliseconds=999), NOON),
        (timedelta(minutes=5), NOON + timedelta(minutes=4, seconds=59), NOON),
        (timedelta(minutes=5), NOON + timedelta(minutes=5), NOON + timedelta(minutes=5)),
        (timedelta(days=1), NOON, NOON.replace(hour=0)),
    ],
)
def test_every_process_computes_the_same_moment_of_a_job(every: timedelta, at: datetime, slot: datetime) -> None:
    assert Job("tests.job", every, print).slot(at) == slot


@pytest.mark.parametrize(
    ("url", "for_celery", "for_throttles"),
    [
        (
            "unix:///tmp/h/valkey.sock?db=0",
            "redis+socket:///tmp/h/valkey.sock?virtual_host=0",
            "unix:///tmp/h/valkey.sock?db=1",
        ),
        ("redis://:pw@cache:6379/5", "redis://:pw@cache:6379/0", "redis://:pw@cache:6379/1"),
        (
            "rediss://cache:6380/0?ssl_cert_reqs=required",
            "rediss://cache:6380/0?ssl_cert_reqs=required",
            "rediss://cache:6380/1?ssl_cert_reqs=required",
        ),
    ],
)
def test_each_use_of_redis_has_a_database_of_its_own(
    settings: Any, url: str, for_celery: str, for_throttles: str
) -> None:
    settings.HOLDFAST_REDIS_URL = url
    assert brokers.celery_url() == for_celery
    assert brokers.url(brokers.Database.THROTTLES) == for_throttles


class Post:
    """Stands for Redis and Celery: counts what is sent, refuses what somebody else's window covers."""

    def __init__(self, refuse: int = 0, fail: bool = False) -> None:
        self.sent: list[str] = []
        self.asked = 0
        self.refuse, self.fail = refuse, fail
        self.settled = threading.Event()

    def send(self, name: str) -> bool:
        self.asked += 1
        if self.fail:
            self.settled.set()
            raise ConnectionError("Redis is away")
        if self.asked <= self.refuse:
            return False
        self.sent.append(name)
        self.settled.set()
        return True


def test_a_burst_of_wishes_is_one_message(monkeypatch: pytest.MonkeyPatch) -> None:
    post = Post()
    waker = wake.Waker(post.send)
    for _ in range(1_000):
        waker.want("outbox")
    assert post.settled.wait(5)
    time.sleep(wake.WINDOW_SECONDS * 2)
    assert 1 <= len(post.sent) <= 2


def test_a_wish_in_somebody_elses_window_is_sent_after_it() -> None:
    post = Post(refuse=1)
    wake.Waker(post.send).want("outbox")
    assert post.settled.wait(5)
    assert (post.asked, post.sent) == (2, ["outbox"])


def test_asking_costs_nothing_while_redis_is_away() -> None:
    post = Post(fail=True)
    waker = wake.Waker(post.send)
    started = time.monotonic()
    for _ in range(1_000):
        waker.want("outbox")
    assert time.monotonic() - started < 0.5
    assert post.settled.wait(5)
    time.sleep(wake.WINDOW_SECONDS)
    assert post.asked == 1, "after a failure it leaves Redis alone for a while"


def test_a_broker_that_does_not_exist_raises_in_the_thread_only(settings: Any) -> None:
    settings.HOLDFAST_REDIS_URL = "unix:///nowhere/valkey.sock"
    brokers.client.cache_clear()
    try:
        with pytest.raises(redis.ConnectionError):
            wake.send("outbox")
    finally:
        brokers.client.cache_clear()


@pytest.mark.parametrize(
    ("armed", "allowed", "code"),
    [
        ("here", True, -signal.SIGKILL),
        ("here:2", True, -signal.SIGKILL),
        ("here:3", True, 0),
        ("elsewhere", True, 0),
        ("", True, 0),
        ("here", False, 0),
    ],
)
def test_a_failpoint_kills_only_where_it_is_armed_and_allowed(armed: str, allowed: bool, code: int) -> None:
    program = (
        "from django.conf import settings\n"
        f"settings.configure(HOLDFAST_FAILPOINTS={allowed})\n"
        "from core.work import failpoints\n"
        "failpoints.reach('here'); failpoints.reach('there'); failpoints.reach('here')\n"
    )
    done = subprocess.run([sys.executable, "-c", program], env={**os.environ, "HOLDFAST_FAILPOINT": armed}, check=False)
    assert done.returncode == code


def test_celery_is_set_so_that_neither_a_lost_worker_nor_a_lost_broker_stops_the_wakes() -> None:
    from config.celery import app

    conf = app.conf
    assert (
        not conf.task_acks_late
    )  # what cannot be acknowledged while the broker is away would fill the worker for ever
    assert conf.worker_prefetch_multiplier == 1
    assert conf.broker_transport_options["visibility_timeout"] > conf.task_time_limit
    assert conf.accept_content == ["json"]
    assert conf.result_backend is None
    assert set(app.tasks) >= {entry["task"] for entry in conf.beat_schedule.values()} == set(wake.TASKS.values())
