"""The rail at one glance: what leaves next, what is on its way, what came back, what needs a person."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from ach.calendar.eastern import EASTERN
from ach.enums import EntryState
from ach.selectors import overview
from ach.selectors.overview import Pending
from ach.views.entries import VIEW
from ach.views.files import COLUMNS as FILE_COLUMNS
from ach.views.files import drawn
from ach.views.rates import VIEW as VIEW_RATES
from ach.views.rates import boards
from core import clock, console
from core.console.components import Column, Table

SHOWN_OF_FILES = 5


@dataclass(frozen=True, slots=True)
class Tile:
    label: str
    value: str
    url: str
    tone: str = ""
    hint: str = ""


@console.page(path="ach/", name="ach", title="ACH", nav=("ACH", 60), permission=VIEW, key="c")
def rail(request: HttpRequest) -> HttpResponse:
    """A fixed number of statements, whatever there is; asks itself again now and then."""
    live, now = console.is_live(request), clock.now()
    context = {
        "tiles": _tiles(live=live),
        "pending": _pending(overview.pending(livemode=live, now=now)),
        "files": _files(live=live),
        "came_back": _came_back(live=live),
        "boards": boards(live=live) if request.user.has_perm(VIEW_RATES) else [],
    }  # fmt: skip
    return console.render(request, "ach/overview.html", context, fragment="ach/_overview.html")


def _files(*, live: bool) -> Table:
    rows = drawn(list(overview.on_their_way(livemode=live)))
    return Table(FILE_COLUMNS[:SHOWN_OF_FILES], rows, caption="Files on their way", empty="No file is on its way")


def _tiles(*, live: bool) -> list[Tile]:
    now = clock.now()
    counts = overview.count_states(EntryState.HELD, EntryState.PARKED, livemode=live)
    lost, cases = overview.count_unmapped(livemode=live, now=now), overview.count_cases(livemode=live)
    suspense, corrections = overview.count_suspense(livemode=live), overview.corrections(livemode=live, now=now)
    entries = reverse("admin:ach_entries")
    return [
        Tile("Unmapped entries", f"{lost:,}", f"{entries}?state=WAITING", "bad" if lost else "good",
             "past their cutoff without a place; must be 0"),
        Tile("Open cases", f"{cases:,}", reverse("admin:ach_cases"), "careful" if cases else "good"),
        Tile("In suspense", f"{suspense:,}", reverse("admin:ach_suspense"), "careful" if suspense else "good"),
        Tile("Corrections", f"{corrections.count:,}", reverse("admin:ach_changes"), _tone(corrections),
             _clock(corrections)),
        Tile("Held entries", f"{counts['HELD']:,}", f"{entries}?state=HELD", "careful" if counts["HELD"] else ""),
        Tile("Parked entries", f"{counts['PARKED']:,}", f"{entries}?state=PARKED", "bad" if counts["PARKED"] else ""),
    ]  # fmt: skip


def _tone(corrections: overview.Corrections) -> str:
    if corrections.overdue:
        return "bad"
    return "careful" if corrections.count else "good"


def _clock(corrections: overview.Corrections) -> str:
    if corrections.overdue:
        return f"{corrections.overdue:,} overdue"
    return f"first due {corrections.next_due_at:%-d %b %H:%M} UTC" if corrections.next_due_at else "none waits"


def _pending(lines: Sequence[Pending]) -> Table:
    columns = [
        Column("Cutoff", "at", "stamp"), Column("Eastern", "eastern", hide_on_phone=True), Column("What", "what"),
        Column("Entries", "count", "number"), Column("Debits", "debit_minor", "money"),
        Column("Credits", "credit_minor", "money"),
    ]  # fmt: skip
    return Table(columns, [_pending_line(line) for line in lines], caption="Next cutoffs")


def _pending_line(line: Pending) -> dict[str, Any]:
    query = urlencode({"state": EntryState.WAITING.value, "due": line.at.isoformat()})
    if line.cutoff is None:
        what = "overdue" if line.at <= clock.now() else "later"
    else:
        what = f"same day {line.cutoff.window.name}" if line.cutoff.window else "standard"
    return {
        "url": f"{reverse('admin:ach_entries')}?{query}",
        "at": line.at,
        "eastern": f"{line.at.astimezone(EASTERN):%a %H:%M}",
        "what": what,
        "count": line.count,
        "debit_minor": line.debit_minor,
        "credit_minor": line.credit_minor,
        "currency": "USD",
    }


def _came_back(*, live: bool) -> Table:
    found = overview.came_back(livemode=live, since=overview.today_began(clock.now()))
    rows = [
        {"kind": each.kind.label, "count": each.count, "minor": each.amount_minor, "currency": "USD",
         "url": reverse("admin:ach_inbound")}
        for each in found
    ]  # fmt: skip
    columns = [Column("What", "kind"), Column("Items", "count", "number"), Column("Amount", "minor", "money")]
    return Table(columns, rows, caption="Came back today", empty="Nothing has come back today")
