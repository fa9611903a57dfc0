"""One call: the request, its repetitions, and the answer or the error that comes of it."""

import json
import logging
import re
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlsplit

import httpx

from holdfast import errors
from holdfast.answers import Answer, read_rate_limit
from holdfast.retries import Retries, is_repeatable, may_repeat, read_retry_after

logger = logging.getLogger("holdfast")

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_KEY = re.compile(r"(sk|rk)_(test|live)_[A-Za-z0-9]+", re.ASCII)
_NEVER_SENT = (httpx.UnsupportedProtocol, httpx.LocalProtocolError)
# Nothing of the request had reached a server that could act on it.
_NOT_REACHED = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)


@dataclass(frozen=True, slots=True)
class Operation:
    """One documented operation: its id, method and path with `{names}` in it."""

    id: str
    method: str
    path: str


@dataclass(frozen=True, slots=True)
class Call:
    """`idempotency_key` is made by the transport on a POST that brings none."""

    operation: Operation
    place: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    body: Mapping[str, Any] | None = None
    idempotency_key: str | None = None
    if_match: str | None = None


class BearerKey(httpx.Auth):
    """Keeps the secret out of everything that prints a client or a request."""

    def __init__(self, secret: str) -> None:
        if not secret or not secret.isascii() or not secret.isprintable() or " " in secret:
            raise ValueError("not an API key or access token")
        self._secret = secret

    def __repr__(self) -> str:
        shown = _KEY.fullmatch(self._secret)
        return f"BearerKey({shown[1]}_{shown[2]}_…{self._secret[-4:]})" if shown else "BearerKey(…)"

    @property
    def is_live(self) -> bool:
        return self._secret.startswith(("sk_live_", "rk_live_"))

    def auth_flow(self, request: httpx.Request) -> Any:
        request.headers["Authorization"] = f"Bearer {self._secret}"
        yield request


class Transport:
    """A connection pool with the key and the habits of one client. Safe to share between threads."""

    def __init__(
        self,
        secret: str,
        *,
        base_url: str,
        retries: Retries,
        timeout: float,
        api_version: str | None,
        max_connections: int,
        transport: httpx.BaseTransport | None,
        sleep: Callable[[float], None],
    ) -> None:
        self.key = BearerKey(secret)
        self.base_url = _checked(base_url, self.key)
        self._retries, self._sleep = retries, sleep
        headers = {"User-Agent": "holdfast-python/0.1", "Accept": "application/json"}
        if api_version:
            headers["API-Version"] = api_version
        self._http = httpx.Client(
            base_url=self.base_url,
            auth=self.key,
            headers=headers,
            timeout=timeout,
            follow_redirects=False,
            limits=httpx.Limits(max_connections=max_connections, max_keepalive_connections=max_connections),
            transport=transport,
        )

    def __repr__(self) -> str:
        return f"Transport({self.base_url}, {self.key!r})"

    def close(self) -> None:
        self._http.close()

    def send(self, call: Call) -> Answer[Any]:
        """The answer, after as many attempts as it takes and may. Raises ApiError, NoAnswer."""
        operation = call.operation
        key = (call.idempotency_key or f"py-{uuid.uuid4()}") if operation.method == "POST" else None
        request = self._http.build_request(
            operation.method,
            _address(operation.path, call.place),
            params=dict(call.query) or None,
            content=json.dumps(call.body, ensure_ascii=False).encode() if call.body is not None else None,
            headers=_headers(call, key),
        )
        attempt = 0
        while True:
            attempt += 1
            started = time.perf_counter()
            try:
                response = self._http.send(request)
            except httpx.TransportError as failure:
                self._after_failure(operation, failure, attempt, key)
                continue
            seconds = time.perf_counter() - started
            if response.is_success:
                return _answer(response, key, attempt, seconds)
            self._after_problem(operation, response, attempt, key)

    def _after_failure(
        self, operation: Operation, failure: httpx.TransportError, attempt: int, key: str | None
    ) -> None:
        """Wait for the next attempt, or raise NoAnswer."""
        reached = not isinstance(failure, _NOT_REACHED)
        hopeless = isinstance(failure, _NEVER_SENT) or (
            reached and not is_repeatable(operation.method, has_key=key is not None)
        )
        wait = None if hopeless else self._retries.wait(attempt, None)
        if wait is None:
            # Without its cause: httpx's errors carry the request, and that carries the body.
            raise errors.NoAnswer(type(failure).__name__, idempotency_key=key, attempts=attempt) from None
        self._pause(operation, wait, attempt, type(failure).__name__)

    def _after_problem(self, operation: Operation, response: httpx.Response, attempt: int, key: str | None) -> None:
        """Wait for the next attempt, or raise the ApiError."""
        problem = _problem(response)
        retry_after = read_retry_after(response.headers.get("Retry-After"))
        code = str(problem.get("code", ""))
        again = may_repeat(
            method=operation.method, status=response.status_code, code=code, attempt=attempt, has_key=key is not None
        )
        wait = self._retries.wait(attempt, retry_after) if again else None
        if wait is None:
            raise errors.kind_for(response.status_code)(
                status=response.status_code,
                problem=problem,
                idempotency_key=key,
                request_id=response.headers.get("Request-Id"),
                retry_after=retry_after,
                attempts=attempt,
            )
        self._pause(operation, wait, attempt, f"{response.status_code} {code}")

    def _pause(self, operation: Operation, seconds: float, attempt: int, why: str) -> None:
        logger.info("%s attempt %d: %s; again in %.2f s", operation.id, attempt, why, seconds)
        self._sleep(seconds)


def _checked(base_url: str, key: BearerKey) -> str:
    """The address without a slash at its end. A live key never goes over an open line."""
    parts = urlsplit(base_url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username or parts.query:
        raise ValueError("base_url must look like https://api.example.com")
    if key.is_live and parts.scheme != "https" and parts.hostname not in _LOOPBACK:
        raise ValueError("a live key is sent over https only")
    return base_url.rstrip("/")


def _address(path: str, place: Mapping[str, str]) -> str:
    for name, value in place.items():
        if not value or value in {".", ".."}:
            raise ValueError(f"{name} is no id")
        path = path.replace(f"{{{name}}}", quote(value, safe=""))
    return path


def _headers(call: Call, key: str | None) -> dict[str, str]:
    headers = {}
    if key is not None:
        headers["Idempotency-Key"] = key
    if call.body is not None:
        headers["Content-Type"] = "application/json"
    if call.if_match is not None:
        headers["If-Match"] = call.if_match
    return headers


def _answer(response: httpx.Response, key: str | None, attempts: int, seconds: float) -> Answer[Any]:
    headers = response.headers
    try:
        data = response.json() if response.content else {}
    except ValueError:
        raise errors.ServerFailed(
            status=response.status_code,
            problem={"code": "UNREADABLE_ANSWER", "detail": "The answer is not JSON."},
            idempotency_key=key,
            request_id=headers.get("Request-Id"),
            attempts=attempts,
        ) from None
    return Answer(
        data=data,
        status=response.status_code,
        request_id=headers.get("Request-Id"),
        idempotency_key=key,
        replayed=headers.get("Idempotent-Replayed") == "true",
        rate_limit=read_rate_limit(headers.get("RateLimit")),
        api_version=headers.get("API-Version"),
        etag=headers.get("ETag"),
        attempts=attempts,
        seconds=seconds,
    )


def _problem(response: httpx.Response) -> dict[str, Any]:
    """The problem document; something in between may have answered with a page of its own."""
    try:
        found = response.json()
    except ValueError:
        found = None
    return found if isinstance(found, dict) else {"detail": response.reason_phrase}
