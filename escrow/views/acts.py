"""What staff do with one escrow. Each act is its own page with its own permission, and leads back to the escrow."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from core import clock, console
from core.errors import Refusal
from escrow.enums import LockReason
from escrow.forms.escrows import FreeForm, FundForm, HoldForm
from escrow.models import Escrow
from escrow.selectors import agreements
from escrow.selectors.agreements import InForce, TermsNotAgreed
from escrow.services import conditions, funding, locks, refunds, releases
from escrow.views import offers
from escrow.views.escrows import find, page


@console.page(
    path="escrows/<str:escrow_id>/fund/", name="escrow_fund", title="Fund escrow", permission=offers.FUND,
    methods=("POST",),
)  # fmt: skip
def escrow_fund(request: HttpRequest, escrow_id: str) -> HttpResponse:
    """Its amount has arrived on the trust account."""
    escrow, form = find(request, escrow_id), FundForm(request.POST)
    if not form.is_valid():
        return page(request, escrow, bound={"fund": form}, status=400)
    return _done(request, escrow, funding.fund_by_bank, "Funded: the clocks of its terms run.", **form.cleaned_data)


@console.page(
    path="escrows/<str:escrow_id>/conditions/<str:condition_id>/satisfy/", name="escrow_satisfy",
    title="Condition is met", permission=offers.SATISFY, methods=("POST",),
)  # fmt: skip
def escrow_satisfy(request: HttpRequest, escrow_id: str, condition_id: str) -> HttpResponse:
    escrow = find(request, escrow_id)
    terms = _terms(escrow)
    agreed = (
        next((each for each in terms.agreed.conditions if each.condition_id == condition_id), None) if terms else None
    )
    if terms is None or agreed is None:
        raise Http404
    form = offers.satisfy_form(agreed.required_approvers, terms.conditions[condition_id].number, request.POST)
    if not form.is_valid():
        return page(request, escrow, bound={f"satisfy:{condition_id}": form}, status=400)
    return _done(
        request, escrow, conditions.satisfy, "The condition is met.", condition_id=condition_id,
        by=form.cleaned_data.get("by", ""), evidence=form.cleaned_data["evidence"],
    )  # fmt: skip


@console.page(
    path="escrows/<str:escrow_id>/conditions/<str:condition_id>/accept/", name="escrow_accept",
    title="Inspection is over", permission=offers.SATISFY, methods=("POST",),
)  # fmt: skip
def escrow_accept(request: HttpRequest, escrow_id: str, condition_id: str) -> HttpResponse:
    """The payer has looked; by another person than whoever entered that it is met."""
    escrow = find(request, escrow_id)
    terms = _terms(escrow)
    if terms is None or condition_id not in terms.conditions:
        raise Http404
    form = offers.accept_form(escrow, terms.conditions[condition_id].number, request.POST)
    if not form.is_valid():
        return page(request, escrow, bound={f"accept:{condition_id}": form}, status=400)
    return _done(
        request, escrow, conditions.accept, "The inspection is over.", condition_id=condition_id,
        by=form.cleaned_data["by"],
    )  # fmt: skip


@console.page(
    path="escrows/<str:escrow_id>/release/", name="escrow_release", title="Release escrow",
    permission=offers.RELEASE, methods=("POST",),
)  # fmt: skip
def escrow_release(request: HttpRequest, escrow_id: str) -> HttpResponse:
    """At once, or by the signatures it takes."""
    escrow = find(request, escrow_id)
    form = offers.release_form(escrow, _terms(escrow), request.POST)
    if not form.is_valid():
        return page(request, escrow, bound={"release": form}, status=400)
    return _done(
        request, escrow, releases.release, _released, reason=form.cleaned_data["reason"],
        amount_minor=form.amount_minor(), condition_id=form.cleaned_data.get("condition", ""),
    )  # fmt: skip


@console.page(
    path="escrows/<str:escrow_id>/refund/", name="escrow_refund", title="Refund escrow", permission=offers.REFUND,
    methods=("POST",),
)  # fmt: skip
def escrow_refund(request: HttpRequest, escrow_id: str) -> HttpResponse:
    escrow = find(request, escrow_id)
    form = offers.refund_form(escrow, _terms(escrow), request.POST)
    if not form.is_valid():
        return page(request, escrow, bound={"refund": form}, status=400)
    return _done(
        request, escrow, refunds.refund, "It goes back to the payer.", reason=form.cleaned_data["reason"],
        amount_minor=form.amount_minor(), payee_agrees=form.cleaned_data["payee_agrees"],
    )  # fmt: skip


@console.page(
    path="escrows/<str:escrow_id>/hold/", name="escrow_hold", title="Hold escrow", permission=offers.LOCK,
    methods=("POST",),
)  # fmt: skip
def escrow_hold(request: HttpRequest, escrow_id: str) -> HttpResponse:
    """Nothing moves until another person lifts it."""
    escrow, form = find(request, escrow_id), HoldForm(request.POST)
    if not form.is_valid():
        return page(request, escrow, bound={"hold": form}, status=400)
    return _done(
        request, escrow, locks.hold, "Held: nothing moves until another person lifts it.",
        reason=LockReason(form.cleaned_data["reason"]), note=form.cleaned_data["note"],
    )  # fmt: skip


@console.page(
    path="escrows/<str:escrow_id>/free/", name="escrow_free", title="Lift hold", permission=offers.LOCK,
    methods=("POST",),
)  # fmt: skip
def escrow_free(request: HttpRequest, escrow_id: str) -> HttpResponse:
    """By another person than whoever placed it."""
    escrow, form = find(request, escrow_id), FreeForm(request.POST)
    if not form.is_valid():
        return _back(request, escrow, _faults(form))
    return _done(
        request, escrow, locks.free, "The hold is lifted.", reason=LockReason(form.cleaned_data["reason"]),
        note=form.cleaned_data["note"],
    )  # fmt: skip


def _done(
    request: HttpRequest,
    escrow: Escrow,
    verb: Callable[..., Any],
    told: str | Callable[[Any], str],
    **said: Any,
) -> HttpResponse:
    """Back to the escrow, with the refusal in words if there was one."""
    try:
        result = verb(
            escrow_id=escrow.public_id, livemode=escrow.livemode, actor=console.actor(request), now=clock.now(), **said
        )
    except Refusal as refused:
        return _back(request, escrow, _sentence(refused))
    messages.success(request, told if isinstance(told, str) else told(result))
    return HttpResponseRedirect(reverse("admin:escrow", args=[escrow.public_id]))


def _back(request: HttpRequest, escrow: Escrow, why: str) -> HttpResponse:
    messages.error(request, why)
    return HttpResponseRedirect(reverse("admin:escrow", args=[escrow.public_id]))


def _released(asked: releases.Asked) -> str:
    if not asked.request_id:
        return "Released to the payee."
    return f"{asked.needed} people sign before it moves: {'; '.join(asked.reasons)}."


def _terms(escrow: Escrow) -> InForce | None:
    try:
        return agreements.in_force(escrow)
    except TermsNotAgreed:
        return None


def _faults(form: Form) -> str:
    return " ".join(str(message) for faults in form.errors.values() for message in faults)


def _sentence(refused: Refusal) -> str:
    detail = refused.detail if refused.detail != refused.title else refused.title
    lead = "" if detail == refused.title else f"{refused.title}: "
    text = f"{lead}{detail}"
    return f"{text[:1].upper()}{text[1:].rstrip('.')}."
