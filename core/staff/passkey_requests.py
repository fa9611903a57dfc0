"""What a request brings to a passkey: the site it came to, and a challenge that is answered once."""

import secrets

from django.http import HttpRequest

from core.staff.services.passkeys import Site

CHALLENGE = "staff.passkey_challenge"
CHALLENGE_BYTES = 32


def site(request: HttpRequest) -> Site:
    """The site as the browser sees it; the host is one of ALLOWED_HOSTS or there is no request."""
    host = request.get_host()
    return Site(host=host.rpartition(":")[0] or host, origin=f"{request.scheme}://{host}")


def new_challenge(request: HttpRequest) -> bytes:
    challenge = secrets.token_bytes(CHALLENGE_BYTES)
    request.session[CHALLENGE] = challenge.hex()
    return challenge


def take_challenge(request: HttpRequest) -> bytes:
    """Each challenge is answered once; without one nothing can match."""
    challenge = request.session.pop(CHALLENGE, None)
    return bytes.fromhex(challenge) if challenge else secrets.token_bytes(CHALLENGE_BYTES)
