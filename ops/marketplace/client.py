"""Calls to the public API with retries that are safe: the same key and the same body."""

import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from django.conf import settings
from django.core.management.base import CommandError

ATTEMPTS = 6


@dataclass(frozen=True, slots=True)
class Answer:
    """`status` is the HTTP status of the last attempt, `seconds` the time that attempt took."""

    status: int
    body: dict[str, Any]
    seconds: float


class MarketplaceClient:
    """One connection pool, safe to share between threads."""

    def __init__(self, base_url: str, api_key: str, connections: int = 8) -> None:
        self._http = httpx.Client(
            base_url=base_url,
            headers={"Authorization": f"Bearer {api_key}"},
            timeout=30,
            limits=httpx.Limits(max_connections=connections, max_keepalive_connections=connections),
        )

    def close(self) -> None:
        self._http.close()

    def get(self, path: str) -> Answer:
        return self._timed(lambda: self._http.get(path))

    def post(self, path: str, body: dict[str, Any], *, key: str) -> Answer:
        """Retries what may be retried: too many requests, still in flight, and a broken connection."""
        for attempt in range(1, ATTEMPTS + 1):
            try:
                answer = self._timed(lambda: self._http.post(path, json=body, headers={"Idempotency-Key": key}))
            except httpx.TransportError:
                if attempt == ATTEMPTS:
                    raise
                time.sleep(0.2 * 2**attempt)
                continue
            if not _may_repeat(answer) or attempt == ATTEMPTS:
                return answer
            time.sleep(min(10.0, float(answer.body.get("retryAfter") or 0.2 * 2**attempt)))
        raise AssertionError("unreachable")

    def _timed(self, send: Any) -> Answer:
        started = time.perf_counter()
        response = send()
        seconds = time.perf_counter() - started
        try:
            body = response.json()
        except json.JSONDecodeError:
            body = {}
        if response.status_code == httpx.codes.TOO_MANY_REQUESTS:
            body["retryAfter"] = response.headers.get("Retry-After")
        return Answer(response.status_code, body, seconds)


def _may_repeat(answer: Answer) -> bool:
    """A conflict other than a request in flight stays one however often it is asked."""
    return answer.status == httpx.codes.TOO_MANY_REQUESTS or answer.body.get("code") == "REQUEST_IN_FLIGHT"


def running_base_url(given: str | None) -> str:
    """The address given, or the one `make run` wrote down. Raises CommandError where neither is there."""
    if given:
        return given.rstrip("/")
    facts = Path(settings.HOLDFAST_STATE_DIR) / "demo" / "credentials.json"
    if not facts.exists():
        raise CommandError("start Holdfast with `make run`, or say where it is with --url and --api-key")
    return str(json.loads(facts.read_text())["baseUrl"])
