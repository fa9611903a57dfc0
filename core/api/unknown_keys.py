"""Secrets that open nothing, counted by where they come from.

190 random bits are not guessed; what is stopped here is the noise of trying, which would cost a read of the database
each time. Each origin has a bucket in Redis; once it is empty, this process refuses the origin's unknown secrets for
a while without asking anybody. A key that works is never among them: whoever shares an address with an attacker is
let through by a list of the usable keys that is read at most once in five seconds.
"""

import ipaddress
import time
from datetime import datetime

from core.api import keys, throttles
from core.api.throttles import TooManyRequests
from core.parameters import services as parameters
from core.telemetry import metrics

RATE = "api.unknown_keys"
PAUSE_SECONDS = "api.unknown_keys.pause_seconds"
REMEMBERED = 10_000
UNKNOWN = metrics.counter("api_unknown_keys", "Requests with an API key that is unknown, expired or revoked")
PAUSED = metrics.counter("api_unknown_keys_paused", "Requests refused unread because their origin tried too many keys")

_paused: dict[str, tuple[float, dict[str, str]]] = {}


def require_patience(address: str, secret: str) -> None:
    """Raises TooManyRequests for a secret that opens nothing, from an origin that tried too many."""
    until, headers = _paused.get(_origin(address), (0.0, {}))
    left = until - time.monotonic()
    if left > 0 and not keys.may_be_usable(secret):
        PAUSED.inc()
        raise TooManyRequests(wait=left, headers=headers, violated=[RATE])


def count(address: str, now: datetime) -> None:
    """One more from there. Raises TooManyRequests when it was one too many."""
    UNKNOWN.inc()
    origin = _origin(address)
    try:
        throttles.draw(name=RATE, owner=origin, limits=throttles.limits_for(RATE, at=now))
    except TooManyRequests as refusal:
        pause = float(parameters.read(PAUSE_SECONDS, at=now))
        headers = {name: value for name, value in refusal.headers.items() if name != "Retry-After"}
        if len(_paused) >= REMEMBERED:
            _paused.clear()
        _paused[origin] = (time.monotonic() + pause, headers)
        raise TooManyRequests(wait=pause, headers=headers, violated=[RATE]) from None


def _origin(address: str) -> str:
    """One line of IPv6 is a /64: whoever has one address of it has them all."""
    try:
        place = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    if place.version == 6:
        return str(ipaddress.ip_network((place, 64), strict=False))
    return str(place)
