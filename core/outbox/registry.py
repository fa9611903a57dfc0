"""Who hears of which event, declared in code by `handlers.py` of the apps above."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from core.outbox import events

Function = TypeVar("Function", bound=Callable[..., None])


class UnknownHandler(Exception):
    """A delivery names a handler that this program does not have; it is retried and then parks, never dropped."""


class UnknownVersion(Exception):
    """A handler does not know this version of an event; the delivery is retried and then parks, never dropped."""


@dataclass(slots=True)
class Handler:
    """`name` is its dotted path, kept on delivery rows: moving a handler needs its old deliveries done first."""

    name: str
    function: Callable[..., None]
    versions: dict[tuple[str, int], type[Any]] = field(default_factory=dict)


_handlers: dict[str, Handler] = {}


def handles(*classes: type[Any]) -> Callable[[Function], Function]:
    """Declare a handler: `def on_payment_captured(event: PaymentCaptured, *, now: datetime) -> None`.

    Each event runs it in a transaction of its own, at least once, in no promised order; the effects it has in the
    database happen once. Name several classes to hear several versions of an event, or several events.
    """

    def register(function: Function) -> Function:
        name = f"{function.__module__}.{function.__qualname__}"
        handler = _handlers[name] = Handler(name, function)
        for cls in classes:
            events.fields(cls)
            handler.versions[cls.name, cls.version] = cls
        return function

    return register


def subscriptions() -> list[tuple[str, str]]:
    """Pairs of event name and handler name. By name only: a version nobody knows must be seen, not skipped."""
    return sorted({(name, handler.name) for handler in _handlers.values() for name, _ in handler.versions})


def handler(name: str) -> Handler:
    try:
        return _handlers[name]
    except KeyError:
        raise UnknownHandler(name) from None


def event_class(handler: Handler, name: str, version: int) -> type[Any]:
    try:
        return handler.versions[name, version]
    except KeyError:
        raise UnknownVersion(f"{name} {version}") from None
