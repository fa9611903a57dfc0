"""Declare, read and change dated parameters. A name nobody declared cannot be read or set."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db import IntegrityError, transaction

from core.actors import SYSTEM, Actor
from core.audit import services as audit
from core.database.refusals import refusal_name
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
    """`default` is the shipped value; its type is the type every later value must have.

    `minimum` and `maximum` bound numbers, both included; no number is negative unless its minimum is. `check` says
    what is wrong with a value, or None.
    """

    name: str
    default: Any
    unit: str
    meaning: str
    minimum: int | None = None
    maximum: int | None = None
    check: Callable[[Any], str | None] | None = None

    def objection(self, value: Any) -> str | None:
        """Why this value is refused, or None."""
        if type(value) is not type(self.default):
            return f"takes {type(self.default).__name__}"
        if isinstance(value, int | float) and value < (self.minimum or 0):
            return f"is at least {self.minimum or 0}"
        if self.maximum is not None and value > self.maximum:
            return f"is at most {self.maximum}"
        return self.check(value) if self.check else None


class DeclaredTwice(Exception):
    """Two apps declare one name with different meanings."""


_declared: dict[str, Declaration] = {}
_cache: dict[str, list[tuple[datetime, Any]]] = {}
_cached_at = 0.0
_lock = threading.Lock()


def declare(
    name: str,
    default: Any,
    *,
    unit: str,
    meaning: str,
    minimum: int | None = None,
    maximum: int | None = None,
    check: Callable[[Any], str | None] | None = None,
) -> None:
    """Called at import of an app's `parameters.py`; `migrate` writes the default as a dated row.

    Raises DeclaredTwice for a name that has another declaration, ValueError for a default it would refuse itself.
    """
    declaration = Declaration(name, default, unit, meaning, minimum, maximum, check)
    known = _declared.get(name)
    if known is not None and (known.default, known.unit, known.meaning) != (default, unit, meaning):
        raise DeclaredTwice(name)
    if objection := declaration.objection(default):
        raise ValueError(f"{name} {objection}")
    _declared[name] = declaration


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


def find_declaration(name: str) -> Declaration | None:
    return _declared.get(name)


def change(*, name: str, value: Any, effective_from: datetime, reason: str, actor: Actor, now: datetime) -> Parameter:
    """Append a value and its audit row.

    Raises UnableToSetParameter for an unknown name, another type than the shipped one, a value out of bounds, no
    reason, a date in the past, or a second value of the same moment.
    """
    declaration = _declared.get(name)
    if declaration is None:
        raise UnableToSetParameter(f"no parameter is named {name}")
    if objection := declaration.objection(value):
        raise UnableToSetParameter(f"{name} {objection}")
    if not reason.strip():
        raise UnableToSetParameter("a change has a reason")
    if effective_from < now:
        raise UnableToSetParameter(f"{name} cannot change before now")
    before = read(name, at=effective_from)
    with transaction.atomic():
        row = _append(name, value, effective_from, reason, actor, now)
        audit.record(
            actor=actor,
            action="parameters.parameter.changed",
            subject=f"parameter:{name}",
            at=now,
            details={
                "before": repr(before),
                "after": repr(value),
                "effective_from": effective_from.isoformat(),
                "reason": reason,
            },
        )
        transaction.on_commit(forget_cache)
    forget_cache()
    return row


def _append(name: str, value: Any, effective_from: datetime, reason: str, actor: Actor, now: datetime) -> Parameter:
    try:
        with transaction.atomic():
            return Parameter.objects.create(
                name=name,
                value=value,
                effective_from=effective_from,
                reason=reason,
                created_by=str(actor),
                created_at=now,
            )
    except IntegrityError as error:
        if refusal_name(error) == "parameter_has_one_value_a_moment":
            raise UnableToSetParameter(f"{name} already has a value from that moment") from None
        raise


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
                created_by=str(SYSTEM),
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
