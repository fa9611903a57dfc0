"""Runs of reconciliation: what was compared, what was found, what a halted scope held; asking for another one."""

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse

from core import clock, console
from core.audit import services as audit
from core.console.components import Column, Fact, Table
from core.errors import Refusal
from core.switches import selectors as turns
from core.switches.enums import State, Switch
from escrow.enums_reconciliation import RunOrigin
from escrow.models import ReconciliationRun
from escrow.selectors import reconciliation as selectors
from escrow.services import reconciliation
from escrow.views.breaks import breaks_table

VIEW, EXPORT = "escrow.view_reconciliationrun", "console.export_list"
SHOWN_BREAKS = 100

console.jump(prefix="rec_", label="Reconciliation", to="admin:reconciliation")
console.colour(CLEAN="good", WAITING="busy")

COLUMNS = [
    Column("Asked for", "requested_at", "stamp"),
    Column("Answer", "state", "status"),
    Column("Breaks", "found", "number"),
    Column("New", "fresh", "number", hide_on_phone=True),
    Column("Cleared", "cleared", "number", hide_on_phone=True),
    Column("Why", "origin", hide_on_phone=True),
    Column("By", "by", hide_on_phone=True),
]


@console.page(
    path="escrow/reconciliation/", name="reconciliations", title="Reconciliation", nav=("Escrow", 27), permission=VIEW,
)  # fmt: skip
def run_list(request: HttpRequest) -> HttpResponseBase:
    """Newest first, with what is open and what is halted."""
    book = book_of(request)
    listing = console.Listing(
        "reconciliations",
        COLUMNS,
        console.Keyset(selectors.list_runs(book), by=("id",)),
        "Runs",
        draw=lambda rows: [_line(row) for row in rows],
        empty="This book was never reconciled",
        hint="It happens every night; the button does it now.",
    )
    context = {
        "book": book,
        "open": sum(selectors.count_open(book).values()),
        "halted": _halted(book),
        "under_way": selectors.find_unfinished(book),
        "statement": selectors.list_files(book).order_by("-id").first(),
        "certificate": selectors.list_certificates(book).order_by("-number").first(),
        "may_run": request.user.has_perm(reconciliation.PERMISSION),
    }
    return console.render_list(request, "escrow/reconciliations.html", listing, context)


@console.page(
    path="escrow/reconciliation/run/", name="reconciliation_run", title="Reconcile", methods=("POST",),
    permission=reconciliation.PERMISSION,
)  # fmt: skip
def run_new(request: HttpRequest) -> HttpResponse:
    """A worker does it; the page shows how far it is."""
    try:
        run = reconciliation.request(
            book=book_of(request),
            is_full=request.POST.get("scope") == "full",
            origin=RunOrigin.PAGE,
            actor=console.actor(request),
            now=clock.now(),
        )
    except Refusal as refused:
        messages.info(request, f"{refused.title}: {refused.detail}.")
        return HttpResponseRedirect(reverse("admin:reconciliations"))
    return HttpResponseRedirect(reverse("admin:reconciliation", args=[run.public_id]))


@console.page(
    path="escrow/reconciliation/<str:run_id>/", name="reconciliation", title="Reconciliation", permission=VIEW
)
def run_page(request: HttpRequest, run_id: str) -> HttpResponse:
    """What was compared and what did not agree. Asks itself again while it runs."""
    run = _run(run_id)
    found = selectors.list_breaks(run.book).filter(last_run=run).order_by("-id")[:SHOWN_BREAKS]
    certificate = getattr(run, "certificate", None)
    context = {
        "run": run,
        "facts": _facts(run),
        "checks": Table(
            [Column("Must be true", "name"), Column("Breaks", "found", "number"),
             Column("Milliseconds", "milliseconds", "number", hide_on_phone=True)],
            run.checks, caption="Comparisons", empty="Nothing was compared",
        ),
        "table": breaks_table(list(found), caption="Breaks this run found", empty="Everything agreed"),
        "exports": list(run.exports.defer("content").order_by("scope")),
        "certificate": certificate,
        "may_export": request.user.has_perm(EXPORT),
    }  # fmt: skip
    return console.render(request, "escrow/reconciliation.html", context, fragment="escrow/_reconciliation.html")


@console.page(
    path="escrow/reconciliation/exports/<str:export_id>/", name="reconciliation_export", title="State at a halt",
    permission=VIEW,
)  # fmt: skip
def export_file(request: HttpRequest, export_id: str) -> HttpResponse:
    """The state of a scope as it was when it was halted, as a file; who took it is in the audit record."""
    try:
        export = selectors.get_export(export_id)
    except selectors.ExportNotFound:
        raise Http404 from None
    console.require(request, EXPORT)
    with transaction.atomic():
        audit.record(
            actor=console.actor(request), action="escrow.state_export.taken", subject=export.public_id,
            at=clock.now(), details={"scope": export.scope, "run": export.run.public_id, "sha256": export.sha256},
        )  # fmt: skip
    response = HttpResponse(export.content, content_type="application/json")
    response["Content-Disposition"] = f'attachment; filename="holdfast-{export.public_id}.json"'
    return response


def book_of(request: HttpRequest) -> str:
    return "live" if console.is_live(request) else "test"


def _run(run_id: str) -> ReconciliationRun:
    try:
        return selectors.get_run(run_id)
    except selectors.RunNotFound:
        raise Http404 from None


def _halted(book: str) -> list[str]:
    """Scopes of the book that stand still; of an escrow the id does not say the book, so both are shown."""
    closed = [
        turn.scope
        for turn in turns.list_in_force(clock.now())
        if turn.switch == Switch.ESCROW_MOVEMENTS and turn.state != State.OPEN
    ]
    return [scope or "everywhere" for scope in closed if not scope.startswith("book:") or scope == f"book:{book}"]


def _line(run: ReconciliationRun) -> dict[str, Any]:
    return {
        "url": reverse("admin:reconciliation", args=[run.public_id]),
        "requested_at": run.requested_at,
        "state": run.state,
        "found": run.found,
        "fresh": run.fresh,
        "cleared": run.cleared,
        "origin": f"{run.get_origin_display()}{', full audit' if run.is_full else ''}",
        "by": run.requested_by.partition(":")[2],
    }


def _facts(run: ReconciliationRun) -> list[Fact]:
    return [
        Fact("Book", run.book),
        Fact("Answer", run.state, "status"),
        Fact("Asked for", run.requested_at, "stamp"),
        Fact("By", run.requested_by.partition(":")[2]),
        Fact("Finished", run.finished_at, "stamp"),
        Fact("Took", f"{run.milliseconds:,} ms" if run.milliseconds else ""),
        Fact("Breaks", run.found, "number"),
        Fact("New", run.fresh, "number"),
        Fact("Cleared", run.cleared, "number"),
        Fact("Full audit", run.is_full, "yes_no", hint="ledger and audit record prove themselves too"),
        *([Fact("No answer", run.problem)] if run.problem else []),
    ]
