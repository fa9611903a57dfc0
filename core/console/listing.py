"""A list page: its columns, where its rows come from, and the same rows as a file."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase

from core import clock
from core.console import pages, paging, shell
from core.console.components import Column, Table
from core.console.paging import KeysetPage

PAGE_SIZE = 50
FORMAT, CSV = "format", "csv"


class Source(Protocol):
    """Rows newest (or first) first: one page of them for the screen, all of them in batches for a file."""

    def page(self, request: HttpRequest) -> KeysetPage: ...

    def batches(self, size: int) -> Iterator[Sequence[Any]]: ...


@dataclass(frozen=True, slots=True)
class Keyset:
    """Rows of a queryset by key, as `paging.keyset` takes them. `branches` as there."""

    rows: QuerySet[Any]
    by: tuple[str, ...] = ("pk",)
    size: int = PAGE_SIZE
    branches: Sequence[Q] = ()

    def page(self, request: HttpRequest) -> KeysetPage:
        return paging.keyset(request, self.rows, by=self.by, size=self.size, branches=self.branches)

    def batches(self, size: int) -> Iterator[Sequence[Any]]:
        return paging.batches(self.rows, by=self.by, size=size, branches=self.branches)


@dataclass(frozen=True, slots=True)
class Listing:
    """`draw` turns rows of the source into rows of the table; `name` is the file's, `payments`."""

    name: str
    columns: Sequence[Column]
    source: Source
    caption: str
    draw: Callable[[Sequence[Any]], Sequence[Any]] = list
    url: str = "url"
    empty: str = "Nothing here yet"
    hint: str = ""
    context: Mapping[str, Any] = field(default_factory=dict)

    def table(self, rows: Sequence[Any]) -> Table:
        return Table(self.columns, self.draw(rows), self.caption, self.url, self.empty, self.hint)


def render_list(
    request: HttpRequest,
    template: str,
    listing: Listing,
    context: Mapping[str, Any] | None = None,
    *,
    fragment: str = "",
) -> HttpResponseBase:
    """The page with `table` and `page` in its context; with `?format=csv` the whole list as a file instead.

    Raises PermissionDenied for a file without `console.export_list`.
    """
    from core.console import exports, saved_views

    if request.GET.get(FORMAT) == CSV:
        return exports.respond(request, listing, now=clock.now())
    page = listing.source.page(request)
    shown = {
        "table": listing.table(page.rows),
        "page": page,
        "export": exports.offer(request, listing, now=clock.now()),
        "views": saved_views.bar(request),
        **(context or {}),
    }
    response: HttpResponse = shell.render(request, template, shown, fragment=fragment)
    return response


def filters_of(request: HttpRequest) -> dict[str, list[str]]:
    """What narrows the list at hand: the address without where the reader is in it."""
    return {
        name: values
        for name, values in request.GET.lists()
        if name not in (*paging.CURSORS, FORMAT, pages.VIEW) and any(values)
    }


def masked(column: Column) -> Column:
    return replace(column, kind="masked")
