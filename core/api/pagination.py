"""Pages by cursor: newest first by (created_at, id), steady while rows are added, the same cost on every page.

The list needs an index on (…filters, created_at, id). A cursor says where the last page ended; it is signed for
its address and its filters, so a made-up or borrowed one is a 400 and never a scan of somebody's choosing.
"""

import base64
import binascii
import hmac
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar, cast

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db.models import Model, Q, QuerySet
from rest_framework.request import Request

from core.api import filters as query_filters
from core.api.filters import Filter
from core.api.problems import InvalidRequest
from core.api.requests import ApiRequest
from core.errors import FieldError, Refusal
from core.oidc.users import User

DEFAULT_LIMIT = 25
MAX_LIMIT = 100
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SIGNATURE_BYTES = 12
M = TypeVar("M", bound=Model)


class InvalidCursor(Refusal):
    """Not a cursor that this list gave out for these filters. Start again without one."""

    code = "INVALID_CURSOR"
    title = "The cursor is not valid"


class CursorPage:
    """`CursorPage.of(...)` gives the documented list answer: `data`, `hasMore`, `nextCursor`."""

    @staticmethod
    def of(
        request: Request,
        queryset: QuerySet[M],
        render: Callable[[M], dict[str, Any]],
        *,
        filters: Iterable[Filter] = (),
        order_by: str = "created_at",
    ) -> dict[str, Any]:
        """One page in snake_case. `limit` 1 to 100; one more row than that is read to know whether more follow.

        `order_by` is the column of the moment; ties are settled by primary key. Raises InvalidCursor, InvalidRequest.
        """
        parameters = cast("ApiRequest", request).query_params
        lookups = query_filters.read_all(parameters, filters, besides=("limit", "cursor"))
        limit = _limit(parameters.getlist("limit"))
        scope = _scope(cast("ApiRequest", request), lookups)
        rows = query_filters.narrow(_owned(cast("ApiRequest", request), queryset), lookups).order_by(
            f"-{order_by}", "-pk"
        )
        if cursors := parameters.getlist("cursor"):
            at, key = _open(cursors[-1] if len(cursors) == 1 else "", scope)
            rows = _after(rows, order_by, at, key)
        found = list(rows[: limit + 1])
        has_more = len(found) > limit
        page = found[:limit]
        last = page[-1] if has_more else None
        return {
            "data": [render(row) for row in page],
            "has_more": has_more,
            "next_cursor": _seal(getattr(last, order_by), last.pk, scope) if last is not None else None,
        }


def _after(rows: QuerySet[M], order_by: str, at: datetime, key: str) -> QuerySet[M]:
    """Rows that come later on. The first bound alone is what the index is walked by."""
    try:
        pk = rows.model._meta.pk.to_python(key)
    except ValidationError:
        raise InvalidCursor from None
    return rows.filter(Q(**{f"{order_by}__lte": at}) & ~Q(**{order_by: at, "pk__gte": pk}))


def _limit(values: list[str]) -> int:
    if not values:
        return DEFAULT_LIMIT
    value = values[-1]
    good = len(values) == 1 and value.isascii() and value.isdigit() and len(value) <= 3 and 1 <= int(value) <= MAX_LIMIT
    if not good:
        fault = FieldError("?limit", f"Must be a whole number from 1 to {MAX_LIMIT}.")
        raise InvalidRequest(errors=(fault,))
    return int(value)


def _scope(request: ApiRequest, lookups: dict[str, Any]) -> str:
    caller = request.auth.public_id if request.owner is not None else "key"
    return f"{request.path}|{request.livemode}|{caller}|{sorted(lookups.items())!r}"


def _owned(request: ApiRequest, rows: QuerySet[M]) -> QuerySet[M]:
    """Every list that a user gets goes through here."""
    return rows if request.owner is None else request.owner.narrow(rows, cast("User", request.auth))


def _seal(at: datetime, key: object, scope: str) -> str:
    text = f"{(at - _EPOCH) // timedelta(microseconds=1)}:{key}".encode()
    return base64.urlsafe_b64encode(_signature(text, scope) + text).decode().rstrip("=")


def _open(cursor: str, scope: str) -> tuple[datetime, str]:
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise InvalidCursor from None
    signature, text = raw[:_SIGNATURE_BYTES], raw[_SIGNATURE_BYTES:]
    if not hmac.compare_digest(signature, _signature(text, scope)):
        raise InvalidCursor
    microseconds, _, key = text.decode().partition(":")
    return _EPOCH + timedelta(microseconds=int(microseconds)), key


def _signature(text: bytes, scope: str) -> bytes:
    material = b"holdfast.cursor.v1\x00" + scope.encode() + b"\x00" + text
    return hmac.digest(settings.SECRET_KEY.encode(), material, "sha256")[:_SIGNATURE_BYTES]
