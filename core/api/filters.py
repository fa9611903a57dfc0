"""Query parameters: named by the view, read strictly, everything else refused.

    filters = (*choice("status", Status.values), *text("customerId", "customer__party_id"), *moment("createdAt"))

`moment("createdAt")` gives `createdAt[gte]`, `[gt]`, `[lte]` and `[lt]`.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar

from django.db.models import Model, QuerySet
from django.http import QueryDict

from core.api.problems import InvalidRequest
from core.errors import FieldError

MAX_TEXT = 255
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d([Tt]\d\d:\d\d:\d\d(\.\d{1,6})?([Zz]|[+-]\d\d:\d\d))?", re.ASCII)
_NUMBER = re.compile(r"-?(0|[1-9]\d{0,18})", re.ASCII)
M = TypeVar("M", bound=Model)


@dataclass(frozen=True, slots=True)
class Filter:
    """`name` on the wire, the ORM `lookup` it becomes, how to `read` it, and its JSON `schema`."""

    name: str
    lookup: str
    read: Callable[[str], Any]
    schema: dict[str, Any] = field(default_factory=dict)
    meaning: str = ""
    required: bool = False


def text(
    name: str, lookup: str, *, meaning: str = "", pattern: re.Pattern[str] | None = None, required: bool = False
) -> tuple[Filter, ...]:
    """Equality with a string, of a documented form where `pattern` is given."""

    def read(value: str) -> str:
        if not 0 < len(value) <= MAX_TEXT or "\x00" in value or (pattern and not pattern.fullmatch(value)):
            raise ValueError("Does not have the documented form.")
        return value

    schema: dict[str, Any] = {"type": "string", "minLength": 1, "maxLength": MAX_TEXT}
    if pattern:
        schema["pattern"] = pattern.pattern if pattern.pattern.startswith("^") else f"^{pattern.pattern}$"
    return (Filter(name, lookup, read, schema, meaning, required),)


def choice(name: str, values: Sequence[str], lookup: str = "", *, meaning: str = "") -> tuple[Filter, ...]:
    def read(value: str) -> str:
        if value not in values:
            raise ValueError(f"Must be one of {', '.join(values)}.")
        return value

    return (Filter(name, lookup or name, read, {"type": "string", "enum": list(values)}, meaning),)


def flag(name: str, lookup: str, *, meaning: str = "") -> tuple[Filter, ...]:
    def read(value: str) -> bool:
        if value not in {"true", "false"}:
            raise ValueError("Must be true or false.")
        return value == "true"

    return (Filter(name, lookup, read, {"type": "boolean"}, meaning),)


def number(name: str, lookup: str, *, meaning: str = "") -> tuple[Filter, ...]:
    """A whole number of 64 bits, with `[gte]` and the others."""

    def read(value: str) -> int:
        if not _NUMBER.fullmatch(value) or abs(int(value)) >= 2**63:
            raise ValueError("Must be a whole number.")
        return int(value)

    schema = {"type": "integer", "minimum": -(2**63) + 1, "maximum": 2**63 - 1}
    return (Filter(name, lookup, read, schema, meaning), *_ranges(name, lookup, read, schema, meaning))


def moment(name: str, lookup: str = "created_at", *, meaning: str = "") -> tuple[Filter, ...]:
    """A range of time. A date alone is its first instant in UTC."""

    def read(value: str) -> datetime:
        fault = ValueError("Must be a date, or a time as in 2024-01-15T10:30:45Z.")
        if not _MOMENT.fullmatch(value):
            raise fault
        try:
            complete = value if len(value) > len("2024-01-15") else f"{value}T00:00:00+00:00"
            # In UTC: PostgreSQL knows no offset beyond sixteen hours, Python does.
            return datetime.fromisoformat(complete.upper()).astimezone(UTC)
        except (ValueError, OverflowError):
            raise fault from None

    schema = {"type": "string", "format": "date-time"}
    return _ranges(name, lookup, read, schema, meaning)


def read_all(query: QueryDict, filters: Iterable[Filter], *, besides: Iterable[str] = ()) -> dict[str, Any]:
    """ORM lookups for what the query string says. Raises InvalidRequest naming each unknown or unreadable parameter."""
    known = {each.name: each for each in filters}
    lookups: dict[str, Any] = {}
    faults: list[FieldError] = []
    for name, values in query.lists():
        if name in besides:
            continue
        if name not in known:
            faults.append(FieldError(f"?{name[:80]}", "Unknown parameter."))
        elif len(values) > 1:
            faults.append(FieldError(f"?{name}", "Given more than once."))
        else:
            try:
                lookups[known[name].lookup] = known[name].read(str(values[0]))
            except ValueError as error:
                faults.append(FieldError(f"?{name}", str(error)))
    faults += [
        FieldError(f"?{each.name}", "This parameter is required.")
        for each in known.values()
        if each.required and each.name not in query
    ]
    if faults:
        raise InvalidRequest(errors=tuple(faults))
    return lookups


def narrow(queryset: QuerySet[M], lookups: dict[str, Any]) -> QuerySet[M]:
    return queryset.filter(**lookups) if lookups else queryset


def _ranges(
    name: str, lookup: str, read: Callable[[str], Any], schema: dict[str, Any], meaning: str
) -> tuple[Filter, ...]:
    return tuple(
        Filter(f"{name}[{bound}]", f"{lookup}__{bound}", read, schema, meaning) for bound in ("gte", "gt", "lte", "lt")
    )
