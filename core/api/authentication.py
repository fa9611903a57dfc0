"""Who calls: the API key in `Authorization: Bearer sk_…` or `rk_…`."""

from datetime import datetime

from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from core import clock
from core.actors import Actor
from core.api import keys, rights, unknown_keys
from core.api.models import ApiKey
from core.errors import Refusal
from core.telemetry import context, origin

MAX_HEADER = 200


class AuthenticationRequired(Refusal):
    """No API key or access token was sent, or the one sent is unknown, expired or revoked."""

    code = "AUTHENTICATION_REQUIRED"
    status = 401
    title = "Authentication required"

    def __init__(self, detail: str = "", *, challenge: str = "") -> None:
        self.headers = {"WWW-Authenticate": f'Bearer realm="holdfast"{challenge}'}
        super().__init__(detail)


class InsufficientScope(Refusal):
    """The API key or access token is valid and lacks the scope this operation needs."""

    code = "INSUFFICIENT_SCOPE"
    status = 403
    title = "A scope is missing"


class OriginNotAllowed(Refusal):
    """The API key is valid and may not be used from this network address."""

    code = "ORIGIN_NOT_ALLOWED"
    status = 403
    title = "The API key may not be used from here"


class ApiKeyAuthentication(BaseAuthentication):
    """Sets `request.auth` (the key), `request.actor` and `request.livemode`; refuses everything else."""

    def authenticate(self, request: Request) -> tuple[ApiKey, ApiKey]:
        scheme, _, secret = request.META.get("HTTP_AUTHORIZATION", "")[:MAX_HEADER].partition(" ")
        if scheme.lower() != "bearer" or not secret:
            raise AuthenticationRequired("Send an API key as Authorization: Bearer sk_…")
        now = clock.now()
        key = _find(secret.strip(), request, now)
        if key.networks and not rights.allows_origin(key.networks, origin.address(request._request)):
            raise OriginNotAllowed
        keys.note_use(key=key, now=now)
        context.bind(actor=key.public_id)
        request.actor = Actor("API_KEY", key.public_id, frozenset(key.scopes))  # type: ignore[attr-defined]
        request.livemode = key.livemode  # type: ignore[attr-defined]
        return key, key


def _find(secret: str, request: Request, now: datetime) -> ApiKey:
    """The usable key of the secret. Whoever keeps trying others is soon refused without a look at the database."""
    key = keys.find_remembered(secret=secret, now=now)
    if key is not None:
        return key
    unknown_keys.require_patience(origin.address(request._request), secret)
    key = keys.find_usable(secret=secret, now=now)
    if key is None:
        unknown_keys.count(origin.address(request._request), now)
        raise AuthenticationRequired("The API key is unknown, expired or revoked.", challenge=', error="invalid_token"')
    return key
