"""New terms, proposed by the marketplace: written, compared with those in force, put to both sides, taken back."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from core import clock, console
from core.console.components import Table
from core.errors import Refusal
from core.money import Currency
from escrow.forms.amendments import ConditionFormSet, TermsForm, document, initial, initial_rows, place
from escrow.models import Escrow
from escrow.selectors import agreements
from escrow.selectors.agreements import TermsNotAgreed
from escrow.services import terms
from escrow.services.agreements import read_terms
from escrow.services.escrows import money
from escrow.terms.agreed import Agreed
from escrow.views import terms_in_words
from escrow.views.disputes import sentence
from escrow.views.escrows import find
from escrow.views.offers import PROPOSE


@console.page(
    path="escrows/<str:escrow_id>/amend/", name="escrow_amend", title="Propose new terms", permission=PROPOSE,
    methods=("GET", "POST"),
)  # fmt: skip
def escrow_amend(request: HttpRequest, escrow_id: str) -> HttpResponse:
    """What holds, to be changed. With `propose` both sides are asked; else it is compared only."""
    escrow = find(request, escrow_id)
    agreed, currency = _agreed(escrow), Currency[escrow.currency]
    if request.method != "POST":
        form = TermsForm(initial=initial(agreed, currency), currency=currency)
        rows = ConditionFormSet(initial=initial_rows(agreed, currency), form_kwargs={"currency": currency})
        return _page(request, escrow, form, rows)
    form = TermsForm(request.POST, currency=currency)
    rows = ConditionFormSet(request.POST, form_kwargs={"currency": currency})
    if not (form.is_valid() & rows.is_valid()):
        return _page(request, escrow, form, rows, status=400)
    wire, now = document(form, rows, before=agreed), clock.now()
    try:
        if "propose" not in request.POST:
            amount = money(escrow, escrow.amount_minor)
            read_terms(wire, payer=escrow.payer, payee=escrow.payee, amount=amount, now=now)
            return _page(request, escrow, form, rows, preview=terms_in_words.compared(agreed, wire))
        row = terms.propose(
            escrow_id=escrow.public_id, livemode=escrow.livemode, wire=wire, side=None,
            reason=form.cleaned_data["reason"], actor=console.actor(request), now=now,
        )  # fmt: skip
    except Refusal as refused:
        place(form, list(rows), refused.errors)
        if not refused.errors:
            form.add_error(None, sentence(refused))
        return _page(request, escrow, form, rows, status=refused.status)
    messages.success(request, f"Version {row.version} is proposed. It holds once payer and payee have agreed.")
    return HttpResponseRedirect(f"{reverse('admin:escrow', args=[escrow.public_id])}#terms")


@console.page(
    path="escrows/<str:escrow_id>/amendments/<int:version>/take-back/", name="escrow_take_back",
    title="Take new terms back", permission=PROPOSE, methods=("POST",),
)  # fmt: skip
def escrow_take_back(request: HttpRequest, escrow_id: str, version: int) -> HttpResponse:
    """The terms in force stay. Only of what staff proposed."""
    escrow = find(request, escrow_id)
    try:
        terms.take_back(
            escrow_id=escrow.public_id, livemode=escrow.livemode, version=version, actor=console.actor(request),
            now=clock.now(),
        )  # fmt: skip
        messages.success(request, "Taken back: the terms in force stay.")
    except Refusal as refused:
        messages.error(request, sentence(refused))
    return HttpResponseRedirect(f"{reverse('admin:escrow', args=[escrow.public_id])}#terms")


def _agreed(escrow: Escrow) -> Agreed:
    """Raises Http404 where both sides have agreed to nothing yet: there is nothing to change."""
    try:
        return agreements.in_force(escrow).agreed
    except TermsNotAgreed as unknown:
        raise Http404 from unknown


def _page(
    request: HttpRequest, escrow: Escrow, form: TermsForm, rows: Any, *, preview: Table | None = None, status: int = 200
) -> HttpResponse:
    context = {"escrow": escrow, "form": form, "rows": rows, "preview": preview}
    return console.render(request, "escrow/amend.html", context, status=status)
