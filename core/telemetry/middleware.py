"""Every request has an id, a line in the log and a place in the histogram."""

import re
import time
from collections.abc import Callable

import structlog
from django.http import HttpRequest, HttpResponse

from core import clock, ids
from core.telemetry import context, metrics, origin, redaction

HEADER = "Request-Id"
_SANE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._\-]{7,63}", re.ASCII)
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

log = structlog.get_logger("holdfast.access")


class RequestIdMiddleware:
    """First in the list, so that it sees what all others answer. Takes the caller's `Request-Id` where it is sane."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        started = time.perf_counter()
        request_id = _accepted(request.headers.get(HEADER, "")) or ids.prefixed("req", clock.now())
        with context.scope(request_id=request_id, origin=origin.address(request)):
            response = self.get_response(request)
            response[HEADER] = request_id
            _account(request, response, time.perf_counter() - started)
        return response


def _accepted(offered: str) -> str | None:
    """An id that is short, plain, and not a card number in disguise."""
    return offered if _SANE.fullmatch(offered) and redaction.scrub(offered) == offered else None


def _account(request: HttpRequest, response: HttpResponse, seconds: float) -> None:
    """The address is logged without its query, where people put what they should not."""
    method = request.method if request.method in _METHODS else "OTHER"
    match = request.resolver_match
    route = (match.view_name or match.route) if match else "unmatched"
    metrics.REQUEST_SECONDS.labels(method, route, f"{response.status_code // 100}xx").observe(seconds)
    log.info(
        "request",
        method=method,
        route=route,
        path=request.path,
        status=response.status_code,
        duration_ms=round(seconds * 1000, 2),
    )
