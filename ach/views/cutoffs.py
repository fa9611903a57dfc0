"""Cutoffs: the list, and one with its stages, files, signatures, what stayed behind and what comes next."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse

from ach.forms import CutoffFilter
from ach.models import Cutoff
from ach.selectors import cutoffs as register
from ach.selectors import registers
from ach.selectors.cutoffs import Run, Standing
from ach.views import cutoff_stages
from ach.views.entry_timeline import of_record
from ach.views.files import COLUMNS as FILE_COLUMNS
from ach.views.files import drawn as drawn_files
from core import clock, console
from core.audit import selectors as audit
from core.console.components import Column, Fact, Table

VIEW = "ach.view_cutoff"
SHOWN_OF_FILES = 6

console.jump(prefix="cut_", label="ACH cutoff", to="admin:ach_cutoff")
console.colour(CLAIMED="busy", DONE="good")

COLUMNS = [
    Column("Cutoff", "at", "stamp"),
    Column("State", "state", "status"),
    Column("Entries", "entries", "number"),
    Column("Debits", "debit_minor", "money", hide_on_phone=True),
    Column("Credits", "credit_minor", "money"),
    Column("Files", "files", "number", hide_on_phone=True),
    Column("Parked", "parked", "number", hide_on_phone=True),
    Column("Originator", "originator", hide_on_phone=True),
    Column("What was unusual", "note", hide_on_phone=True),
    Column("Done", "done_at", "time", hide_on_phone=True),
]


@console.page(
    path="ach/cutoffs/", name="ach_cutoffs", title="Cutoffs", nav=("ACH", 62), permission=VIEW, filters=CutoffFilter
)  # fmt: skip
def cutoff_list(request: HttpRequest) -> HttpResponseBase:
    """Those that have come, newest first; those to come are in the overview."""
    live = console.is_live(request)
    form = CutoffFilter(
        request.GET, originators=[(each.public_id, each.name) for each in registers.list_originators(livemode=live)]
    )
    listing = console.Listing(
        "ach-cutoffs",
        COLUMNS,
        console.Keyset(register.list_newest(livemode=live, **form.wanted()), by=("at", "id")),
        "Cutoffs",
        draw=_drawn,
        empty="No cutoff fits",
        hint="One is here once entries have left at it, or were to leave.",
    )
    return console.render_list(request, "ach/cutoffs.html", listing, {"form": form})


@console.page(path="ach/cutoffs/<str:cutoff_id>/", name="ach_cutoff", title="Cutoff", permission=VIEW)
def cutoff_page(request: HttpRequest, cutoff_id: str) -> HttpResponse:
    """Of the mode the person looks at."""
    try:
        run = register.get(cutoff_id, livemode=console.is_live(request))
    except register.CutoffNotFound as unknown:
        raise Http404 from unknown
    now = clock.now()
    context = {
        "cutoff": run.cutoff,
        "next": cutoff_stages.comes_next(run, now=now),
        "facts": _facts(run),
        "stages": cutoff_stages.stages(run),
        "files": Table(
            FILE_COLUMNS[:SHOWN_OF_FILES], drawn_files(run.files), caption="Files", empty="It has made no file"
        ),
        "standings": _standings(run.standings, "Entries that left", f"cutoff={run.cutoff.public_id}"),
        "left_out": _standings(run.left_out, "Entries that stayed behind", _behind(run.cutoff)),
        "events": of_record(audit.list_for_subject([run.cutoff.public_id, *(each.public_id for each in run.files)])),
    }
    return console.render(request, "ach/cutoff.html", context)


def url_of(cutoff_id: str) -> str:
    return reverse("admin:ach_cutoff", args=[cutoff_id])


def _facts(run: Run) -> list[Fact]:
    cutoff, carried = run.cutoff, run.carried
    entries = f"{reverse('admin:ach_entries')}?cutoff={cutoff.public_id}"
    shown = [
        Fact("Due", cutoff.at, "stamp", hint=cutoff_stages.in_new_york(cutoff.at)),
        Fact("Entries claimed", cutoff.pending, "number", hint="with those that were held at it"),
        Fact("Entries in files", run.entries, "number", url=entries),
        Fact("Replies to banks", run.replies or None, "number", url="#files"),
        Fact("Debits", sum(file.debit_minor for file in carried), "money", url=f"{entries}&direction=DEBIT"),
        Fact("Credits", sum(file.credit_minor for file in carried), "money", url=f"{entries}&direction=CREDIT"),
        Fact("Parked", cutoff.parked or None, "number", url="#behind"),
        Fact("Originator", cutoff.originator.name, url=_originator(cutoff), hint=cutoff.originator.company_id),
        Fact("What was unusual", cutoff.note),
    ]
    return [fact for fact in shown if fact.value not in (None, "")]


def _originator(cutoff: Cutoff) -> str:
    return reverse("admin:ach_originator", args=[cutoff.originator.public_id])


def _behind(cutoff: Cutoff) -> str:
    return urlencode({"due": cutoff.at.isoformat(), "originator": cutoff.originator.public_id})


def _standings(found: Sequence[Standing], caption: str, query: str) -> Table:
    rows = [
        {
            "state": each.state.value,
            "count": each.count,
            "debit_minor": each.debit_minor,
            "credit_minor": each.credit_minor,
            "currency": "USD",
            "url": f"{reverse('admin:ach_entries')}?{query}&state={each.state.value}",
        }
        for each in found
    ]
    columns = [
        Column("State", "state", "status"), Column("Entries", "count", "number"),
        Column("Debits", "debit_minor", "money"), Column("Credits", "credit_minor", "money"),
    ]  # fmt: skip
    return Table(columns, rows, caption=caption, empty="None")


def _drawn(rows: Sequence[Cutoff]) -> list[dict[str, Any]]:
    totals = register.totals(list(rows))
    drawn = []
    for cutoff in rows:
        files, entries, debits, credits_ = totals.get(cutoff.pk, (0, 0, 0, 0))
        drawn.append({
            "url": url_of(cutoff.public_id), "at": cutoff.at, "state": cutoff.state, "entries": entries,
            "debit_minor": debits, "credit_minor": credits_, "currency": "USD", "files": files,
            "parked": cutoff.parked, "originator": cutoff.originator.name, "note": cutoff.note,
            "done_at": cutoff.done_at,
        })  # fmt: skip
    return drawn
