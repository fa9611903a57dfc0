"""`ETag`, `If-Match` and `If-None-Match`: a client changes what it saw, or learns that it has changed.

A view names the object its answer stands for with `etag`; a service that writes is given the request's `Condition`
and asks it once it holds the lock of the row, so that nothing can change between the comparison and the write.
"""

import hmac
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from core.api.wire import to_wire
from core.errors import Refusal

State = Mapping[str, Any]
_CONTEXT = b"holdfast.etag.v1\x00"
_TAG = re.compile(r'(W/)?"([\x21\x23-\x7e\x80-\xff]*)"')


class PreconditionFailed(Refusal):
    """The object is not any more what `If-Match` names: read it again before changing it."""

    code = "PRECONDITION_FAILED"
    status = 412
    title = "The object has changed"


class UnreadableCondition(Refusal):
    """`If-Match` or `If-None-Match` holds no entity tags, or stands where the operation does not look at it."""

    code = "INVALID_REQUEST"
    title = "The condition cannot be read"


@dataclass(frozen=True, slots=True)
class Condition:
    """`tags` None asks for nothing but that the object is there."""

    tags: frozenset[str] | None = None

    def require(self, state: State) -> None:
        """Compare with the object as it is under the caller's lock. Raises PreconditionFailed."""
        if self.tags is not None and tag(state) not in self.tags:
            raise PreconditionFailed


UNCONDITIONAL = Condition()


def tag(state: State) -> str:
    """The strong entity tag of an object's state (snake_case or wire names).

    Keyed: not every reader is shown the whole state, and a bare hash of a score can be searched through.
    """
    text = json.dumps(to_wire(state), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return f'"{hmac.new(settings.SECRET_KEY.encode(), _CONTEXT + text.encode(), "sha256").hexdigest()[:32]}"'


@dataclass(frozen=True, slots=True)
class Stands:
    """Which part of an answer is the state of its object: all of it but what is `left_out`."""

    left_out: frozenset[str]

    def of(self, body: State) -> State:
        return {name: value for name, value in body.items() if name not in self.left_out}


def all_but(*names: str) -> Stands:
    """For `ApiView.etag`: the answer without what is not the object's own: `success`, the moment of asking."""
    return Stands(frozenset(names))


def read_if_match(header: str | None) -> Condition:
    """Raises UnreadableCondition. Weak tags match nothing, as RFC 9110 has it."""
    if header is None:
        return UNCONDITIONAL
    tags = _read(header, "If-Match")
    return UNCONDITIONAL if tags is None else Condition(frozenset(each for each in tags if not each.startswith("W/")))


def matches_none_of(header: str | None, current: str) -> bool:
    """Whether `If-None-Match` lets the answer pass. Raises UnreadableCondition."""
    if header is None:
        return True
    tags = _read(header, "If-None-Match")
    return tags is not None and current not in {each.removeprefix("W/") for each in tags}


def _read(header: str, name: str) -> list[str] | None:
    """Its tags; None for `*`."""
    if header.strip() == "*":
        return None
    parts = [part.strip() for part in header.split(",")]
    if not all(_TAG.fullmatch(part) for part in parts):
        raise UnreadableCondition(f"{name} holds entity tags as ETag gave them, or *.")
    return parts
