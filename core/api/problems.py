"""Every failure of the API as RFC 9457 problem+json, with the documented `success: false`, `error` and `timestamp`.

Nothing here tells the caller a database message, an exception's text or a value that was sent.
"""

import json
import logging
import re
from collections.abc import Iterator, Mapping
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.core.signals import got_request_exception
from django.db import DataError, InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.views import defaults
from rest_framework import exceptions
from rest_framework.response import Response

from core import clock
from core.api import strict_json
from core.api.values import Verbatim
from core.api.wire import timestamp, to_wire
from core.database import refusals
from core.errors import FieldError, Refusal
from core.telemetry import context as telemetry
from core.telemetry.redaction import redact

CONTENT_TYPE = "application/problem+json"
MAX_ERRORS = 50
logger = logging.getLogger("holdfast.api")


class InvalidRequest(Refusal):
    """A field is missing, unknown, of the wrong type or out of range; `errors` points at each."""

    code = "INVALID_REQUEST"
    title = "The request is not valid"


class NotAllowed(Refusal):
    """The caller is known and may not do this."""

    code = "PERMISSION_DENIED"
    status = 403
    title = "Not allowed"


class NotFound(Refusal):
    """Nothing is at this address."""

    code = "NOT_FOUND"
    status = 404
    title = "Not found"


class MethodNotAllowed(Refusal):
    """The address exists and has no such method; the `Allow` header names those it has."""

    code = "METHOD_NOT_ALLOWED"
    status = 405
    title = "Method not allowed"

    def __init__(self, allowed: list[str]) -> None:
        self.headers = {"Allow": ", ".join(allowed)}
        super().__init__()


class BodyTooLarge(Refusal):
    """The body is longer than this operation reads."""

    code = "BODY_TOO_LARGE"
    status = 413
    title = "The body is too large"


class ServiceUnavailable(Refusal):
    """A part of the service did not answer in time. Nothing was half done: retry with the same Idempotency-Key."""

    code = "SERVICE_UNAVAILABLE"
    status = 503
    title = "Try again shortly"
    headers = {"Retry-After": "1"}


class InternalError(Refusal):
    """A fault of ours; `requestId` finds it in our logs. Retry with the same Idempotency-Key."""

    code = "INTERNAL_ERROR"
    status = 500
    title = "Something went wrong on our side"


def handler(error: Exception, context: Mapping[str, Any]) -> Response:
    """DRF's EXCEPTION_HANDLER: any exception of a view as an answer."""
    request = context["request"]
    refusal = _refusal_for(error)
    if isinstance(refusal, InternalError):
        logger.error("unhandled exception in %s %s", request.method, request.path, exc_info=error)
        got_request_exception.send(sender=type(context.get("view")), request=request._request)
    elif refusal.status >= 500:
        logger.warning("%s in %s %s: %s", refusal.code, request.method, request.path, type(error).__name__)
    return Response(
        Verbatim(body(refusal, request.path)),
        status=refusal.status,
        content_type=CONTENT_TYPE,
        headers=getattr(refusal, "headers", None),
    )


def body(refusal: Refusal, instance: str) -> dict[str, Any]:
    """The problem document, in wire names."""
    problem: dict[str, Any] = {
        "type": f"/v1/docs/errors#{refusal.code}",
        "title": refusal.title,
        "status": refusal.status,
        "detail": refusal.detail,
        "instance": redact(instance),
        "success": False,
        "error": refusal.detail,
        "code": refusal.code,
        "requestId": telemetry.request_id(),
        "timestamp": timestamp(clock.now()),
    }
    if refusal.errors:
        problem["errors"] = [_shown(error) for error in refusal.errors[:MAX_ERRORS]]
    documented = to_wire(refusal.fields)
    return problem | {name: value for name, value in documented.items() if name not in problem}


def respond(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    """A problem outside any view: unknown addresses, failures in middleware."""
    text = json.dumps(body(refusal, request.path), ensure_ascii=False)
    response = HttpResponse(text.encode("utf-8", "replace"), content_type=CONTENT_TYPE, status=refusal.status)
    response.headers["Cache-Control"] = "no-store"
    return response


def unknown_address(request: HttpRequest, **_: Any) -> HttpResponse:
    """The last pattern under /v1/."""
    return respond(request, NotFound())


unknown_address.csrf_exempt = True  # type: ignore[attr-defined]


def handler400(request: HttpRequest, exception: Exception) -> HttpResponse:
    if is_api(request):
        return respond(request, _refusal_for(exception))
    return defaults.bad_request(request, exception)


def handler403(request: HttpRequest, exception: Exception) -> HttpResponse:
    if is_api(request):
        return respond(request, NotAllowed())
    return defaults.permission_denied(request, exception)


def handler404(request: HttpRequest, exception: Exception) -> HttpResponse:
    if is_api(request):
        return respond(request, NotFound())
    return defaults.page_not_found(request, exception)


def handler500(request: HttpRequest) -> HttpResponse:
    if is_api(request):
        return respond(request, InternalError())
    return defaults.server_error(request)


def is_api(request: HttpRequest) -> bool:
    return request.path.startswith("/v1/") or request.path == "/v1"


def field_errors(detail: Any, place: str = "") -> Iterator[FieldError]:
    """DRF's nested error detail, flat: names and indexes become a pointer, the empty name its parent."""
    if isinstance(detail, dict):
        for name, inner in detail.items():
            yield from field_errors(inner, place if name == "" else place + strict_json.pointer(name))
    elif isinstance(detail, list | tuple):
        for index, inner in enumerate(detail):
            nested = isinstance(inner, dict | list | tuple)
            yield from field_errors(inner, place + strict_json.pointer(index) if nested else place)
    else:
        yield FieldError(place, str(detail))


def _refusal_for(error: Exception) -> Refusal:
    match error:
        case Refusal():
            return error
        case exceptions.ValidationError():
            return InvalidRequest(errors=tuple(field_errors(error.detail)))
        case Http404() | exceptions.NotFound():
            return NotFound()
        case PermissionDenied() | exceptions.PermissionDenied():
            return NotAllowed()
        case OperationalError() | InterfaceError():
            return ServiceUnavailable()
        case RequestDataTooBig():
            return BodyTooLarge()
        case DataError():
            logger.warning("a value passed validation and does not fit the database (%s)", refusals.sqlstate(error))
            return InvalidRequest("A value does not fit.")
        case exceptions.MethodNotAllowed():
            return MethodNotAllowed([])
        case SuspiciousOperation() | exceptions.ParseError():
            return InvalidRequest()
    return InternalError()


def _shown(error: FieldError) -> dict[str, str]:
    """Faults in the query string are named by parameter, faults in the body by pointer."""
    pointer = redact(error.pointer)
    if parameter := re.fullmatch(r"\?(.+)", pointer):
        return {"parameter": parameter[1], "detail": error.reason}
    return {"pointer": pointer, "detail": error.reason}
