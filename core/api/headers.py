"""The headers every operation takes and gives, for the schema: described once, referred to everywhere."""

from typing import Any, Protocol

from core.api import versions

_LEFT_OUT_BEFORE_A_KEY_IS_KNOWN = frozenset({401})

HEADERS: dict[str, dict[str, Any]] = {
    "Request-Id": {
        "description": "The request's name in our logs, also in a problem's `requestId`.",
        "schema": {"type": "string"},
    },
    "API-Version": {
        "description": "The version that was spoken. Missing where the request was refused before its key was read.",
        "schema": {"type": "string", "format": "date"},
    },
    "RateLimit-Policy": {
        "description": "The limits of the operation for this key: `q` requests at once, all of them back after `w` s.",
        "schema": {"type": "string"},
    },
    "RateLimit": {
        "description": "Where each of the limits stands: `r` requests left, all of them back in `t` seconds.",
        "schema": {"type": "string"},
    },
    "Retry-After": {"description": "Seconds until the next try.", "schema": {"type": "integer", "minimum": 1}},
    "ETag": {
        "description": "The object's state, for `If-Match` and `If-None-Match`.",
        "schema": {"type": "string"},
    },
    "Deprecation": {
        "description": "RFC 9745: from when the spoken version is deprecated. Only where that is decided.",
        "schema": {"type": "string"},
    },
    "Sunset": {
        "description": "RFC 8594: from when the spoken version may stop working. Only where that is decided.",
        "schema": {"type": "string"},
    },
}


class Described(Protocol):
    """What an ApiView says of itself."""

    etag: Any
    if_match: frozenset[str]


def requested(view: Described, method: str) -> list[dict[str, Any]]:
    """Header parameters of an operation besides the Idempotency-Key."""
    taken = [API_VERSION]
    if method in view.if_match:
        taken.append(IF_MATCH)
    if method == "GET" and view.etag is not None:
        taken.append(IF_NONE_MATCH)
    return taken


def answered(view: Described, method: str, status: int) -> dict[str, dict[str, str]]:
    """References to the headers of an answer."""
    names = ["Request-Id"]
    if status not in _LEFT_OUT_BEFORE_A_KEY_IS_KNOWN:
        names += ["API-Version", "RateLimit-Policy", "RateLimit", "Deprecation", "Sunset"]
    if status in (429, 503):
        names.append("Retry-After")
    if method == "GET" and view.etag is not None and status in (200, 304):
        names.append("ETag")
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


API_VERSION = {
    "in": "header",
    "name": versions.HEADER,
    "required": False,
    "description": "The version to speak; that of the key unless given.",
    "schema": {"type": "string", "enum": versions.names()},
}
IF_MATCH = {
    "in": "header",
    "name": "If-Match",
    "required": False,
    "description": "Do it only if the object is still as this `ETag` says; else 412.",
    "schema": {"type": "string"},
}
IF_NONE_MATCH = {
    "in": "header",
    "name": "If-None-Match",
    "required": False,
    "description": "Answer 304 without a body if the object is still as this `ETag` says.",
    "schema": {"type": "string"},
}
