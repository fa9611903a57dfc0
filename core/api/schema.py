"""How the API describes itself: OpenAPI 3.1 out of the views' own declarations.

A view method says what it takes and gives with `describe`; scopes, rate limits, the Idempotency-Key header, query
parameters and the problems that any operation may answer with are read from the view. Nothing is said twice.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeVar, cast

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import ResolvedComponent
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers

from core.api import fields, headers, owners, problems, requests, strict_json, throttles, versions
from core.api.authentication import AuthenticationRequired, InsufficientScope, OriginNotAllowed
from core.api.bearer import IdentityProviderUnavailable
from core.api.conditions import PreconditionFailed
from core.api.filters import Filter
from core.api.once import IdempotencyKeyRequired
from core.api.pagination import InvalidCursor
from core.api.wire import WireSerializer, camel
from core.errors import Refusal
from core.idempotency.services import KeyReusedWithOtherBody, RequestInFlight

Method = TypeVar("Method", bound=Callable[..., Any])

ALWAYS: tuple[type[Refusal], ...] = (
    problems.InvalidRequest,
    versions.UnknownVersion,
    AuthenticationRequired,
    InsufficientScope,
    OriginNotAllowed,
    owners.NotForUsers,
    owners.NotYourOwn,
    owners.UserHasNoParty,
    IdentityProviderUnavailable,
    throttles.TooManyRequests,
    problems.InternalError,
    problems.ServiceUnavailable,
)
WITH_BODY = (strict_json.UnreadableBody, requests.LengthRequired, problems.BodyTooLarge, requests.UnsupportedMediaType)
ON_POST = (IdempotencyKeyRequired, RequestInFlight, KeyReusedWithOtherBody)

PROBLEM = {
    "type": "object",
    "description": "RFC 9457 problem details with the documented fields; an operation may add its own.",
    "required": [
        "type", "title", "status", "detail", "instance", "success", "error", "code", "requestId", "timestamp",
    ],
    "properties": {
        "type": {"type": "string", "description": "Where the code is explained."},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "instance": {"type": "string"},
        "success": {"type": "boolean", "const": False},
        "error": {"type": "string", "description": "The same sentence as `detail`."},
        "code": {"type": "string", "description": "Stable; the one to branch on."},
        "requestId": {"type": ["string", "null"]},
        "timestamp": {"type": "string", "format": "date-time"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["detail"],
                "properties": {
                    "pointer": {"type": "string", "description": "JSON pointer into the request's body."},
                    "parameter": {"type": "string", "description": "Name of the query parameter."},
                    "detail": {"type": "string"},
                },
            },
        },
    },
}  # fmt: skip
SECURITY_SCHEME = {
    "type": "http",
    "scheme": "bearer",
    "bearerFormat": "sk_test_…, rk_test_…, sk_live_… or rk_live_…",
    "description": "An API key, secret or restricted. Each operation names the scope it needs.",
}
TOKEN_SCHEME = {
    "type": "http",
    "scheme": "bearer",
    "bearerFormat": "JWT",
    "description": (
        "An access token of an OpenID Connect provider (Amazon Cognito or another), signed with RS256. Customers and "
        "providers reach what is theirs, admins everything of their mode: `x-callers` of each operation says so."
    ),
}


def describe(
    operation_id: str,
    *,
    summary: str,
    answers: Mapping[int, type[WireSerializer] | None],
    takes: type[WireSerializer] | None = None,
    refusals: Sequence[type[Refusal]] = (),
    example: Mapping[str, Any] | None = None,
    answer_example: Mapping[str, Any] | None = None,
    tags: Sequence[str] | None = None,
) -> Callable[[Method], Method]:
    """Describe a method of an ApiView. `operation_id` is camelCase and unique, e.g. `createPayment`.

    `takes` and `answers` are serializers (see `page_of` for lists); `refusals` those of the domain, the general
    ones are added. Examples are in wire names: `example` of the body, `answer_example` of the first answer.
    """
    examples = []
    if example is not None:
        examples.append(OpenApiExample("Request", value=dict(example), request_only=True))
    if answer_example is not None:
        first = str(next(iter(answers)))
        examples.append(OpenApiExample("Answer", value=dict(answer_example), response_only=True, status_codes=[first]))

    def decorate(method: Method) -> Method:
        method.api_refusals = tuple(refusals)  # type: ignore[attr-defined]
        method.api_operation, method.api_summary = operation_id, summary  # type: ignore[attr-defined]
        described = extend_schema(
            operation_id=operation_id,
            summary=summary,
            request=takes,
            responses=dict(answers),
            examples=examples or None,
            tags=list(tags) if tags else None,
        )(method)
        return cast("Method", described)

    return decorate


def page_of(row: type[WireSerializer]) -> type[WireSerializer]:
    """The serializer of a list answer whose `data` holds such rows."""
    name = row.__name__.removesuffix("Serializer")
    return type(
        f"{name}PageSerializer",
        (WireSerializer,),
        {
            "__doc__": "One page, newest first.",
            "__module__": row.__module__,
            "data": row(many=True),
            "has_more": serializers.BooleanField(help_text="Whether rows follow this page."),
            "next_cursor": serializers.CharField(allow_null=True, help_text="Pass it as `cursor` for the next page."),
        },
    )


class ApiSchema(AutoSchema):
    """One operation of an ApiView."""

    def map_parsers(self) -> list[str]:
        return ["application/json"]

    def get_auth(self) -> list[dict[str, Any]]:
        self._register("apiKey", ResolvedComponent.SECURITY_SCHEMA, SECURITY_SCHEME)
        self._register("accessToken", ResolvedComponent.SECURITY_SCHEMA, TOKEN_SCHEME)
        scope = self.view.scopes.get(self.method)
        ways = ["apiKey", "accessToken"] if self._callers() else ["apiKey"]
        return [{way: [scope] if scope else []} for way in ways]

    def get_description(self) -> str:
        action = getattr(self.view, self.method.lower())
        text = " ".join((action.__doc__ or "").split())
        facts = [f"Scope: `{self.view.scopes.get(self.method)}`.", f"Rate limit: `{self._throttle()}`.", self._users()]
        return "\n\n".join(filter(None, [text, " ".join(facts)]))

    def get_extensions(self) -> dict[str, Any]:
        return {
            "x-required-scope": self.view.scopes.get(self.method),
            "x-rate-limit": self._throttle(),
            "x-callers": {"API_KEY": "all", **self._callers()},
        }

    def _resolve_path_parameters(self, variables: Sequence[str]) -> list[dict[str, Any]]:
        return [
            {"in": "path", "name": name, "required": True, "schema": {"type": "string", "minLength": 1}}
            for name in variables
        ]

    def _get_parameters(self) -> list[dict[str, Any]]:
        parameters: list[dict[str, Any]] = super()._get_parameters()
        if self.method == "POST":
            parameters.insert(0, IDEMPOTENCY_KEY)
        if self.method == "GET":
            if self.view.paged:
                parameters += [LIMIT, CURSOR]
            parameters += [_query_parameter(each) for each in self.view.filters]
        return parameters + headers.requested(self.view, self.method)

    def _get_response_bodies(self, direction: str = "response") -> dict[str, Any]:
        bodies: dict[str, Any] = super()._get_response_bodies(direction)
        for body in bodies.values():
            body["description"] = body["description"] or "Done."
        self._register("Problem", ResolvedComponent.SCHEMA, PROBLEM)
        for name, header in headers.HEADERS.items():
            self._register(name, "headers", header)
        by_status: dict[int, list[type[Refusal]]] = {}
        for refusal in self._refusals():
            by_status.setdefault(refusal.status, []).append(refusal)
        for status, refusals in sorted(by_status.items()):
            problem = _problem_response(refusals)
            if str(status) in bodies:
                bodies[str(status)]["content"].update(problem["content"])
            else:
                bodies[str(status)] = problem
        if self.method == "GET" and self.view.etag is not None:
            bodies["304"] = {"description": "What `If-None-Match` names is still so."}
        for answered, body in bodies.items():
            body["headers"] = headers.answered(self.view, self.method, int(answered))
        return bodies

    def get_serializer_name(self, serializer: Any, direction: str) -> str:  # noqa: ARG002
        """The class's name; two apps that chose the same one are told apart by theirs."""
        kind = type(serializer)
        name = kind.__name__.removesuffix("Serializer")
        namesakes = {other.__module__ for other in _serializers(WireSerializer) if other.__name__ == kind.__name__}
        if len({module for module in namesakes if not module.startswith("tests.")} | {kind.__module__}) == 1:
            return name
        return kind.__module__.split(".")[0].capitalize() + name

    def _map_serializer(self, serializer: Any, direction: str, bypass_extensions: bool = False) -> dict[str, Any]:
        """Wire names; closed objects on the way in, open ones on the way out (fields may be added any time)."""
        schema: dict[str, Any] = super()._map_serializer(serializer, direction, bypass_extensions)
        kind = serializer if isinstance(serializer, type) else type(serializer)
        if not issubclass(kind, WireSerializer):
            return schema
        schema["properties"] = {camel(name): value for name, value in schema.get("properties", {}).items()}
        if "required" in schema:
            schema["required"] = sorted(camel(name) for name in schema["required"])
        if kind.__dict__.get("__doc__"):
            schema["description"] = " ".join(kind.__dict__["__doc__"].split())
        else:
            schema.pop("description", None)
        if direction == "request":
            schema["additionalProperties"] = False
        return schema

    def _map_serializer_field(self, field: Any, direction: str, bypass_extensions: bool = False) -> Any:
        schema = super()._map_serializer_field(field, direction, bypass_extensions)
        if not isinstance(schema, dict) or "$ref" in schema:
            return schema
        if isinstance(field, fields.MetadataField):
            schema["additionalProperties"] = True
            if direction == "request":
                schema["maxProperties"] = fields.METADATA_MAX_NAMES
                schema["propertyNames"] = {"minLength": 1, "maxLength": fields.METADATA_MAX_NAME}
        elif isinstance(field, fields.PatternField):
            schema["pattern"] = anchored(field.pattern)
        elif isinstance(field, fields.DigitsField):
            schema["pattern"] = "^[0-9]+$"
        elif direction == "request" and type(field) is serializers.CharField and not field.allow_blank:
            schema["pattern"] = r"\S"
        return schema

    def _refusals(self) -> list[type[Refusal]]:
        action = getattr(self.view, self.method.lower())
        refusals = [*ALWAYS, *getattr(action, "api_refusals", ())]
        if self.method in {"POST", "PUT", "PATCH"}:
            refusals += WITH_BODY
        if self.method == "POST":
            refusals += ON_POST
        if self.method == "GET" and self.view.paged:
            refusals.append(InvalidCursor)
        if self.method in self.view.if_match:
            refusals.append(PreconditionFailed)
        if "{" in self.path and not any(refusal.status == 404 for refusal in refusals):
            refusals.append(problems.NotFound)
        return list(dict.fromkeys(refusals))

    def _callers(self) -> dict[str, str]:
        reached: dict[str, str] = self.view.owner_of(self.method).callers()
        return reached

    def _users(self) -> str:
        """Who else than an API key may call, in a sentence."""
        callers = self._callers()
        if not callers:
            return "Users: none."
        own = [f"{standing.lower()}s what is theirs" for standing, reach in callers.items() if reach == "own"]
        return f"Users: {', '.join([*own, 'admins all'])}."

    def _throttle(self) -> str:
        return str(self.view.throttle_name(self.method))

    def _register(self, name: str, kind: str, schema: dict[str, Any]) -> None:
        self.registry.register_on_missing(ResolvedComponent(name=name, type=kind, object=name, schema=schema))


def name_paths(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Spectacular's post-processing hook: path variables in wire names."""
    paths: dict[str, Any] = {}
    for path, operations in result["paths"].items():
        for operation in operations.values():
            for parameter in operation.get("parameters", ()):
                if parameter["in"] == "path":
                    parameter["name"] = camel(parameter["name"])
        paths[re.sub(r"\{(\w+)\}", lambda match: f"{{{camel(match[1])}}}", path)] = operations
    return {**result, "paths": paths}


def anchored(pattern: re.Pattern[str]) -> str:
    text = pattern.pattern
    return f"{'' if text.startswith('^') else '^'}{text}{'' if text.endswith('$') else '$'}"


def _serializers(kind: type[WireSerializer]) -> Iterator[type[WireSerializer]]:
    for child in kind.__subclasses__():
        yield child
        yield from _serializers(child)


def _problem_response(refusals: Sequence[type[Refusal]]) -> dict[str, Any]:
    codes = list(dict.fromkeys(refusal.code for refusal in refusals))
    return {
        "description": ", ".join(f"`{code}`" for code in codes),
        "content": {problems.CONTENT_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }


def _query_parameter(each: Filter) -> dict[str, Any]:
    parameter: dict[str, Any] = {"in": "query", "name": each.name, "schema": dict(each.schema)}
    if each.required:
        parameter["required"] = True
    if each.meaning:
        parameter["description"] = each.meaning
    return parameter


IDEMPOTENCY_KEY = {
    "in": "header",
    "name": "Idempotency-Key",
    "required": True,
    "description": "New for each operation wanted, the same for each retry of it.",
    "schema": {"type": "string", "pattern": "^[!-~]{1,255}$"},
}
LIMIT = {
    "in": "query",
    "name": "limit",
    "description": "Rows a page.",
    "schema": {"type": "integer", "minimum": 1, "maximum": 100, "default": 25},
}
CURSOR = {
    "in": "query",
    "name": "cursor",
    "description": "`nextCursor` of the page before; the filters must stay the same.",
    "schema": {"type": "string"},
}
