"""Who calls: the API key in `Authorization: Bearer sk_…`."""

from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from core import clock
from core.actors import Actor
from core.api import keys
from core.api.models import ApiKey
from core.errors import Refusal
from core.telemetry import context

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


class ApiKeyAuthentication(BaseAuthentication):
    """Sets `request.auth` (the key), `request.actor` and `request.livemode`; refuses everything else."""

    def authenticate(self, request: Request) -> tuple[ApiKey, ApiKey]:
        scheme, _, secret = request.META.get("HTTP_AUTHORIZATION", "")[:MAX_HEADER].partition(" ")
        if scheme.lower() != "bearer" or not secret:
            raise AuthenticationRequired("Send an API key as Authorization: Bearer sk_…")
        now = clock.now()
        key = keys.find_usable(secret=secret.strip(), now=now)
        if key is None:
            raise AuthenticationRequired(
                "The API key is unknown, expired or revoked.", challenge=', error="invalid_token"'
            )
        keys.note_use(key=key, now=now)
        context.bind(actor=key.public_id)
        request.actor = Actor("API_KEY", key.public_id, frozenset(key.scopes))  # type: ignore[attr-defined]
        request.livemode = key.livemode  # type: ignore[attr-defined]
        return key, key
