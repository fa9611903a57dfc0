"""What the local issuer shows to this machine."""

from django.http import HttpRequest, HttpResponseNotFound, JsonResponse
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe

from core.oidc import local_issuer
from core.oidc.issuers import LOOPBACK


@require_safe
def keys(request: HttpRequest) -> HttpResponseBase:
    """To this very machine, without a proxy between; nobody else is told that there is such a thing."""
    if request.META.get("REMOTE_ADDR") not in LOOPBACK or "HTTP_X_FORWARDED_FOR" in request.META:
        return HttpResponseNotFound()
    try:
        return JsonResponse(local_issuer.published_keys())
    except local_issuer.NoLocalIssuer:
        return HttpResponseNotFound()
