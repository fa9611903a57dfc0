"""Pages of long lists by key, not by offset: page a thousand costs what page one costs."""

import base64
import binascii
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Model, Q, QuerySet
from django.http import Http404, HttpRequest

CURSORS = ("before", "after")


@dataclass(frozen=True, slots=True)
class KeysetPage:
    """`older_url` and `newer_url` are empty at the ends; both keep the filters of the address."""

    rows: list[Any]
    older_url: str
    newer_url: str

    @property
    def is_paged(self) -> bool:
        return bool(self.older_url or self.newer_url)


def keyset(
    request: HttpRequest,
    queryset: QuerySet[Any],
    *,
    by: tuple[str, ...] = ("pk",),
    size: int = 50,
    branches: Sequence[Q] = (),
) -> KeysetPage:
    """Newest first by the fields of `by`, the last of which must be unique: `by=("created_at", "id")`.

    One statement, however deep. Needs an index on `by`. `branches` are conditions that exclude each other, any of
    which a row may meet: each is read by its own index and no further than a page. Raises Http404 for a cursor
    nobody was given.
    """
    before, after = request.GET.get("before", ""), request.GET.get("after", "")
    newer_wanted = bool(after)
    if cursor := before or after:
        queryset = queryset.filter(_beyond(queryset.model, by, _decode(cursor, len(by)), newer=newer_wanted))
    rows = _first(queryset, by, size + 1, branches, newer=newer_wanted)
    has_more = len(rows) > size
    rows = rows[:size]
    if newer_wanted:
        rows.reverse()
    has_older = bool(rows) and (newer_wanted or has_more)
    has_newer = bool(rows) and (has_more if newer_wanted else bool(before))
    return KeysetPage(
        rows,
        _url(request, before=_encode(rows[-1], by)) if has_older else "",
        _url(request, after=_encode(rows[0], by)) if has_newer else "",
    )


def batches(
    queryset: QuerySet[Any], *, by: tuple[str, ...] = ("pk",), size: int = 500, branches: Sequence[Q] = ()
) -> Iterator[list[Any]]:
    """The whole list in the order of its pages, some rows at a time: no long transaction, no row twice."""
    rows = _first(queryset, by, size, branches)
    while rows:
        yield rows
        if len(rows) < size:
            return
        last = [getattr(rows[-1], field) for field in by]
        rows = _first(queryset.filter(_beyond(queryset.model, by, last, newer=False)), by, size, branches)


def _first(
    queryset: QuerySet[Any], by: tuple[str, ...], limit: int, branches: Sequence[Q], *, newer: bool = False
) -> list[Any]:
    order = [f"{'' if newer else '-'}{field}" for field in by]
    if len(branches) < 2:
        return list(queryset.filter(*branches).order_by(*order)[:limit])
    first, *others = [queryset.filter(branch).order_by(*order)[:limit] for branch in branches]
    return list(first.union(*others, all=True).order_by(*order)[:limit])


def _beyond(model: type[Model], by: tuple[str, ...], values: list[Any], *, newer: bool) -> Q:
    """(a, b) < (x, y) written out: a < x, or a = x and b < y."""
    comparison = "gt" if newer else "lt"
    beyond, equal = Q(pk__in=()), Q()
    for field, value in zip(by, values, strict=True):
        attribute = model._meta.pk if field == "pk" else model._meta.get_field(field)
        try:
            typed = attribute.to_python(value)  # type: ignore[union-attr]
        except (ValidationError, ValueError, TypeError, OverflowError):
            raise Http404 from None
        beyond |= equal & Q(**{f"{field}__{comparison}": typed})
        equal &= Q(**{field: typed})
    # The first field alone bounds the index scan; the rest decides among equals.
    first = model._meta.pk if by[0] == "pk" else model._meta.get_field(by[0])
    return Q(**{f"{by[0]}__{comparison}e": first.to_python(values[0])}) & beyond  # type: ignore[union-attr]


def _encode(row: Any, by: tuple[str, ...]) -> str:
    values = [getattr(row, field) for field in by]
    text = json.dumps([value.isoformat() if isinstance(value, datetime) else value for value in values], default=str)
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _decode(cursor: str, length: int) -> list[Any]:
    try:
        values = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, binascii.Error):
        raise Http404 from None
    if not isinstance(values, list) or len(values) != length or not all(_is_key(value) for value in values):
        raise Http404
    return values


def _is_key(value: Any) -> bool:
    return isinstance(value, int | float) or (isinstance(value, str) and "\x00" not in value)


def _url(request: HttpRequest, **cursor: str) -> str:
    query = request.GET.copy()
    for name in CURSORS:
        query.pop(name, None)
    query.update(cursor)
    return f"?{query.urlencode()}"
