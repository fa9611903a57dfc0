"""The base of every view of the public API."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, ClassVar, TypeVar, cast

from django.db.models import Model, QuerySet
from django.http import HttpRequest
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core import clock
from core.api import conditions, filters, owners, problems, throttles, versions
from core.api.authentication import InsufficientScope
from core.api.bearer import BearerAuthentication
from core.api.conditions import Condition, Stands
from core.api.filters import Filter
from core.api.once import require_key
from core.api.owners import Owner
from core.api.pagination import CursorPage
from core.api.problems import MethodNotAllowed, NotFound
from core.api.rendering import AlwaysJson, JsonRenderer
from core.api.requests import MAX_BODY_BYTES, ApiRequest
from core.api.schema import ApiSchema
from core.api.values import Verbatim
from core.api.wire import to_wire
from core.oidc.users import User

_READS = frozenset({"GET", "HEAD"})
M = TypeVar("M", bound=Model)


class ApiView(APIView):
    """Authentication, scope, throttle and Idempotency-Key before any handler; everything denied unless declared.

    `scopes` names the scope each method needs, e.g. `{"POST": "payments:write"}`; a method without one is
    refused to everybody. `owned_by` says what users with an access token reach of each method (`core.api.owners`); one
    without it is closed to them. `throttle` names the rate of each method (default `api.read`, `api.write`).
    `filters` are the query parameters of GET, `paged` adds `limit` and `cursor`; others are refused.
    Handlers get `request.auth` (ApiKey, User), `request.actor`, `request.livemode`, on POST `request.idempotency_key`;
    they answer with `Response` holding plain snake_case dicts.

    `dangerous_scopes` are those of its scopes that no key has unless they are named. `etag` makes the state of the
    object out of a GET's answer (`conditions.all_but("timestamp")`): the answer carries its `ETag`, and a caller who
    has it already gets a 304. `if_match` are the methods that pass `request.condition` to their service; on others
    the header is refused.
    """

    scopes: ClassVar[dict[str, str]] = {}
    owned_by: ClassVar[dict[str, Owner]] = {}
    dangerous_scopes: ClassVar[frozenset[str]] = frozenset()
    etag: ClassVar[Stands | None] = None
    if_match: ClassVar[frozenset[str]] = frozenset()
    throttle: ClassVar[dict[str, str]] = {}
    filters: ClassVar[tuple[Filter, ...]] = ()
    paged: ClassVar[bool] = False
    max_body_bytes: ClassVar[int] = MAX_BODY_BYTES

    authentication_classes = [BearerAuthentication]
    permission_classes = []
    throttle_classes = []
    parser_classes = []
    renderer_classes = [JsonRenderer]
    content_negotiation_class = AlwaysJson
    metadata_class = None
    versioning_class = None
    schema = ApiSchema()

    def initialize_request(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Request:
        return ApiRequest(request, authenticators=[BearerAuthentication()], max_body_bytes=self.max_body_bytes)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        request.accepted_renderer, request.accepted_media_type = JsonRenderer(), JsonRenderer.media_type
        method = str(request.method)
        request.user  # noqa: B018  (authenticates)
        if method not in self._methods():
            raise MethodNotAllowed(self._methods())
        self._require_scope(request, method)
        call, now = cast("ApiRequest", request), clock.now()
        self.headers.update(throttles.take(name=self.throttle_name(method), key=call.auth, now=now))
        self._choose_version(call, method, now)
        if "\x00" in request.path:
            raise NotFound
        if method == "POST":
            call.idempotency_key = require_key(request.META)
        if isinstance(call.auth, User):
            self._admit(call, call.auth, method, kwargs)
        if (wanted := request.META.get("HTTP_IF_MATCH")) is not None:
            call.condition = self._read_condition(method, wanted)
        if method in _READS and self.etag is not None:
            conditions.matches_none_of(request.META.get("HTTP_IF_NONE_MATCH"), "")  # unreadable ones are refused here
        if method not in _READS or not self.paged:
            self.query = filters.read_all(request.query_params, self.filters if method in _READS else ())

    def page(
        self, request: Request, queryset: QuerySet[M], render: Callable[[M], dict[str, Any]], **options: Any
    ) -> Response:
        """The list answer for a view that is `paged`: its filters applied, newest first."""
        return Response(CursorPage.of(request, queryset, render, filters=self.filters, **options))

    @classmethod
    def throttle_name(cls, method: str) -> str:
        default = "api.read" if method in _READS else "api.write"
        return cls.throttle.get("GET" if method == "HEAD" else method, default)

    def finalize_response(self, request: Request, response: Response, *args: Any, **kwargs: Any) -> Response:
        if not hasattr(request, "accepted_renderer"):
            request.accepted_renderer, request.accepted_media_type = JsonRenderer(), JsonRenderer.media_type
        if self.etag is not None and response.status_code == 200 and request.method in _READS:
            response = self._tagged(request, response, self.etag)
        self._translate(request, response)
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

    def _admit(self, call: ApiRequest, user: User, method: str, variables: dict[str, Any]) -> None:
        """Users reach what is theirs, and nothing of a method that does not say what that is."""
        call.owner = self.owner_of(method)
        call.owner.admit(user, owners.Call(variables, {} if method in _READS else call.data))

    @classmethod
    def owner_of(cls, method: str) -> Owner:
        return cls.owned_by.get("GET" if method == "HEAD" else method, owners.CLOSED)

    def _choose_version(self, call: ApiRequest, method: str, now: datetime) -> None:
        """The header's version or the key's, said in every answer from here on; with its end, where that is decided."""
        pinned = getattr(call.auth, "api_version", "") or versions.newest()
        call.operation = self.operation(method)
        call.api_version = versions.choose(named=call.META.get("HTTP_API_VERSION"), pinned=pinned)
        self.headers[versions.HEADER] = call.api_version
        self.headers.update(versions.end_headers(call.api_version, at=now))

    def _read_condition(self, method: str, header: str) -> Condition:
        if method not in self.if_match:
            raise conditions.UnreadableCondition("This operation does not look at If-Match.")
        return conditions.read_if_match(header)

    def _tagged(self, request: Request, response: Response, stands: Stands) -> Response:
        """With its `ETag`, or empty where the caller has just this already."""
        tag = conditions.tag(stands.of(response.data))
        if not conditions.matches_none_of(request.META.get("HTTP_IF_NONE_MATCH"), tag):
            response = Response(status=304)
        response["ETag"] = tag
        return response

    def _translate(self, request: Request, response: Response) -> None:
        """What the newest version answers, in the caller's. Problems are the same in every version."""
        call = cast("ApiRequest", request)
        version, operation = getattr(call, "api_version", versions.newest()), getattr(call, "operation", "")
        if response.status_code >= 400 or response.data is None:
            return
        if versions.is_translated(operation=operation, version=version):
            body = versions.downgrade(to_wire(response.data), operation=operation, version=version)
            response.data = Verbatim(body)

    @classmethod
    def operation(cls, method: str) -> str:
        """The operation's id in the schema, empty where it is not described."""
        action = getattr(cls, "get" if method == "HEAD" else method.lower(), None)
        return str(getattr(action, "api_operation", ""))

    def _methods(self) -> list[str]:
        return [name.upper() for name in self.http_method_names if name != "options" and hasattr(self, name)]
