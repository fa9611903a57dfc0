"""The base of every view of the public API."""

import re
from typing import Any, ClassVar, cast

from django.http import HttpRequest
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core import clock
from core.api import problems, throttles
from core.api.authentication import ApiKeyAuthentication
from core.api.problems import MethodNotAllowed
from core.api.rendering import AlwaysJson, JsonRenderer
from core.api.requests import MAX_BODY_BYTES, ApiRequest
from core.api.schema import ApiSchema
from core.errors import Refusal

_KEY = re.compile(r"^[\x21-\x7e]{1,255}$")
_READS = frozenset({"GET", "HEAD"})


class InsufficientScope(Refusal):
    """The API key is valid and lacks the scope this operation needs."""

    code = "INSUFFICIENT_SCOPE"
    status = 403
    title = "The API key lacks a scope"


class IdempotencyKeyRequired(Refusal):
    """Every POST carries an Idempotency-Key of 1 to 255 visible ASCII characters, new for each operation wanted."""

    code = "IDEMPOTENCY_KEY_REQUIRED"
    title = "Send an Idempotency-Key header"


class ApiView(APIView):
    """Authentication, scope, throttle and Idempotency-Key before any handler; everything denied unless declared.

    `scopes` names the scope each method needs, e.g. `{"POST": "payments:write"}`; a method without one is
    refused to everybody. `throttle` names the rate each method counts against (default `api.read`, `api.write`).
    Handlers get `request.auth` (ApiKey), `request.actor`, `request.livemode`, and on POST `request.idempotency_key`;
    they answer with `Response` holding plain snake_case dicts.
    """

    scopes: ClassVar[dict[str, str]] = {}
    throttle: ClassVar[dict[str, str]] = {}
    max_body_bytes: ClassVar[int] = MAX_BODY_BYTES

    authentication_classes = [ApiKeyAuthentication]
    permission_classes = []
    throttle_classes = []
    parser_classes = []
    renderer_classes = [JsonRenderer]
    content_negotiation_class = AlwaysJson
    metadata_class = None
    versioning_class = None
    schema = ApiSchema()

    def initialize_request(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Request:
        return ApiRequest(request, authenticators=[ApiKeyAuthentication()], max_body_bytes=self.max_body_bytes)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        request.accepted_renderer, request.accepted_media_type = JsonRenderer(), JsonRenderer.media_type
        method = str(request.method)
        request.user  # noqa: B018  (authenticates)
        if not hasattr(self, method.lower()) or method == "OPTIONS":
            raise MethodNotAllowed(self._methods())
        self._require_scope(request, method)
        default = "api.read" if method in _READS else "api.write"
        name = self.throttle.get("GET" if method == "HEAD" else method, default)
        self.headers.update(throttles.take(name=name, key=cast("ApiRequest", request).auth, now=clock.now()))
        if method == "POST":
            self._require_idempotency_key(request)

    def finalize_response(self, request: Request, response: Response, *args: Any, **kwargs: Any) -> Response:
        if not hasattr(request, "accepted_renderer"):
            request.accepted_renderer, request.accepted_media_type = JsonRenderer(), JsonRenderer.media_type
        return super().finalize_response(request, response, *args, **kwargs)

    @property
    def default_response_headers(self) -> dict[str, str]:
        return {"Cache-Control": "no-store"}

    def get_exception_handler(self) -> Any:
        return problems.handler

    def handle_exception(self, exc: Exception) -> Any:
        response = problems.handler(exc, {"view": self, "request": self.request})
        response.exception = True
        return response

    def _require_scope(self, request: Request, method: str) -> None:
        needed = self.scopes.get("GET" if method == "HEAD" else method)
        if needed is None or needed not in request.actor.roles:  # type: ignore[attr-defined]
            raise InsufficientScope(f"This operation needs the scope {needed}." if needed else "")

    def _require_idempotency_key(self, request: Request) -> None:
        key = request.META.get("HTTP_IDEMPOTENCY_KEY", "")
        if not _KEY.match(key):
            raise IdempotencyKeyRequired(
                "The Idempotency-Key must have 1 to 255 visible ASCII characters." if key else ""
            )
        request.idempotency_key = key  # type: ignore[attr-defined]

    def _methods(self) -> list[str]:
        return [name.upper() for name in self.http_method_names if name != "options" and hasattr(self, name)]
