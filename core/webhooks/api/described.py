"""The `webhooks` section of the API's description: one entry per type of the catalogue."""

from typing import Any

from core.webhooks import catalogue
from core.webhooks.catalogue import Published

_HEADERS = {
    "webhook-id": "The event's id, the same at every attempt: what was seen before is not worked on again.",
    "webhook-timestamp": "Seconds since 1970 of this attempt; refuse what is more than five minutes off.",
    "webhook-signature": "`v1,` and base 64 of HMAC-SHA-256 over `id.timestamp.body`; several, separated by blanks.",
}


def add_webhooks(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Spectacular's post-processing hook."""
    return {**result, "webhooks": {entry.type: {"post": _operation(entry)} for entry in catalogue.types()}}


def _operation(entry: Published) -> dict[str, Any]:
    name = "on" + "".join(part.capitalize() for part in entry.type.replace(".", "_").split("_"))
    example = {"type": entry.type, "timestamp": "2024-01-15T10:30:45.123Z", "data": dict(entry.example)}
    return {
        "operationId": name,
        "summary": entry.type,
        "description": entry.meaning,
        "parameters": [
            {"in": "header", "name": header, "required": True, "description": text, "schema": {"type": "string"}}
            for header, text in _HEADERS.items()
        ],
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": _schema(entry), "examples": {"Body": {"value": example}}}},
        },
        "responses": {
            "2XX": {"description": "Received. Anything else, or nothing within ten seconds, is tried again."},
            "410": {"description": "Gone: the endpoint is disabled at once."},
        },
    }


def _schema(entry: Published) -> dict[str, Any]:
    return {
        "type": "object",
        "required": ["type", "timestamp", "data"],
        "properties": {
            "type": {"type": "string", "const": entry.type},
            "timestamp": {"type": "string", "format": "date-time", "description": "When it happened."},
            "data": {
                "type": "object",
                "required": sorted(entry.example),
                "properties": {name: _property(name, value) for name, value in entry.example.items()},
            },
        },
    }


def _property(name: str, example: Any) -> dict[str, Any]:
    """The type of the example; what is None there may be a text."""
    if name.endswith(("Deadline", "At")):
        return {"type": "string", "format": "date-time"}
    kinds = {bool: "boolean", int: "integer", str: "string", type(None): ["string", "null"]}
    nullable = name == "escrowId"
    return {"type": ["string", "null"] if nullable else kinds[type(example)]}
