"""The network address a request comes from."""

from django.conf import settings
from django.http import HttpRequest


def address(request: HttpRequest) -> str:
    """The peer, or behind HOLDFAST_PROXY_COUNT trusted proxies the address the outermost of them saw."""
    peer = str(request.META.get("REMOTE_ADDR", ""))
    proxies = settings.HOLDFAST_PROXY_COUNT
    forwarded = [part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",") if part.strip()]
    return (forwarded[-proxies] if 0 < proxies <= len(forwarded) else peer)[:64]
