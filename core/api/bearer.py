"""Who calls: a user with an access token where the credential has the form of one, an API key otherwise.

Authorization: Bearer sk_test_…      an API key
Authorization: Bearer eyJ….eyJ….…    an access token of an accepted issuer
"""

from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from core import clock
from core.api.authentication import ApiKeyAuthentication, AuthenticationRequired
from core.api.callers import Caller
from core.errors import Refusal
from core.oidc import users
from core.oidc.keysets import KeysUnavailable
from core.oidc.tokens import TokenRefused
from core.telemetry import context


class IdentityProviderUnavailable(Refusal):
    """The keys of the token's issuer cannot be had at the moment, so nobody can say whose token it is. Try again."""

    code = "IDENTITY_PROVIDER_UNAVAILABLE"
    status = 503
    title = "The identity provider does not answer"
    headers = {"Retry-After": "30"}


class BearerAuthentication(BaseAuthentication):
    """Sets `request.auth` (the caller), `request.actor` and `request.livemode`; refuses everything else."""

    keys = ApiKeyAuthentication()

    def authenticate(self, request: Request) -> tuple[Caller, Caller]:
        scheme, _, credential = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
        # No API key has a dot in it, every signed token has two.
        if scheme.lower() != "bearer" or "." not in credential:
            return self.keys.authenticate(request)
        try:
            user = users.identify(credential.strip(), now=clock.now())
        except TokenRefused as refused:
            said = "The access token has expired." if refused.expired else "The access token is not acceptable."
            raise AuthenticationRequired(said, challenge=', error="invalid_token"') from None
        except KeysUnavailable:
            raise IdentityProviderUnavailable from None
        context.bind(actor=user.public_id)
        request.actor = user.actor  # type: ignore[attr-defined]
        request.livemode = user.livemode  # type: ignore[attr-defined]
        return user, user
