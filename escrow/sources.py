"""Where lists of what is to come come from: soonest first, paged by key, on the screen and into a file."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest

from core.console.paging import CURSORS, KeysetPage

PAGE_SIZE = 50


@dataclass(frozen=True, slots=True)
class Coming:
    """Rows by (`by`, id), the soonest first. `after` and `before` are `<iso moment>|<id>`."""

    rows: QuerySet[Any]
    size: int = PAGE_SIZE
    by: str = "due_at"

    def page(self, request: HttpRequest) -> KeysetPage:
        after, before = request.GET.get("after", ""), request.GET.get("before", "")
        back = bool(before)
        found = self._read(_place(before or after), self.size + 1, back=back)
        has_more, shown = len(found) > self.size, found[: self.size]
        if back:
            shown.reverse()
        has_later = bool(shown) and (back or has_more)
        has_sooner = bool(shown) and (has_more if back else bool(after))
        return KeysetPage(
            shown,
            _url(request, after=self._key(shown[-1])) if has_later else "",
            _url(request, before=self._key(shown[0])) if has_sooner else "",
        )

    def batches(self, size: int) -> Iterator[Sequence[Any]]:
        rows = self._read(None, size, back=False)
        while rows:
            yield rows
            if len(rows) < size:
                return
            rows = self._read((getattr(rows[-1], self.by), rows[-1].pk), size, back=False)

    def _read(self, place: tuple[datetime, int] | None, limit: int, *, back: bool) -> list[Any]:
        found = self.rows
        if place is not None:
            at, pk = place
            way = "lt" if back else "gt"
            beyond = Q(**{f"{self.by}__{way}": at}) | Q(**{f"pk__{way}": pk})
            found = found.filter(Q(**{f"{self.by}__{way}e": at}) & beyond)
        order = (f"-{self.by}", "-id") if back else (self.by, "id")
        return list(found.order_by(*order)[:limit])

    def _key(self, row: Any) -> str:
        return f"{getattr(row, self.by).isoformat()}|{row.pk}"


def _place(cursor: str) -> tuple[datetime, int] | None:
    """Raises Http404 for a cursor nobody was given."""
    if not cursor:
        return None
    moment, _, number = cursor.partition("|")
    try:
        at, pk = datetime.fromisoformat(moment), int(number)
    except ValueError:
        raise Http404 from None
    if at.tzinfo is None or not 0 < pk < 2**63:
        raise Http404
    return at, pk


def _url(request: HttpRequest, **cursor: str) -> str:
    query = request.GET.copy()
    for name in CURSORS:
        query.pop(name, None)
    query.update(cursor)
    return f"?{query.urlencode()}"
