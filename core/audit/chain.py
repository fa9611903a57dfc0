"""The bytes that are signed and chained. Pure: no database, no clock, no keys.

A frame is the number of fields, then each field as a length (four bytes, big endian) and its bytes. Two different lists
of fields never have the same frame, so nothing can be moved from one field to its neighbour. What a version means
never changes; a new meaning is a new version, and old rows keep theirs.
"""

import json
import struct
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple, TypeVar
from uuid import UUID

JSON = None | bool | int | str | Sequence["JSON"] | Mapping[str, "JSON"]

HASH_VERSION = 1
GENESIS = bytes(32)
"""What the first link has instead of a predecessor."""

Row = TypeVar("Row")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_LENGTH = struct.Struct(">I")
_NUMBER = struct.Struct(">q")
_LONG = 256
_SHORT = tuple(_LENGTH.pack(length) for length in range(_LONG))


class UnknownHashVersion(ValueError):
    """A row names a version that this program does not know."""


class NotCanonical(ValueError):
    """Details hold something that has no single spelling: a float, a key that is not text, another object."""


class Entry(NamedTuple):
    """What an audit row says. `recorded_us` is microseconds since 1970, `details` canonical text."""

    id: UUID
    recorded_us: int
    actor_kind: str
    actor_id: str
    action: str
    subject: str
    result: str
    correlation_id: str
    origin: str
    details: str
    key_id: str


class Link(NamedTuple):
    """A place in the chain: which entry stands there, its MAC, and the hash of the link before."""

    seq: int
    entry_id: UUID
    entry_mac: bytes
    sealed_us: int
    previous_hash: bytes
    key_id: str


class Head(NamedTuple):
    """The end of the chain at a moment, as an anchor keeps it outside the database."""

    seq: int
    hash: bytes
    at: datetime
    kind: str
    key_id: str


def frame(*fields: bytes) -> bytes:
    """Length-prefixed fields; injective."""
    parts = [_LENGTH.pack(len(fields))]
    for field in fields:
        length = len(field)
        parts += (_SHORT[length] if length < _LONG else _LENGTH.pack(length), field)
    return b"".join(parts)


def entry_bytes(entry: Entry, *, hash_version: int) -> bytes:
    """Canonical bytes of an entry. Raises UnknownHashVersion."""
    return _version(_ENTRY, hash_version)(entry)


def link_bytes(link: Link, *, hash_version: int) -> bytes:
    """Canonical bytes of a link. Raises UnknownHashVersion."""
    return _version(_LINK, hash_version)(link)


def head_bytes(head: Head, *, hash_version: int) -> bytes:
    """Canonical bytes of an anchor. Raises UnknownHashVersion."""
    return _version(_HEAD, hash_version)(head)


def details_text(details: Mapping[str, JSON]) -> str:
    """ASCII JSON with sorted keys and no blanks: the same facts are always the same bytes. Raises NotCanonical."""
    return json.dumps(_canonical(details), sort_keys=True, separators=(",", ":"), ensure_ascii=True)


def microseconds(moment: datetime) -> int:
    """Since 1970, exactly; PostgreSQL keeps the same precision."""
    return (moment - _EPOCH) // _MICROSECOND


def _canonical(value: JSON) -> JSON:
    match value:
        case None | bool() | int() | str():
            return value
        case Mapping():
            if not all(isinstance(key, str) for key in value):
                raise NotCanonical("keys are text")
            return {key: _canonical(item) for key, item in value.items()}
        case list() | tuple():
            return [_canonical(item) for item in value]
    raise NotCanonical(f"{type(value).__name__} has no canonical form")


def _entry_v1(entry: Entry) -> bytes:
    return frame(
        b"holdfast.audit.entry.1",
        entry.id.bytes,
        _NUMBER.pack(entry.recorded_us),
        entry.actor_kind.encode(),
        entry.actor_id.encode(),
        entry.action.encode(),
        entry.subject.encode(),
        entry.result.encode(),
        entry.correlation_id.encode(),
        entry.origin.encode(),
        entry.details.encode(),
        entry.key_id.encode(),
    )


def _link_v1(link: Link) -> bytes:
    return frame(
        b"holdfast.audit.link.1",
        _NUMBER.pack(link.seq),
        link.entry_id.bytes,
        link.entry_mac,
        _NUMBER.pack(link.sealed_us),
        link.previous_hash,
        link.key_id.encode(),
    )


def _head_v1(head: Head) -> bytes:
    return frame(
        b"holdfast.audit.head.1",
        _NUMBER.pack(head.seq),
        head.hash,
        _NUMBER.pack(microseconds(head.at)),
        head.kind.encode(),
        head.key_id.encode(),
    )


_ENTRY: dict[int, Callable[[Entry], bytes]] = {1: _entry_v1}
_LINK: dict[int, Callable[[Link], bytes]] = {1: _link_v1}
_HEAD: dict[int, Callable[[Head], bytes]] = {1: _head_v1}


def _version(versions: dict[int, Callable[[Row], bytes]], number: int) -> Callable[[Row], bytes]:
    try:
        return versions[number]
    except KeyError:
        raise UnknownHashVersion(number) from None
