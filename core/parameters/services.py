"""Declare, read and change dated parameters. A name nobody declared cannot be read or set."""

import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from core.errors import Refusal
from core.parameters.models import Parameter

SHIPPED_SINCE = datetime(2020, 1, 1, tzinfo=UTC)
CACHE_SECONDS = 5.0


class UnknownParameter(KeyError):
    """No app declares a parameter of this name."""


class UnableToSetParameter(Refusal):
    code = "INVALID_PARAMETER"
    title = "The parameter cannot be set"


@dataclass(frozen=True, slots=True)
class Declaration:
    """`default` is the shipped value; its type is the type every later value must have."""

    name: str
    default: Any
    unit: str
    meaning: str


_declared: dict[str, Declaration] = {}
_cache: dict[str, list[tuple[datetime, Any]]] = {}
_cached_at = 0.0
_lock = threading.Lock()


def declare(name: str, default: Any, *, unit: str, meaning: str) -> None:
    """Called at import of an app's `parameters.py`; `migrate` writes the default as a dated row."""
    _declared[name] = Declaration(name, default, unit, meaning)


def declarations() -> list[Declaration]:
    return sorted(_declared.values(), key=lambda declaration: declaration.name)


def read(name: str, *, at: datetime) -> Any:
    """The value in force at a moment. Other processes see a change within five seconds."""
    if name not in _declared:
        raise UnknownParameter(name)
    for effective_from, value in _rows().get(name, ()):
        if effective_from <= at:
            return value
    return _declared[name].default


def change(*, name: str, value: Any, effective_from: datetime, reason: str, actor: str, now: datetime) -> Parameter:
    """Append a value. Refuses an unknown name, another type than the shipped one, or a date in the past."""
    declaration = _declared.get(name)
    if declaration is None:
        raise UnableToSetParameter(f"no parameter is named {name}")
    if type(value) is not type(declaration.default):
        raise UnableToSetParameter(f"{name} takes {type(declaration.default).__name__}")
    if effective_from < now:
        raise UnableToSetParameter(f"{name} cannot change before now")
    row = Parameter.objects.create(
        name=name, value=value, effective_from=effective_from, reason=reason, created_by=actor, created_at=now
    )
    forget_cache()
    return row


def install_defaults() -> None:
    """One row per declared parameter that has none; run after every migrate."""
    known = set(Parameter.objects.values_list("name", flat=True))
    Parameter.objects.bulk_create(
        [
            Parameter(
                name=declaration.name,
                value=declaration.default,
                effective_from=SHIPPED_SINCE,
                reason="shipped default",
                created_by="SYSTEM:holdfast",
                created_at=SHIPPED_SINCE,
            )
            for declaration in declarations()
            if declaration.name not in known
        ],
        ignore_conflicts=True,
    )
    forget_cache()


def forget_cache() -> None:
    global _cached_at
    _cached_at = 0.0


def _rows() -> dict[str, list[tuple[datetime, Any]]]:
    """All rows, newest first by name: some dozens, read again every few seconds."""
    global _cache, _cached_at
    if time.monotonic() - _cached_at < CACHE_SECONDS and _cached_at:
        return _cache
    with _lock:
        fresh: dict[str, list[tuple[datetime, Any]]] = {}
        for name, since, value in Parameter.objects.order_by("-effective_from").values_list(
            "name", "effective_from", "value"
        ):
            fresh.setdefault(name, []).append((since, value))
        _cache, _cached_at = fresh, time.monotonic()
        return _cache
