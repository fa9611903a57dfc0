"""The events a marketplace may hear of, declared in code by `webhooks.py` of the apps that own them.

    @publishes(PaymentCaptured, event_type="payment.completed", meaning="The money was taken.", example={…})
    def payment_completed(event: PaymentCaptured) -> Subject:
        return Subject(event.payment_id, "payment", event.livemode, event.captured_at, {"amount": event.amount_minor})

What a `Subject` says leaves the house. Ids, words, whole amounts; never card facts, a fraud score, or anything that
would tell somebody that they are being looked at.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import wraps
from typing import Any, TypeVar

from core.outbox import services as outbox

ACCOUNT = "marketplace"
TYPE = re.compile(r"^[a-z][a-z_]*\.[a-z][a-z_]*\Z", re.ASCII)
E = TypeVar("E")


class DeclaredTwice(Exception):
    """Two functions claim one type of event, or its name is not `object.past_tense`."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What an event is about. `data` in snake_case goes beside `id`, `object` and `livemode`."""

    id: str
    object: str
    livemode: bool
    occurred_at: datetime
    data: Mapping[str, Any] = field(default_factory=dict)
    account: str = ACCOUNT


@dataclass(frozen=True, slots=True)
class Published:
    """`example` is a body's `data` in wire names."""

    type: str
    meaning: str
    example: Mapping[str, Any]


_published: dict[str, Published] = {}


def declare(event_type: str, *, meaning: str, example: Mapping[str, Any]) -> Published:
    """A type that something else than an outbox event causes. Raises DeclaredTwice."""
    declaration = Published(event_type, meaning, example)
    if not TYPE.match(event_type) or _published.get(event_type, declaration) != declaration:
        raise DeclaredTwice(event_type)
    _published[event_type] = declaration
    return declaration


def publishes(
    cause: type[E], *, event_type: str, meaning: str, example: Mapping[str, Any]
) -> Callable[[Callable[[E], Subject]], Callable[[E], Subject]]:
    """Tell the endpoints of each `cause`, once, in the transaction that hears it."""
    declare(event_type, meaning=meaning, example=example)

    def register(subject_of: Callable[[E], Subject]) -> Callable[[E], Subject]:
        @wraps(subject_of)
        def hear(event: E, *, now: datetime) -> None:
            from core.webhooks.services import events

            events.publish(event_type=event_type, subject=subject_of(event), now=now)

        outbox.handles(cause)(hear)
        return subject_of

    return register


def types() -> list[Published]:
    """Every declared type, by name."""
    return sorted(_published.values(), key=lambda entry: entry.type)


def is_known(event_type: str) -> bool:
    return event_type in _published
