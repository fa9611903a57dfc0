"""For machines that watch machines: alive, ready, and numbers. No business data."""

import hmac
from ipaddress import ip_address

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseForbidden, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from core.telemetry import metrics, readiness

_FORWARDED = ("HTTP_FORWARDED", "HTTP_X_FORWARDED_FOR", "HTTP_X_REAL_IP")


@require_safe
@never_cache
def health(_: HttpRequest) -> HttpResponse:
    """The process answers. Asks nothing of anybody, so that a slow database does not get us restarted."""
    return JsonResponse({"status": "alive"})


@require_safe
@never_cache
def ready(_: HttpRequest) -> HttpResponse:
    """200 where requests may be sent here, 503 with the names of what is down where not."""
    checks = readiness.check_all()
    down = sorted(name for name, outcome in checks.items() if outcome != "ok")
    return JsonResponse(
        {"status": "not ready" if down else "ready", "checks": checks, "down": down}, status=503 if down else 200
    )


@require_safe
@never_cache
def show_metrics(request: HttpRequest) -> HttpResponse:
    """For the bearer of `HOLDFAST_METRICS_TOKEN`; where none is set, for this machine itself."""
    if not _may_read_metrics(request):
        return HttpResponseForbidden("metrics are not public\n", content_type="text/plain")
    return HttpResponse(metrics.render(), content_type="text/plain; version=0.0.4; charset=utf-8")


def _may_read_metrics(request: HttpRequest) -> bool:
    token = settings.HOLDFAST_METRICS_TOKEN
    if token:
        offered = request.headers.get("Authorization", "")
        return hmac.compare_digest(offered.encode(), f"Bearer {token}".encode())
    # Behind a proxy on this machine everybody looks local: a forwarded request is not.
    return _is_loopback(request.META.get("REMOTE_ADDR", "")) and not any(name in request.META for name in _FORWARDED)


def _is_loopback(address: str) -> bool:
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False
