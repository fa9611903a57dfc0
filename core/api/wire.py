"""The wire format, in one place: JSON speaks camelCase, everything in Python snake_case.

In: a `WireSerializer` names its fields in snake_case, reads camelCase, and refuses unknown names and wrong JSON
types with a pointer for each. Out: views answer with plain dicts in snake_case; `to_wire` renames and formats.
A dict whose names belong to somebody else (metadata, a stored answer) travels as `Verbatim`.
"""

import functools
from collections.abc import Mapping
from datetime import UTC, date, datetime
from enum import Enum
from typing import Any, ClassVar, Self

from django.core.exceptions import ValidationError as DjangoValidationError
from rest_framework import serializers
from rest_framework.fields import SkipField, empty, get_error_detail
from rest_framework.request import Request

from core.api.fields import MetadataField, StrictIntegerField, require_json_types
from core.api.values import Verbatim

__all__ = ["MetadataField", "StrictIntegerField", "Verbatim", "WireSerializer", "camel", "timestamp", "to_wire"]

_PLAIN = frozenset({str, int, float, bool, type(None)})


@functools.cache
def camel(name: str) -> str:
    """`fraud_score` → `fraudScore`. Only ever given names written in our own code."""
    head, *rest = name.split("_")
    return head + "".join(part[:1].upper() + part[1:] for part in rest)


def timestamp(at: datetime) -> str:
    """`2024-01-15T10:30:45.123Z`, as documented."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"


def to_wire(value: Any) -> Any:
    """JSON-ready copy of a result: names in camelCase, moments as RFC 3339, enums as their values."""
    if type(value) in _PLAIN or isinstance(value, Verbatim):
        return value
    if isinstance(value, Mapping):
        return {camel(name): to_wire(member) for name, member in value.items()}
    if isinstance(value, list | tuple):
        return [to_wire(member) for member in value]
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime):
        return timestamp(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, str | int):
        return value
    raise TypeError(f"{type(value).__name__} has no form on the wire")


class WireSerializer(serializers.Serializer[Any]):
    """One JSON object. Also describes answers in the schema; answers themselves are plain dicts."""

    _reader: ClassVar["WireSerializer | None"] = None

    @classmethod
    def read(cls, request: Request) -> dict[str, Any]:
        """The request's body, checked, in snake_case. Raises ValidationError with all faults at once.

        One instance of the class serves every request: reading keeps no state in it, and building the fields
        anew costs more than using them.
        """
        reader = cls.__dict__.get("_reader")
        if reader is None:
            reader = cls()
            reader._names  # noqa: B018  (built before other threads see the reader)
            cls._reader = reader
        values: dict[str, Any] = reader.run_validation(request.data)
        return values

    @functools.cached_property
    def _plan(self) -> list[tuple[str, serializers.Field[Any, Any, Any, Any], Any]]:
        """Wire name, field, and the serializer's own `validate_<field>` where there is one."""
        return [
            (camel(name), field, getattr(self, f"validate_{name}", None))
            for name, field in self.fields.items()
            if not field.read_only
        ]

    @functools.cached_property
    def _names(self) -> frozenset[str]:
        return frozenset(wire_name for wire_name, _, _ in self._plan)

    def run_validation(self, data: Any = empty) -> Any:
        is_empty, data = self.validate_empty_values(data)
        if is_empty:
            return data
        values = self.to_internal_value(data)
        try:
            return self.validate(values)
        except serializers.ValidationError as error:
            raise serializers.ValidationError(self._in_wire_names(error.detail)) from None

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        if not isinstance(data, dict):
            raise serializers.ValidationError({"": ["Must be a JSON object."]})
        values: dict[str, Any] = {}
        faults: dict[str, Any] = {}
        for wire_name, field, check in self._plan:
            given = data.get(wire_name, empty)
            try:
                require_json_types(field, given)
                value = field.run_validation(given)
                values[str(field.field_name)] = check(value) if check else value
            except SkipField:
                continue
            except serializers.ValidationError as error:
                faults[wire_name] = error.detail
            except DjangoValidationError as error:
                faults[wire_name] = get_error_detail(error)
        faults.update((name, ["Unknown field."]) for name in data if name not in self._names)
        if faults:
            raise serializers.ValidationError(faults)
        return values

    def _in_wire_names(self, detail: Any) -> dict[str, Any]:
        if isinstance(detail, dict):
            return {camel(name) if name in self.fields else name: fault for name, fault in detail.items()}
        return {"": detail}

    @classmethod
    def many_of(cls, **options: Any) -> Self:
        """A list of these objects, for use as a field."""
        made: Self = cls(many=True, **options)
        return made
