"""Breaks: what does not agree, since when, what to do about it; asking that one stays."""

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse

from core import clock, console
from core.approvals.selectors.requests import find_open
from core.console.components import Column, Fact, Table
from core.errors import Refusal
from escrow.break_kinds import TERMS, BreakKind
from escrow.enums_reconciliation import BreakState
from escrow.forms.reconciliation import BreakFilter, WriteOffForm
from escrow.models import Break
from escrow.selectors import reconciliation as selectors
from escrow.services import breaks

VIEW, ASK = "escrow.view_break", "escrow.ask_write_off"

console.jump(prefix="brk_", label="Break", to="admin:escrow_break")
console.colour(UNEXPLAINED="bad", CLEARED="good", WRITTEN_OFF="quiet")

COLUMNS = [
    Column("Kind", "kind"),
    Column("About", "subject", "id"),
    Column("Expected", "expected_minor", "money", hide_on_phone=True),
    Column("Found", "actual_minor", "money", hide_on_phone=True),
    Column("Difference", "difference_minor", "money"),
    Column("State", "state", "status"),
    Column("Since", "first_seen_at", "time"),
    Column("What to do", "fix", hide_on_phone=True),
    Column("Break", "public_id", "id", hide_on_phone=True),
]


@console.page(
    path="escrow/breaks/", name="escrow_breaks", title="Breaks", nav=("Escrow", 28), permission=VIEW,
    filters=BreakFilter,
)  # fmt: skip
def break_list(request: HttpRequest) -> HttpResponseBase:
    """Newest first."""
    form, book = BreakFilter(request.GET), "live" if console.is_live(request) else "test"
    listing = console.Listing(
        "breaks",
        COLUMNS,
        console.Keyset(selectors.list_breaks(book, **form.filters()), by=("id",)),
        "Breaks",
        draw=_drawn,
        empty="No break fits",
        hint="A run finds them; one that is no longer found clears itself.",
    )
    context = {"form": form, "counted": [
        (BreakKind(kind).label, kind, number) for kind, number in selectors.count_open(book).items()
    ]}  # fmt: skip
    return console.render_list(request, "escrow/breaks.html", listing, context)


@console.page(path="escrow/breaks/<str:break_id>/", name="escrow_break", title="Break", permission=VIEW)
def break_page(request: HttpRequest, break_id: str) -> HttpResponse:
    """What was expected and what is there, where to look, and what to do."""
    row = _break(break_id)
    return _page(request, row, WriteOffForm(moves=breaks.moves_account(row)))


@console.page(
    path="escrow/breaks/<str:break_id>/write-off/", name="escrow_break_write_off", title="Write off",
    methods=("POST",), permission=ASK,
)  # fmt: skip
def break_write_off(request: HttpRequest, break_id: str) -> HttpResponse:
    """A question to whoever may sign it; nothing moves by asking."""
    row = _break(break_id)
    form = WriteOffForm(request.POST, moves=breaks.moves_account(row))
    if not form.is_valid():
        return _page(request, row, form, status=400)
    try:
        asked = breaks.ask_write_off(
            break_id=break_id,
            against=form.wanted_account(),
            reason=form.cleaned_data["reason"],
            actor=console.actor(request),
            now=clock.now(),
        )
    except Refusal as refused:
        form.add_error(None, f"{refused.title}: {refused.detail}.")
        return _page(request, row, form, status=400)
    messages.success(request, "Asked. It is written off with the signature of a second person.")
    return HttpResponseRedirect(reverse("admin:approval", args=[asked.request_id]))


def breaks_table(rows: Sequence[Break], *, caption: str, empty: str) -> Table:
    return Table(COLUMNS, _drawn(rows), caption=caption, empty=empty)


def state_word(row: Break) -> str:
    """In the colours of the console OPEN is good; an open break is not."""
    return "UNEXPLAINED" if row.state == BreakState.OPEN else row.state


def _drawn(rows: Sequence[Break]) -> list[dict[str, Any]]:
    return [
        {
            "url": reverse("admin:escrow_break", args=[row.public_id]),
            "kind": row.get_kind_display(),
            "subject": row.subject,
            "expected_minor": row.expected_minor,
            "actual_minor": row.actual_minor,
            "difference_minor": row.difference_minor,
            "currency": row.currency or "USD",
            "state": state_word(row),
            "first_seen_at": row.first_seen_at,
            "public_id": row.public_id,
            "fix": TERMS[BreakKind(row.kind)].fix if row.state == BreakState.OPEN else "",
        }
        for row in rows
    ]


def _page(request: HttpRequest, row: Break, form: WriteOffForm, status: int = 200) -> HttpResponse:
    asked = find_open(action=breaks.ACTION, subject=row.public_id) if row.state == BreakState.OPEN else None
    terms = TERMS[BreakKind(row.kind)]
    context = {
        "row": row,
        "state": state_word(row),
        "terms": terms,
        "facts": _facts(row),
        "trail": _trail(row),
        "asked": asked,
        "form": form,
        "moves": breaks.moves_account(row),
        "may_ask": request.user.has_perm(ASK) and row.state == BreakState.OPEN and terms.writable and asked is None,
    }
    return console.render(request, "escrow/break.html", context, status=status)


def _facts(row: Break) -> list[Fact]:
    currency = row.currency or "USD"
    return [
        Fact("Expected", row.expected_minor, "money", currency=currency),
        Fact("Found", row.actual_minor, "money", currency=currency),
        Fact("Difference", row.difference_minor, "money", currency=currency),
        Fact("About", row.subject, "id", url=_subject_url(row)),
        Fact("Scope", row.scope.removeprefix("escrow:"), "id"),
        Fact("Account", row.account, "code", url=_account_url(row)),
        Fact("Seen", row.detail),
    ]


def _trail(row: Break) -> list[Fact]:
    first, last = (reverse("admin:reconciliation", args=[run.public_id]) for run in (row.first_run, row.last_run))
    return [
        Fact("First seen", row.first_seen_at, "stamp", url=first),
        Fact("Last seen", row.last_seen_at, "stamp", url=last),
        Fact("Closed", row.closed_at, "stamp", hint=row.closed_why),
        Fact("Approval", row.approval_id, "id"),
        Fact("Entry", row.entry_id, "id"),
    ]


def _subject_url(row: Break) -> str:
    """A line of a bank statement leads to the statement; ids know their own pages."""
    statement, slash, _ = row.subject.partition("/")
    return reverse("admin:bank_statement", args=[statement]) if slash and statement.startswith("stm_") else ""


def _account_url(row: Break) -> str:
    return reverse("admin:account", args=[row.account]) if row.account else ""


def _break(break_id: str) -> Break:
    try:
        return selectors.get_break(break_id)
    except selectors.BreakNotFound:
        raise Http404 from None
