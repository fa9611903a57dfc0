"""The keys of each issuer, fetched when they are needed and kept in this process.

Not in Redis: whoever could write there could then sign tokens. A key that is not known is asked for at once, so that an
issuer may change its keys without notice, but one fetch serves all who wait for it, and after each fetch there is a
pause: a flood of made-up key ids is no flood of fetches. While the issuer does not answer, its last keys serve for a
bounded time; after that nobody gets in.
"""

import logging
import threading
import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import httpx
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from core.oidc import issuers, jwks
from core.parameters import services as parameters
from core.telemetry import metrics

logger = logging.getLogger("holdfast.oidc")
FETCHES = metrics.counter("oidc_key_fetches", "Fetches of issuers' keys", ["outcome"])
_LONGEST = timedelta.max
# Requests that run side by side read the clock one after another.
_ONE_ANOTHER = timedelta(minutes=1)


class KeysUnavailable(Exception):
    """The issuer's keys could not be had, and there are none young enough to go on with."""


class UnknownKey(Exception):
    """The issuer does not publish a key of this id."""


@dataclass(slots=True)
class _Shelf:
    """One issuer's keys. `asked_at` is the last fetch, `fetched_at` the last that brought keys."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    keys: dict[str, RSAPublicKey] = field(default_factory=dict)
    fetched_at: datetime | None = None
    asked_at: datetime | None = None

    def age(self, now: datetime) -> timedelta:
        return _since(self.fetched_at, now)

    def may_ask(self, now: datetime) -> bool:
        return _since(self.asked_at, now) >= _seconds("oidc.keys_pause_seconds", now)

    def is_too_old(self, now: datetime) -> bool:
        return self.age(now) > _seconds("oidc.keys_stale_seconds", now)

    def find(self, key_id: str, now: datetime) -> RSAPublicKey | None:
        return None if self.is_too_old(now) else self.keys.get(key_id)

    def last_fetch_failed(self) -> bool:
        return self.asked_at != self.fetched_at


_shelves: dict[str, _Shelf] = {}
_shelves_lock = threading.Lock()


def find(*, jwks_url: str, key_id: str, now: datetime) -> RSAPublicKey:
    """The issuer's key of this id. Outside any transaction: it may ask the network.

    Raises UnknownKey, KeysUnavailable.
    """
    shelf = _shelf(jwks_url)
    _keep_fresh(shelf, jwks_url, now)
    key = shelf.find(key_id, now)
    if key is None:
        with shelf.lock:
            if shelf.find(key_id, now) is None and shelf.may_ask(now):
                _fetch_onto(shelf, jwks_url, now)
            key = shelf.find(key_id, now)
    if key is not None:
        return key
    raise KeysUnavailable if shelf.is_too_old(now) or shelf.last_fetch_failed() else UnknownKey


def forget() -> None:
    """Every issuer is asked anew."""
    with _shelves_lock:
        _shelves.clear()


def _keep_fresh(shelf: _Shelf, jwks_url: str, now: datetime) -> None:
    """Whoever comes first after the keys grew old fetches; the others go on with what there is."""
    if shelf.fetched_at is None or shelf.age(now) <= _seconds("oidc.keys_fresh_seconds", now):
        return
    if shelf.may_ask(now) and shelf.lock.acquire(blocking=False):
        try:
            if shelf.may_ask(now):
                _fetch_onto(shelf, jwks_url, now)
        finally:
            shelf.lock.release()


def _fetch_onto(shelf: _Shelf, jwks_url: str, now: datetime) -> None:
    """The caller holds the shelf's lock. The new set replaces the old one whole: a withdrawn key is gone."""
    try:
        keys = jwks.read(_download(jwks_url, timeout_seconds=parameters.read("oidc.keys_timeout_ms", at=now) / 1000))
    except (httpx.HTTPError, httpx.InvalidURL, jwks.UnreadableKeys) as error:
        FETCHES.labels("failed").inc()
        logger.warning("keys of %s were not had: %s", jwks_url, type(error).__name__)
        shelf.asked_at = now
        return
    FETCHES.labels("fetched").inc()
    shelf.keys, shelf.fetched_at, shelf.asked_at = keys, now, now


def _download(url: str, *, timeout_seconds: float) -> bytes:
    """At most MAX_BYTES within the time in all, however slowly they drip. No redirect is followed."""
    if not issuers.is_safe_url(url):
        raise httpx.UnsupportedProtocol("keys come over TLS")
    ends_at = time.monotonic() + timeout_seconds
    body = b""
    with (
        httpx.Client(timeout=timeout_seconds, follow_redirects=False, trust_env=url.startswith("https:")) as client,
        client.stream("GET", url, headers={"Accept": "application/json", "Accept-Encoding": "identity"}) as response,
    ):
        if response.status_code != 200:
            raise httpx.HTTPStatusError("not 200", request=response.request, response=response)
        for part in response.iter_raw():
            body += part
            if len(body) > jwks.MAX_BYTES:
                raise jwks.UnreadableKeys("too long")
            if time.monotonic() > ends_at:
                raise httpx.ReadTimeout("too slow")
    return body


def _shelf(jwks_url: str) -> _Shelf:
    with _shelves_lock:
        return _shelves.setdefault(jwks_url, _Shelf())


def _since(then: datetime | None, now: datetime) -> timedelta:
    """How long ago; for ever where it never was, or where the clock was set back behind it."""
    if then is None or then - now > _ONE_ANOTHER:
        return _LONGEST
    return max(now - then, timedelta())


def _seconds(name: str, now: datetime) -> timedelta:
    return timedelta(seconds=parameters.read(name, at=now))
