"""Fields that take a JSON value for what it is: no number from a string, no string from a number.

DRF's own fields coerce (`"5"` to 5, 5 to `"5"`, `"yes"` to true). `require_json_types` runs before any field
and refuses what has the wrong JSON type, so that behaviour and schema agree whichever field is declared. It
also refuses a card number in any text but `cardNumber` and a `DigitsField`: what is not received cannot leak.
"""

import functools
import json
import re
from datetime import datetime
from typing import Any

from django.utils.dateparse import parse_datetime
from rest_framework import serializers
from rest_framework.fields import empty

from core.api import strict_json
from core.api.values import Verbatim
from core.telemetry import redaction

MAX_INTEGER = 2**63 - 1
SHORTEST_CARD = 13
METADATA_MAX_NAMES = 50
METADATA_MAX_NAME = 40
METADATA_MAX_BYTES = 8192
CARD_FOUND = "Holds a card number; those belong into the fields made for them."

_Field = serializers.Field[Any, Any, Any, Any]


class StrictIntegerField(serializers.IntegerField):
    """A JSON integer of at most 64 bits: not `1.0`, not `1e3`, not `-0`, not `"1"`, not `true`."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("max_value", MAX_INTEGER)
        options.setdefault("min_value", -MAX_INTEGER)
        super().__init__(**options)

    def to_internal_value(self, data: Any) -> int:
        if type(data) is not int:
            raise serializers.ValidationError("Must be a whole number, written without fraction or exponent.")
        return data


class DigitsField(serializers.CharField):
    """A string of ASCII digits, e.g. a card number, CVC or routing number. Never echoed in an error."""

    def __init__(self, **options: Any) -> None:
        super().__init__(trim_whitespace=False, **options)

    def to_internal_value(self, data: Any) -> str:
        if not (isinstance(data, str) and data.isascii() and data.isdigit()):
            raise serializers.ValidationError("Must hold digits 0-9 only.")
        return data


class PatternField(serializers.CharField):
    """A string of a documented form, e.g. one of `core.ids`."""

    def __init__(self, pattern: re.Pattern[str], **options: Any) -> None:
        self.pattern = pattern
        super().__init__(trim_whitespace=False, **options)

    def to_internal_value(self, data: Any) -> str:
        if not (isinstance(data, str) and self.pattern.fullmatch(data)):
            raise serializers.ValidationError("Does not have the documented form.")
        return data


class MomentField(serializers.DateTimeField):
    """A moment with its offset from UTC: without one, nobody knows which it is."""

    def to_internal_value(self, value: Any) -> datetime:
        moment = parse_datetime(value) if isinstance(value, str) and _is_a_moment(value) else None
        if moment is not None and moment.utcoffset() is None:
            raise serializers.ValidationError("Must have an offset from UTC, such as Z or -05:00.")
        return super().to_internal_value(value)


def _is_a_moment(text: str) -> bool:
    try:
        return parse_datetime(text) is not None
    except ValueError:  # it has the form, and names no day or hour that there is
        return False


class MetadataField(serializers.DictField):
    """Up to 50 names of the client's own, 8 KB in all; kept and given back as they came.

    The original clients send it as a string that holds the object; that is read too.
    """

    def to_internal_value(self, data: Any) -> Verbatim:
        if isinstance(data, str):
            data = self._from_text(data)
        if not isinstance(data, dict):
            raise serializers.ValidationError("Must be a JSON object.")
        if len(data) > METADATA_MAX_NAMES:
            raise serializers.ValidationError(f"Holds more than {METADATA_MAX_NAMES} names.")
        faults = {
            name: [f"Names have 1 to {METADATA_MAX_NAME} characters."]
            for name in data
            if not 1 <= len(name) <= METADATA_MAX_NAME
        }
        if faults:
            raise serializers.ValidationError(faults)
        text = json.dumps(data, ensure_ascii=False)
        if len(text.encode()) > METADATA_MAX_BYTES:
            raise serializers.ValidationError(f"Is longer than {METADATA_MAX_BYTES} bytes.")
        if redaction.find_cards(text):
            raise serializers.ValidationError(CARD_FOUND)
        return Verbatim(data)

    def to_representation(self, value: Any) -> Verbatim:
        return Verbatim(value)

    def _from_text(self, text: str) -> dict[str, Any]:
        try:
            return strict_json.read_object(text.encode())
        except (strict_json.UnreadableBody, UnicodeEncodeError):
            raise serializers.ValidationError("Must be a JSON object.") from None


def require_json_types(field: _Field, value: Any) -> None:
    """Raise ValidationError where a value's JSON type is not the one the field documents; look into lists."""
    if value is None or value is empty:
        return
    kind: Any = type(field)
    expected = _expectation(kind)
    if expected is None:
        return
    types, name = expected
    if type(value) not in types:
        raise serializers.ValidationError(f"Must be a JSON {name}.")
    if type(value) is str:
        if isinstance(field, serializers.DateField | serializers.DateTimeField) and not value.isascii():
            raise serializers.ValidationError("Must hold ASCII digits.")
        if isinstance(field, serializers.ChoiceField) and value not in field.choices:
            raise serializers.ValidationError(f"Must be one of {', '.join(map(str, field.choices))}.")
        if len(value) >= SHORTEST_CARD and not _may_hold_card(field) and redaction.find_cards(value):
            raise serializers.ValidationError(CARD_FOUND)
    elif isinstance(field, serializers.ListField) and isinstance(field.child, serializers.Field):
        _require_in_list(field.child, value)


def _may_hold_card(field: _Field) -> bool:
    """The documented `cardNumber`, whichever field reads it."""
    return field.field_name == "card_number" or isinstance(field, DigitsField)


def _require_in_list(child: _Field, items: list[Any]) -> None:
    faults: Any = {}
    for index, item in enumerate(items):
        try:
            require_json_types(child, item)
        except serializers.ValidationError as error:
            faults[index] = error.detail
    if faults:
        raise serializers.ValidationError(faults)


@functools.cache
def _expectation(kind: type[Any]) -> tuple[tuple[type, ...], str] | None:
    if issubclass(kind, MetadataField):
        return (dict, Verbatim, str), "object"
    for base, types, name in _EXPECTATIONS:
        if issubclass(kind, base):
            return types, name
    return None


_EXPECTATIONS: tuple[tuple[type, tuple[type, ...], str], ...] = (
    (serializers.MultipleChoiceField, (list,), "array"),
    (serializers.CharField, (str,), "string"),
    (serializers.ChoiceField, (str,), "string"),
    (serializers.DateField, (str,), "string"),
    (serializers.DateTimeField, (str,), "string"),
    (serializers.UUIDField, (str,), "string"),
    (serializers.DecimalField, (str,), "string"),
    (StrictIntegerField, (int, float), "number"),
    (serializers.IntegerField, (int,), "integer"),
    (serializers.FloatField, (int, float), "number"),
    (serializers.BooleanField, (bool,), "boolean"),
    (serializers.ListField, (list,), "array"),
    (serializers.ListSerializer, (list,), "array"),
    (serializers.DictField, (dict,), "object"),
    (serializers.Serializer, (dict,), "object"),
)
