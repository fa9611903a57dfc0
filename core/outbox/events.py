"""How an event becomes JSON and back. An event carries ids, whole numbers, words and moments; never an instance."""

import dataclasses
import types
import typing
from collections.abc import Mapping
from datetime import date, datetime
from enum import Enum
from typing import Any, ClassVar, Protocol, TypeVar

MAX_NAME = 80


class EventIsNotPlain(TypeError):
    """An event is not a frozen dataclass with a name and a version, or holds something that JSON cannot carry."""


class Event(Protocol):
    """A frozen dataclass with `name: ClassVar[str]` and `version: ClassVar[int]`."""

    name: ClassVar[str]
    version: ClassVar[int]


E = TypeVar("E")
_fields: dict[type[Any], dict[str, Any]] = {}


def fields(cls: type[Any]) -> dict[str, Any]:
    """Names and types of an event's fields. Raises EventIsNotPlain for a class that cannot be an event."""
    if cls in _fields:
        return _fields[cls]
    parameters = getattr(cls, "__dataclass_params__", None)
    if parameters is None or not parameters.frozen:
        raise EventIsNotPlain(f"{cls.__name__} is not a frozen dataclass")
    name, version = getattr(cls, "name", None), getattr(cls, "version", None)
    if not isinstance(name, str) or not name or len(name) > MAX_NAME or type(version) is not int:
        raise EventIsNotPlain(f"{cls.__name__} needs ClassVars name: str and version: int")
    hints = typing.get_type_hints(cls)
    _fields[cls] = {field.name: hints[field.name] for field in dataclasses.fields(cls)}
    return _fields[cls]


def encode(event: object) -> dict[str, Any]:
    """The event's fields as JSON values. Floats are refused: money and rates are whole numbers."""
    return {name: _plain(getattr(event, name), f"{type(event).__name__}.{name}") for name in fields(type(event))}


def decode(cls: type[E], payload: Mapping[str, Any]) -> E:
    """The event back from its JSON; moments, dates, enums and tuples take the types the class names."""
    return cls(**{name: _typed(payload[name], hint) for name, hint in fields(cls).items() if name in payload})


def moment(event: object) -> datetime | None:
    """When it happened: the event's own datetime field, the first if it has several."""
    for name in fields(type(event)):
        value = getattr(event, name)
        if isinstance(value, datetime):
            return value
    return None


def _plain(value: Any, where: str) -> Any:
    if value is None or isinstance(value, bool | int):
        return int(value) if isinstance(value, Enum) else value
    if isinstance(value, str):
        return str(value.value) if isinstance(value, Enum) else value
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise EventIsNotPlain(f"{where} is a moment without a time zone")
        return value.isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, tuple | list):
        return [_plain(item, where) for item in value]
    if isinstance(value, Mapping) and all(isinstance(key, str) for key in value):
        return {key: _plain(item, where) for key, item in value.items()}
    raise EventIsNotPlain(f"{where} holds a {type(value).__name__}")


def _typed(value: Any, hint: Any) -> Any:
    if value is None:
        return None
    origin = typing.get_origin(hint)
    if origin in (typing.Union, types.UnionType):
        options = [option for option in typing.get_args(hint) if option is not types.NoneType]
        return _typed(value, options[0]) if len(options) == 1 else value
    if origin is tuple:
        inner = typing.get_args(hint)[0] if typing.get_args(hint) else Any
        return tuple(_typed(item, inner) for item in value)
    if isinstance(hint, type) and isinstance(value, str) and issubclass(hint, datetime | date):
        return hint.fromisoformat(value)
    if isinstance(hint, type) and issubclass(hint, Enum):
        return hint(value)
    return value
