"""What the client sends again, with which key, and how long it waits before."""

import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import httpx
import pytest
from holdfast import (
    ApiError,
    AuthenticationFailed,
    Card,
    Client,
    Conflict,
    InvalidRequest,
    NoAnswer,
    NotAllowed,
    NotFound,
    PaymentRefused,
    RateLimited,
    Retries,
    ServerFailed,
)
from holdfast.answers import RateLimit, read_rate_limit
from holdfast.retries import read_retry_after
from hypothesis import given
from hypothesis import strategies as st

Step = httpx.Response | Exception


class Script(httpx.BaseTransport):
    """Plays its steps one by one and keeps the requests."""

    def __init__(self, *steps: Step) -> None:
        self.steps = list(steps)
        self.requests: list[httpx.Request] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        step = self.steps.pop(0)
        if isinstance(step, Exception):
            raise step
        return step


def problem(status: int, code: str = "X", **headers: str) -> httpx.Response:
    body = {"code": code, "detail": "Because.", "status": status, "errors": [{"pointer": "/a", "detail": "Bad."}]}
    return httpx.Response(status, json=body, headers={"Request-Id": "req_1", **headers})


def done(**headers: str) -> httpx.Response:
    return httpx.Response(201, json={"paymentId": "pay_1"}, headers=headers)


def client(script: Script, waited: list[float] | None = None, **options: Any) -> Client:
    sleep: Callable[[float], None] = (waited if waited is not None else []).append
    return Client("sk_test_0123456789", base_url="http://testserver", transport=script, sleep=sleep, **options)


def pay(script: Script, waited: list[float] | None = None, **options: Any) -> Any:
    return client(script, waited, **options).payments.create(amount=1, customer_id="cus_1", card_token="tok_1")


BROKEN = [httpx.ConnectError("x"), httpx.ReadTimeout("x"), httpx.RemoteProtocolError("x"), httpx.ReadError("x")]
IN_FLIGHT = problem(409, "REQUEST_IN_FLIGHT")


@pytest.mark.parametrize(
    "step", [*BROKEN, IN_FLIGHT, problem(429), problem(502), problem(503), problem(504), problem(500)]
)
def test_what_may_be_repeated_is_repeated_with_the_same_key_and_body(step: Step) -> None:
    script = Script(step, done())
    answer = pay(script)
    first, second = script.requests
    assert first.headers["Idempotency-Key"] == second.headers["Idempotency-Key"] == answer.idempotency_key
    assert first.content == second.content
    assert answer.attempts == 2


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, InvalidRequest), (401, AuthenticationFailed), (402, PaymentRefused), (403, NotAllowed), (404, NotFound),
        (409, Conflict), (412, Conflict), (422, InvalidRequest), (501, ServerFailed),
    ],
)  # fmt: skip
def test_what_would_be_refused_again_is_asked_once(status: int, kind: type[ApiError]) -> None:
    script = Script(problem(status, "SOME_CODE"))
    with pytest.raises(kind) as raised:
        pay(script)
    error = raised.value
    assert (error.status, error.code, error.detail, error.request_id) == (status, "SOME_CODE", "Because.", "req_1")
    assert error.errors == [{"pointer": "/a", "detail": "Bad."}]
    assert error.idempotency_key == script.requests[0].headers["Idempotency-Key"]


def test_a_fault_of_the_server_is_asked_for_once_more_and_no_oftener() -> None:
    script = Script(problem(500), problem(500), done())
    with pytest.raises(ServerFailed) as raised:
        pay(script)
    assert raised.value.attempts == 2


def test_attempts_end_and_the_key_is_told() -> None:
    script = Script(*[httpx.ReadTimeout("x") for _ in range(9)])
    waited: list[float] = []
    with pytest.raises(NoAnswer) as raised:
        pay(script, waited, retries=Retries(attempts=4))
    assert raised.value.attempts == len(script.requests) == 4
    assert raised.value.idempotency_key == script.requests[-1].headers["Idempotency-Key"]
    assert len(waited) == 3


def test_the_callers_key_is_used_and_each_call_gets_another_of_its_own() -> None:
    script = Script(done(), done(), done())
    it = client(script)
    it.refunds.create("pay_1", idempotency_key="order-7-refund")
    it.refunds.create("pay_1")
    it.refunds.create("pay_1")
    keys = [request.headers["Idempotency-Key"] for request in script.requests]
    assert keys[0] == "order-7-refund"
    assert len(set(keys)) == 3


def test_the_server_is_waited_for_exactly_as_long_as_it_asks() -> None:
    waited: list[float] = []
    pay(Script(problem(429, **{"Retry-After": "7"}), IN_FLIGHT, done()), waited)
    assert waited[0] == 7.0
    assert waited[1] <= 1.0


def test_a_wait_longer_than_agreed_is_raised_instead() -> None:
    waited: list[float] = []
    with pytest.raises(RateLimited) as raised:
        pay(Script(problem(429, **{"Retry-After": "31"})), waited)
    assert raised.value.retry_after == 31
    assert waited == []


@given(st.integers(1, 20), st.floats(0, 5), st.floats(0, 60))
def test_a_wait_of_our_own_is_drawn_between_nothing_and_the_cap(attempt: int, base: float, cap: float) -> None:
    wait = Retries(attempts=21, base=base, cap=cap).wait(attempt, None)
    assert wait is not None
    assert 0 <= wait <= min(cap, base * 2**attempt)


def test_waits_differ_so_that_clients_do_not_return_together() -> None:
    waits = {Retries().wait(3, None) for _ in range(20)}
    assert len(waits) > 15


@pytest.mark.parametrize(
    ("header", "seconds"), [("0", 0.0), ("12", 12.0), ("", None), ("soon", None), ("-3", None), ("1.5", None)]
)
def test_retry_after_as_a_number(header: str, seconds: float | None) -> None:
    assert read_retry_after(header) == seconds


def test_retry_after_as_a_date() -> None:
    later = datetime.now(UTC) + timedelta(seconds=90)
    seconds = read_retry_after(format_datetime(later, usegmt=True))
    assert seconds is not None
    assert 85 < seconds <= 90
    assert read_retry_after("Wed, 21 Oct 2015 07:28:00 GMT") == 0.0


def test_reads_are_repeated_without_a_key() -> None:
    script = Script(httpx.ReadTimeout("x"), problem(502), done())
    assert client(script).payments.get("pay_1").attempts == 3
    assert all("Idempotency-Key" not in request.headers for request in script.requests)


def test_a_page_of_something_in_between_is_an_error_like_any_other() -> None:
    with pytest.raises(ServerFailed) as raised:
        pay(Script(*[httpx.Response(502, text="<html>Bad gateway</html>") for _ in range(6)]))
    assert raised.value.code == "UNKNOWN"
    with pytest.raises(ServerFailed, match="UNREADABLE_ANSWER"):
        pay(Script(httpx.Response(200, text="<html>")))


def test_the_headers_of_an_answer_are_told() -> None:
    said = {
        "Request-Id": "req_9", "RateLimit": '"payments.create";r=199;t=1', "Idempotent-Replayed": "true",
        "API-Version": "2026-11-01", "ETag": '"7"',
    }  # fmt: skip
    answer = pay(Script(done(**said)))
    assert answer.rate_limit == RateLimit("payments.create", 199, 1)
    assert (answer.request_id, answer.replayed, answer.api_version, answer.etag) == ("req_9", True, "2026-11-01", '"7"')
    assert answer.data["paymentId"] == "pay_1"


@pytest.mark.parametrize(
    ("header", "limit"),
    [
        ('"a";r=5;t=2, "b";r=3;t=40', RateLimit("b", 3, 40)),
        ('"a";r=5', RateLimit("a", 5, 0)),
        ("limit=100, remaining=3", None),
        (None, None),
    ],
)
def test_the_tightest_limit_is_told(header: str | None, limit: RateLimit | None) -> None:
    assert read_rate_limit(header) == limit


def test_a_pinned_version_is_asked_for() -> None:
    script = Script(done(), done())
    pay(script, api_version="2026-11-01")
    pay(script)
    assert script.requests[0].headers["API-Version"] == "2026-11-01"
    assert "API-Version" not in script.requests[1].headers


SECRET = "sk_live_abcdefghijklmnopqrstuvwxyz012345"


def test_nothing_prints_a_secret(caplog: pytest.LogCaptureFixture) -> None:
    """Not the client, not its parts, not its log, not what it raises, nor what that drags along."""
    caplog.set_level(logging.DEBUG)
    script = Script(problem(503), *[httpx.ReadTimeout("x") for _ in range(5)])
    it = Client(SECRET, base_url="https://testserver", transport=script, sleep=lambda _: None)
    card = Card("4242424242424242", 12, 2031, "123")
    with pytest.raises(NoAnswer) as raised:
        it.payments.create(amount=1, customer_id="cus_1", card=card)
    error = raised.value
    texts = [repr(it), repr(it._transport), repr(vars(it)), repr(card), str(card), f"{error!r} {error} {vars(error)}"]
    texts += [caplog.text, repr(error.__cause__), repr(script.requests[0].headers)]
    for text in texts:
        assert SECRET not in text
        assert "4242424242424242" not in text
    assert error.__suppress_context__
    assert "2345" in repr(it)


@pytest.mark.parametrize("key", ["", "sk_test_a b", "sk_test_é", "sk_test_a\n"])
def test_what_is_no_key_is_refused_before_it_is_sent(key: str) -> None:
    with pytest.raises(ValueError, match="not an API key"):
        Client(key, base_url="http://testserver")


@pytest.mark.parametrize("address", ["ftp://x", "api.example.com", "https://u:p@x", "https://x?a=1", ""])
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(ValueError, match="base_url"):
        Client("sk_test_1", base_url=address)


def test_a_live_key_goes_over_https_only_but_for_this_machine() -> None:
    with pytest.raises(ValueError, match="https only"):
        Client(SECRET, base_url="http://api.example.com")
    Client(SECRET, base_url="http://localhost:8000").close()
    Client("sk_test_1", base_url="http://api.example.com").close()


@pytest.mark.parametrize("name", ["", ".", ".."])
def test_an_id_that_would_be_another_address_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="is no id"):
        client(Script()).payments.get(name)


def test_an_id_stays_in_its_place() -> None:
    script = Script(done())
    client(script).payments.get("a/../b?c#d")
    assert script.requests[0].url.raw_path == b"/v1/payments/a%2F..%2Fb%3Fc%23d"


def test_a_redirect_is_not_followed_with_the_key() -> None:
    script = Script(httpx.Response(307, headers={"Location": "https://elsewhere.example"}))
    with pytest.raises(InvalidRequest):
        pay(script)
    assert len(script.requests) == 1
