"""Asking for an entry by hand: written down, looked at with its effect on the balances, then sent to be signed."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from core import clock, console
from core.console.components import Column, Table
from core.errors import Refusal
from core.money import Currency, Money
from ledger.adjustment_forms import AdjustmentForm, LegFormSet, legs
from ledger.selectors import entries, previews
from ledger.services import adjustments
from ledger.services.refusals import UnknownEntry
from ledger.services.writer import Leg

ASK = "ledger.ask_adjustment"


@console.page(
    path="adjustments/", name="adjustment", title="Adjustment", nav=("Money", 46), permission=ASK,
    methods=("GET", "POST"),
)  # fmt: skip
def adjustment(request: HttpRequest) -> HttpResponse:
    """Write the entry, see the balances before and after, ask for signatures."""
    if request.method != "POST":
        first = {"reference": request.GET.get("reference", "")[:100]}
        return _page(request, AdjustmentForm(initial=first), LegFormSet())
    form, rows = AdjustmentForm(request.POST), LegFormSet(request.POST)
    if not (form.is_valid() & rows.is_valid()):
        return _page(request, form, rows, status=400)
    written = legs(rows, Currency[form.cleaned_data["currency"]])
    if any(row.errors for row in rows):
        return _page(request, form, rows, status=400)
    if "ask" not in request.POST:
        return _page(request, form, rows, written=written)
    try:
        asked = adjustments.ask(
            book=_book(request),
            reference=form.cleaned_data["reference"],
            legs=written,
            reason=form.cleaned_data["reason"],
            actor=console.actor(request),
            now=clock.now(),
        )
    except Refusal as refused:
        form.add_error(None, _sentence(refused))
        return _page(request, form, rows, written=written, status=refused.status)
    return HttpResponseRedirect(reverse("admin:approval", args=[asked.request_id]))


@console.page(
    path="entries/<str:entry_id>/reverse/", name="entry_reverse", title="Reverse", permission=ASK, methods=("POST",)
)
def entry_reverse(request: HttpRequest, entry_id: str) -> HttpResponse:
    """Ask for the mirror of this entry."""
    try:
        if entries.get(entry_id).book != _book(request):
            raise Http404
        asked = adjustments.ask_reversal(
            entry_id=entry_id,
            reason=request.POST.get("reason", ""),
            actor=console.actor(request),
            now=clock.now(),
        )
    except UnknownEntry as unknown:
        raise Http404 from unknown
    except Refusal as refused:
        messages.error(request, _sentence(refused))
        return HttpResponseRedirect(reverse("admin:entry", args=[entry_id]))
    return HttpResponseRedirect(reverse("admin:approval", args=[asked.request_id]))


def _page(
    request: HttpRequest, form: AdjustmentForm, rows: Any, *, written: list[Leg] | None = None, status: int = 200
) -> HttpResponse:
    context = {
        "form": form,
        "rows": rows,
        "book": _book(request),
        "preview": _preview(_book(request), written) if written else None,
        "difference": Money(sum(leg.amount_minor for leg in written), Currency[written[0].currency])
        if written
        else None,
    }
    return console.render(request, "ledger/adjustment.html", context, status=status)


def _preview(book: str, written: list[Leg]) -> Table:
    columns = [
        Column("Account", "account", "code"),
        Column("Now", "before", "money"),
        Column("Afterwards", "after", "money"),
    ]
    effects = previews.list_effects(
        book=book,
        legs=[(leg.account, leg.amount_minor) for leg in written],
        currency=Currency[written[0].currency],
    )
    return Table(columns, effects, caption="Balances before and after")


def _book(request: HttpRequest) -> str:
    return "live" if console.is_live(request) else "test"


def _sentence(refused: Refusal) -> str:
    return f"{refused.detail[:1].upper()}{refused.detail[1:].rstrip('.')}."
