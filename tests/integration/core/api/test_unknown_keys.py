"""Who keeps trying keys is told to wait; whoever shares the address with a working key never notices."""

import itertools
import secrets
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from core.actors import SYSTEM
from core.api import keys, throttles, unknown_keys
from core.parameters import services as parameters
from tests.factories import api

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.integration.core.api.shelf")]
_networks = itertools.count(1)


@pytest.fixture
def origin() -> str:
    """An address nobody has used: buckets in Redis outlive a test."""
    return f"2001:{secrets.randbelow(65536):x}:{secrets.randbelow(65536):x}:{next(_networks):x}::1"


@pytest.fixture(autouse=True)
def _three_tries_a_minute() -> Iterator[None]:
    now = timezone.now()
    for name, value in (("rate", 1), ("burst", 3)):
        parameters.change(
            name=f"throttle.api.unknown_keys.per_minute.{name}", value=value, effective_from=now, reason="t",
            actor=SYSTEM, now=now,
        )  # fmt: skip
    yield
    unknown_keys._paused.clear()
    throttles._redis_rests_until = 0.0
    parameters.forget_cache()


def attempt(origin: str, secret: str = "rk_live_" + "a" * 32) -> Any:
    return Client(REMOTE_ADDR=origin).get("/v1/books", headers={"Authorization": f"Bearer {secret}"})


@pytest.mark.parametrize("with_redis", [True, False])
def test_the_fourth_of_three_allowed_is_a_429(origin: str, with_redis: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if not with_redis:
        monkeypatch.setattr(throttles, "_redis_rests_until", float("inf"))
    answers = [attempt(origin) for _ in range(5)]
    assert [answer.status_code for answer in answers] == [401, 401, 401, 429, 429]
    for answer in answers[3:]:
        assert 59 <= int(answer["Retry-After"]) <= 60
        assert answer["RateLimit-Policy"] == '"api.unknown_keys";q=3;w=180'
        assert answer["RateLimit"].startswith('"api.unknown_keys";r=0;t=')
        assert answer.json()["code"] == "RATE_LIMIT_EXCEEDED"


def test_then_no_more_are_looked_up(origin: str, django_assert_num_queries) -> None:
    for _ in range(5):
        attempt(origin)
    before = unknown_keys.PAUSED._value.get()
    with django_assert_num_queries(0):
        for number in range(20):
            assert attempt(origin, f"rk_live_{number}").status_code == 429
    assert unknown_keys.PAUSED._value.get() == before + 20


def test_a_working_key_from_the_same_address_works_on(origin: str) -> None:
    """Offices and clouds share addresses: one of them trying keys must not stop the shop."""
    shop = api.client("books:read")
    keys.forget_cache()
    for _ in range(5):
        attempt(origin)
    for _ in range(3):
        keys._cache.clear()  # as in a process that has not seen this key for a while
        assert shop.get("/v1/books", REMOTE_ADDR=origin).status_code == 200
    assert attempt(origin).status_code == 429


def test_a_key_made_during_the_pause_works_within_five_seconds(origin: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(5):
        attempt(origin)
    fresh = api.client("books:read")
    assert fresh.get("/v1/books", REMOTE_ADDR=origin).status_code == 429
    monkeypatch.setattr(keys, "CACHE_SECONDS", 0.0)
    assert fresh.get("/v1/books", REMOTE_ADDR=origin).status_code == 200


def test_the_whole_line_of_an_attacker_waits_and_nobody_elses(origin: str) -> None:
    for _ in range(5):
        attempt(origin)
    assert attempt(origin.replace("::1", ":1:2:3:4")).status_code == 429
    assert attempt(f"198.51.100.{next(_networks)}").status_code == 401


def test_it_passes_when_the_pause_is_over(origin: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(5):
        attempt(origin)
    until, headers = unknown_keys._paused[unknown_keys._origin(origin)]
    monkeypatch.setitem(unknown_keys._paused, unknown_keys._origin(origin), (until - 60, headers))
    monkeypatch.setattr(throttles, "_ask", lambda *_: throttles.Verdict(0, (throttles.Standing(1, 60),)))
    assert attempt(origin).status_code == 401


def test_no_key_at_all_is_no_attempt(origin: str) -> None:
    for _ in range(6):
        assert Client(REMOTE_ADDR=origin).get("/v1/books").status_code == 401
    assert attempt(origin).status_code == 401
