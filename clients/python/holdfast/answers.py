"""What a call returns: the documented object, and what its headers said."""

import re
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")

_LIMIT = re.compile(r'"(?P<name>[^"]+)";r=(?P<remaining>\d+)(?:;t=(?P<reset>\d+))?')


@dataclass(frozen=True, slots=True)
class RateLimit:
    """What is left of the limit `name`: `remaining` requests now, all of them again in `reset_seconds`."""

    name: str
    remaining: int
    reset_seconds: int


@dataclass(frozen=True, slots=True)
class Answer(Generic[T]):
    """`data` is the JSON object in wire names.

    `replayed` says that this is the kept answer to an earlier request with the same `idempotency_key`; `attempts` how
    many requests it took, `seconds` how long the last of them did.
    """

    data: T
    status: int
    request_id: str | None
    idempotency_key: str | None
    replayed: bool
    rate_limit: RateLimit | None
    api_version: str | None
    etag: str | None
    attempts: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Rows of a list, newest first. Keep `next_cursor` to go on from here later, also in another process."""

    rows: list[T]
    next_cursor: str | None
    rate_limit: RateLimit | None

    @property
    def has_more(self) -> bool:
        return self.next_cursor is not None


def read_rate_limit(header: str | None) -> RateLimit | None:
    """The `RateLimit` header; the tightest of several limits. None where it is missing or not understood."""
    found = [
        RateLimit(match["name"], int(match["remaining"]), int(match["reset"] or 0))
        for match in _LIMIT.finditer(header or "")
    ]
    return min(found, key=lambda limit: limit.remaining, default=None)
