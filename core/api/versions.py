"""Dated versions of the API: what a client learned in one stays true for it until it asks for another.

The code speaks the newest version. A change that a client could notice is a new version with a pair of small
functions: `request` makes what the version before sent into what this one takes, `response` makes this one's answer
into what the version before gave. A request of an old version passes all later changes, oldest first on the way in,
newest first on the way out; one of the newest passes none and costs nothing.

    VERSIONS = (
        Version("2027-03-01", changes=(Change("Amounts are objects", ("getPayment",), response=amount_as_number),)),
        Version("2026-11-01"),
    )
"""

import functools
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any

from django.utils.http import http_date

from core.errors import Refusal
from core.parameters import services as parameters

Body = dict[str, Any]
HEADER = "API-Version"


class UnknownVersion(Refusal):
    """The `API-Version` header names none of the versions this API speaks; leave it out for the key's own."""

    code = "UNKNOWN_API_VERSION"
    title = "There is no such version of the API"


@dataclass(frozen=True, slots=True)
class Change:
    """One difference to the version before, for these operations. Bodies are in wire names; lists answer `data`."""

    meaning: str
    operations: tuple[str, ...]
    request: Callable[[Body], Body] | None = None
    response: Callable[[Body], Body] | None = None


@dataclass(frozen=True, slots=True)
class Version:
    """`name` is its date."""

    name: str
    changes: tuple[Change, ...] = ()


VERSIONS: tuple[Version, ...] = (Version("2026-11-01"),)
"""Newest first."""


def newest() -> str:
    return VERSIONS[0].name


def names() -> list[str]:
    return [version.name for version in VERSIONS]


def choose(*, named: str | None, pinned: str) -> str:
    """The version of a request: the one it names, else the one its key was made with. Raises UnknownVersion."""
    wanted = named if named is not None else pinned
    if wanted not in names():
        raise UnknownVersion(f"This API speaks {', '.join(names())}.")
    return wanted


def upgrade(body: Body, *, operation: str, version: str) -> Body:
    """What a request of that version means in the newest. May raise a ValidationError as any reader does."""
    for change in reversed(_later(version, operation)):
        body = change.request(body) if change.request else body
    return body


def downgrade(body: Body, *, operation: str, version: str) -> Body:
    """The newest version's answer as that version gave it."""
    for change in _later(version, operation):
        body = change.response(body) if change.response else body
    return body


def is_translated(*, operation: str, version: str) -> bool:
    return bool(_later(version, operation))


def declare(versions: Iterable[Version] = VERSIONS) -> None:
    """Each version's end is a pair of dated parameters, empty while nobody has decided it."""
    for version in versions:
        parameters.declare(
            _parameter(version.name, "deprecated_on"), "", unit="date",
            meaning=f"From when version {version.name} of the API is deprecated", check=_objection,
        )  # fmt: skip
        parameters.declare(
            _parameter(version.name, "sunset_on"), "", unit="date",
            meaning=f"From when version {version.name} of the API may stop working", check=_objection,
        )  # fmt: skip


def end_headers(version: str, *, at: datetime) -> dict[str, str]:
    """`Deprecation` (RFC 9745) and `Sunset` (RFC 8594) where these dates are decided; also ahead of them."""
    deprecated_on = parameters.read(_parameter(version, "deprecated_on"), at=at)
    sunset_on = parameters.read(_parameter(version, "sunset_on"), at=at)
    if not deprecated_on and not sunset_on:
        return {}
    headers: dict[str, str] = {}
    if deprecated := _midnight(deprecated_on):
        headers["Deprecation"] = f"@{int(deprecated.timestamp())}"
        headers["Link"] = '</v1/docs>; rel="deprecation"; type="text/html"'
    if sunset := _midnight(sunset_on):
        headers["Sunset"] = http_date(sunset.timestamp())
    return headers


def _later(version: str, operation: str) -> tuple[Change, ...]:
    """Changes of versions after this one that touch the operation, newest first."""
    return _changes_after(VERSIONS, version, operation)


@functools.lru_cache(maxsize=1024)
def _changes_after(versions: tuple[Version, ...], version: str, operation: str) -> tuple[Change, ...]:
    later = versions[: [each.name for each in versions].index(version)]
    return tuple(change for each in later for change in reversed(each.changes) if operation in change.operations)


def _parameter(version: str, end: str) -> str:
    return f"api.version.{version}.{end}"


def _midnight(text: str) -> datetime | None:
    return datetime.combine(date.fromisoformat(text), time(), UTC) if text else None


def _objection(value: str) -> str | None:
    try:
        _midnight(value)
    except ValueError:
        return "is a date like 2027-03-01, or empty"
    return None
