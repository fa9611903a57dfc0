"""A list as a CSV file: streamed in batches, bounded, masked, safe to open in a spreadsheet, and in the audit record.

Two entries frame a file: `console.list.export_started` commits before its first byte, so that a file whose reader
went away is in the record too; `console.list.exported` says how many rows left.
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, StreamingHttpResponse

from core.audit import services as audit
from core.console import cells, listing, pages
from core.console.components import Column
from core.console.listing import Listing
from core.parameters import services as parameters
from core.telemetry import context, origin

EXPORT = "console.export_list"
UNMASKED = "console.export_unmasked"
BATCH = 500
# Spreadsheets take a file without it for another encoding; names with accents would arrive broken.
BYTE_ORDER_MARK = "\ufeff"
LONGEST_FILTER = 500


@dataclass(frozen=True, slots=True)
class Offer:
    """What the reader is told before a file is made."""

    address: str
    limit: int
    masked: list[str]


class _Line:
    """What the csv module writes to: it hands each line back."""

    def write(self, line: str) -> str:
        return line


def offer(request: HttpRequest, shown: Listing, *, now: datetime) -> Offer | None:
    """None for whoever may not take lists out."""
    if not request.user.has_perm(EXPORT):
        return None
    query = request.GET.copy()
    for name in ("before", "after"):
        query.pop(name, None)
    query[listing.FORMAT] = listing.CSV
    masked = [column.title for column in _columns(request, shown) if column.kind == "masked"]
    return Offer(f"?{query.urlencode()}", parameters.read("console.export_rows", at=now), masked)


def respond(request: HttpRequest, shown: Listing, *, now: datetime) -> StreamingHttpResponse:
    """The file. Raises PermissionDenied without `console.export_list`."""
    if not request.user.has_perm(EXPORT):
        raise PermissionDenied(EXPORT)
    limit = parameters.read("console.export_rows", at=now)
    facts = {"filter": _filter_text(request), "mode": _mode(request), "row_limit": limit}
    framed = _Framed(request, shown.name, facts, now)
    framed.record("console.list.export_started")
    lines = _lines(shown, _columns(request, shown), limit, framed)
    response = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{_file_name(request, shown, now)}"'
    return response


class _Framed:
    """The audit entries around one file; `rows` counts what has left. Keeps what a stream outlives: the request."""

    def __init__(self, request: HttpRequest, name: str, facts: dict[str, Any], now: datetime) -> None:
        self.actor, self.origin, self.correlation = pages.actor(request), origin.address(request), _correlation()
        self.name, self.facts, self.now, self.rows = name, facts, now, 0

    def record(self, action: str, **more: Any) -> None:
        with transaction.atomic():
            audit.record(
                actor=self.actor,
                action=action,
                subject=f"list:{self.name}",
                at=self.now,
                details=self.facts | more,
                correlation_id=self.correlation,
                origin=self.origin,
            )


def _lines(shown: Listing, columns: list[Column], limit: int, framed: _Framed) -> Iterator[str]:
    writer: Any = csv.writer(_Line())
    complete = False
    try:
        yield BYTE_ORDER_MARK + writer.writerow([title for column in columns for title in cells.titles(column)])
        for batch in shown.source.batches(BATCH):
            rows = shown.draw(batch)
            for row in rows[: limit - framed.rows]:
                framed.rows += 1
                yield writer.writerow([text for column in columns for text in cells.texts(row, column)])
            if framed.rows >= limit:
                break
        if framed.rows >= limit:
            yield writer.writerow([f"Stopped after {limit:,} rows: narrow the filter for the rest."])
        complete = True
    finally:
        framed.record("console.list.exported", rows=framed.rows, sent_whole=complete)


def _columns(request: HttpRequest, shown: Listing) -> list[Column]:
    whole = request.user.has_perm(UNMASKED)
    return [listing.masked(column) if column.personal and not whole else column for column in shown.columns]


def _filter_text(request: HttpRequest) -> str:
    found = listing.filters_of(request)
    return "&".join(f"{name}={value}" for name, values in found.items() for value in values)[:LONGEST_FILTER]


def _file_name(request: HttpRequest, shown: Listing, now: datetime) -> str:
    return f"holdfast-{shown.name}-{_mode(request)}-{now:%Y-%m-%dT%H%MZ}.csv"


def _mode(request: HttpRequest) -> str:
    return "live" if pages.is_live(request) else "test"


def _correlation() -> str:
    return context.correlation_id() or ""
