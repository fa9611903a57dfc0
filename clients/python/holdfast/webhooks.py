"""Whether a webhook really came from Holdfast (Standard Webhooks, symmetric signatures)."""

import base64
import binascii
import hmac
import json
import time
from collections.abc import Iterable, Mapping
from typing import Any

from holdfast.errors import HoldfastError

PREFIX = "whsec_"
TOLERANCE_SECONDS = 300
_VERSION = "v1"


class NotVerified(HoldfastError):
    """The request is not proved to be ours. Answer 400 and do nothing of what it asks."""


def verify(
    body: bytes | str,
    headers: Mapping[str, str],
    secrets: str | Iterable[str],
    *,
    tolerance: float = TOLERANCE_SECONDS,
    now: float | None = None,
) -> dict[str, Any]:
    """The event, once one signature by one of the secrets fits. Raises NotVerified.

    `body` is what was received, byte for byte, before any parsing. A secret is `whsec_…` or its base64 alone; give both
    while one replaces the other. `tolerance` is how many seconds the sender's clock may be off, either way, by `now`
    (the system's time). Deliveries come at least once: remember `webhook-id` and do each one once.
    """
    found = {name.lower(): value for name, value in headers.items()}
    identifier, stamp = found.get("webhook-id", ""), found.get("webhook-timestamp", "")
    given = found.get("webhook-signature", "")
    if not identifier or not stamp or not given:
        raise NotVerified("webhook-id, webhook-timestamp and webhook-signature are needed")
    if not (stamp.isascii() and stamp.isdigit() and len(stamp) <= 12):
        raise NotVerified("the timestamp is no number")
    if abs((time.time() if now is None else now) - int(stamp)) > tolerance:
        raise NotVerified("the timestamp is too far from now")
    content = body.encode() if isinstance(body, str) else body
    signed = f"{identifier}.{stamp}.".encode() + content
    known = [_key(secret) for secret in ([secrets] if isinstance(secrets, str) else secrets)]
    if not known:
        raise ValueError("at least one secret is needed")
    if not _fits(given, signed, known):
        raise NotVerified("no signature fits")
    return _event(content)


def sign(body: bytes, *, identifier: str, timestamp: int, secret: str) -> str:
    """The `webhook-signature` Holdfast would send, for tests of a receiver."""
    digest = hmac.digest(_key(secret), f"{identifier}.{timestamp}.".encode() + body, "sha256")
    return f"{_VERSION},{base64.b64encode(digest).decode()}"


def _fits(given: str, signed: bytes, known: list[bytes]) -> bool:
    """Every pair is compared, each in constant time, so that time tells nothing about which one fitted."""
    offered = [part.partition(",")[2] for part in given.split(" ") if part.startswith(f"{_VERSION},")]
    fitting = False
    for key in known:
        expected = base64.b64encode(hmac.digest(key, signed, "sha256"))
        for signature in offered:
            fitting |= hmac.compare_digest(expected, signature.encode())
    return fitting


def _key(secret: str) -> bytes:
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("not a webhook secret") from None
    if not key:
        raise ValueError("not a webhook secret")
    return key


def _event(content: bytes) -> dict[str, Any]:
    try:
        event = json.loads(content)
    except ValueError:
        raise NotVerified("the body is not JSON") from None
    if not isinstance(event, dict):
        raise NotVerified("the body is no object")
    return event
