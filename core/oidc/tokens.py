"""An access token is who it says it is, or it is nothing.

RS256 alone, by a key that the issuer publishes under the id in the token's header; no key and no address of one is
taken from the token itself. Nothing of a token stands in a log, a metric or an error.
"""

import base64
import binascii
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from core.api import strict_json
from core.oidc import claims as rules
from core.oidc import issuers, keysets
from core.oidc.claims import ClaimRefused
from core.oidc.issuers import Terms
from core.parameters import services as parameters
from core.telemetry import metrics

ALGORITHM = "RS256"
TYPES = frozenset({"jwt", "at+jwt", "application/at+jwt"})
# Thumbprints say nothing that is used; everything else could ask for more than a signature by a published key.
_HEADERS = frozenset({"alg", "kid", "typ", "x5t", "x5t#S256"})
_FORM = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+", re.ASCII)
_signatures = jwt.PyJWS(algorithms=[ALGORITHM])
REFUSED = metrics.counter("oidc_tokens_refused", "Access tokens that opened nothing", ["reason"])


class TokenRefused(Exception):
    """The token opens nothing. `expired` is all that a caller may learn of the reason."""

    def __init__(self, reason: str) -> None:
        REFUSED.labels(reason).inc()
        self.expired = reason == "expired"
        super().__init__(reason)


@dataclass(frozen=True, slots=True)
class Verified:
    """The claims of a token whose signature, time and purpose are right, and how its issuer is read."""

    terms: Terms
    claims: dict[str, Any]


def verify(token: str, *, now: datetime) -> Verified:
    """Raises TokenRefused, or KeysUnavailable where the issuer's keys cannot be had. Not within a transaction."""
    if len(token) > parameters.read("oidc.token_max_bytes", at=now) or not _FORM.fullmatch(token):
        raise TokenRefused("malformed")
    header, payload, _ = token.split(".")
    key_id = _key_id(_object(header))
    issuer = _object(payload).get("iss")
    row = issuers.find_in_force(issuer, at=now) if isinstance(issuer, str) else None
    if row is None:
        raise TokenRefused("issuer")
    terms = issuers.terms_of(row)
    try:
        key = keysets.find(jwks_url=terms.jwks_url, key_id=key_id, now=now)
    except keysets.UnknownKey:
        raise TokenRefused("key") from None
    claims = _signed_claims(token, key)
    try:
        rules.require_in_time(
            claims,
            now=now,
            leeway=parameters.read("oidc.leeway_seconds", at=now),
            longest_life=parameters.read("oidc.longest_life_seconds", at=now),
        )
        rules.require_for_us(claims, terms)
    except ClaimRefused as refused:
        raise TokenRefused(refused.reason) from None
    return Verified(terms, claims)


def _key_id(header: dict[str, Any]) -> str:
    if header.get("alg") != ALGORITHM or set(header) - _HEADERS:
        raise TokenRefused("header")
    kind, key_id = header.get("typ", "JWT"), header.get("kid")
    if not isinstance(kind, str) or kind.lower() not in TYPES or not isinstance(key_id, str) or not key_id:
        raise TokenRefused("header")
    return key_id


def _signed_claims(token: str, key: RSAPublicKey) -> dict[str, Any]:
    try:
        payload: bytes = _signatures.decode(token, key, algorithms=[ALGORITHM])
    except jwt.PyJWTError:
        raise TokenRefused("signature") from None
    return _read(payload)


def _object(segment: str) -> dict[str, Any]:
    try:
        return _read(base64.b64decode(segment + "=" * (-len(segment) % 4), altchars=b"-_", validate=True))
    except (binascii.Error, ValueError):
        raise TokenRefused("malformed") from None


def _read(text: bytes) -> dict[str, Any]:
    try:
        return strict_json.read_object(text)
    except strict_json.UnreadableBody:
        raise TokenRefused("malformed") from None
