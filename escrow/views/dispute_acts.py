"""What is done with a dispute: raised, withdrawn, taken, given, escalated, decided, put to those who sign."""

from collections.abc import Callable

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from core import clock, console
from core.errors import Refusal
from escrow.dispute_enums import DisputeReason, DisputeSide
from escrow.forms.disputes import EscalateForm, RaiseForm
from escrow.models import Dispute, Escrow
from escrow.selectors import disputes as register
from escrow.selectors import escrows as escrow_register
from escrow.selectors.mediators import PERMISSION as MEDIATE
from escrow.services import disputes, evidence, mediation, resolutions
from escrow.views.disputes import ENTER, RAISE, award_form, evidence_form, find, sentence, workbench


@console.page(
    path="disputes/raise/<str:escrow_id>/", name="dispute_raise", title="Raise a dispute", permission=RAISE,
    methods=("GET", "POST"),
)  # fmt: skip
def dispute_raise(request: HttpRequest, escrow_id: str) -> HttpResponse:
    """On behalf of the marketplace, as long as money is held."""
    escrow = _escrow(request, escrow_id)
    form = RaiseForm(request.POST or None, held_minor=escrow.held_minor, currency=escrow.currency)
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            dispute = disputes.raise_(
                escrow_id=escrow.public_id,
                livemode=escrow.livemode,
                side=DisputeSide.STAFF,
                reason=DisputeReason(form.cleaned_data["reason"]),
                text=form.cleaned_data["text"],
                amount_minor=form.cleaned_data["amount"],
                actor=console.actor(request),
                now=clock.now(),
            )
            messages.success(request, "Raised. Nothing of the escrow moves until it has ended.")
            return HttpResponseRedirect(reverse("admin:dispute", args=[dispute.public_id]))
        except Refusal as refused:
            form.add_error(None, sentence(refused))
            status = refused.status
    elif request.method == "POST":
        status = 400
    return console.render(request, "escrow/dispute_raise.html", {"escrow": escrow, "form": form}, status=status)


@console.page(
    path="disputes/<str:dispute_id>/withdraw/", name="dispute_withdraw", title="Withdraw", permission=RAISE,
    methods=("POST",),
)  # fmt: skip
def dispute_withdraw(request: HttpRequest, dispute_id: str) -> HttpResponse:
    """By whoever raised it; the terms go on."""
    dispute = find(request, dispute_id)
    return _act(
        request,
        dispute,
        lambda: disputes.withdraw(side=DisputeSide.STAFF, **_common(request, dispute)),  # type: ignore[arg-type]
        "Withdrawn: the terms go on.",
    )


@console.page(
    path="disputes/<str:dispute_id>/evidence/<str:side>/", name="dispute_evidence", title="Enter evidence",
    permission=ENTER, methods=("POST",),
)  # fmt: skip
def dispute_evidence(request: HttpRequest, dispute_id: str, side: str) -> HttpResponse:
    """Staged or submitted for a side that told us; never by its mediator."""
    dispute = find(request, dispute_id)
    speaker = next((each for each in register.PARTIES if each.value.lower() == side), None)
    if speaker is None:
        raise Http404
    form = evidence_form(speaker, request.POST)
    if not form.is_valid():
        return workbench(request, dispute, evidence={speaker: form}, status=400)
    try:
        evidence.add(
            escrow_id=dispute.escrow.public_id,
            livemode=dispute.livemode,
            side=speaker,
            actor=console.actor(request),
            now=clock.now(),
            **form.cleaned_data,
        )
    except Refusal as refused:
        form.add_error(None, sentence(refused))
        return workbench(request, find(request, dispute_id), evidence={speaker: form}, status=refused.status)
    who = speaker.label.lower()
    messages.success(request, f"Submitted for the {who}." if form.cleaned_data["submit"] else f"Staged for the {who}.")
    return HttpResponseRedirect(f"{reverse('admin:dispute', args=[dispute_id])}#story-{side}")


@console.page(
    path="disputes/<str:dispute_id>/take/", name="dispute_take", title="Take", permission=MEDIATE, methods=("POST",)
)
def dispute_take(request: HttpRequest, dispute_id: str) -> HttpResponse:
    dispute = find(request, dispute_id)
    return _act(
        request,
        dispute,
        lambda: mediation.take(**_common(request, dispute)),  # type: ignore[arg-type]
        "It is yours to mediate.",
    )


@console.page(
    path="disputes/<str:dispute_id>/assign/", name="dispute_assign", title="Give to", permission=MEDIATE,
    methods=("POST",),
)  # fmt: skip
def dispute_assign(request: HttpRequest, dispute_id: str) -> HttpResponse:
    dispute, to = find(request, dispute_id), request.POST.get("to", "")
    return _act(
        request,
        dispute,
        lambda: mediation.assign(to=to, **_common(request, dispute)),  # type: ignore[arg-type]
        f"Given to {to}.",
    )


@console.page(
    path="disputes/<str:dispute_id>/escalate/", name="dispute_escalate", title="Escalate", permission=MEDIATE,
    methods=("POST",),
)  # fmt: skip
def dispute_escalate(request: HttpRequest, dispute_id: str) -> HttpResponse:
    """From here on signatures decide."""
    dispute, form = find(request, dispute_id), EscalateForm(request.POST)
    if not form.is_valid():
        return workbench(request, dispute, escalate=form, status=400)
    return _act(
        request,
        dispute,
        lambda: mediation.escalate(
            reason=form.cleaned_data["escalate_reason"],
            **_common(request, dispute),  # type: ignore[arg-type]
        ),
        "Escalated: it ends by signatures.",
    )


@console.page(
    path="disputes/<str:dispute_id>/decide/", name="dispute_decide", title="Decide", permission=MEDIATE,
    methods=("POST",),
)  # fmt: skip
def dispute_decide(request: HttpRequest, dispute_id: str) -> HttpResponse:
    """Decide alone; or, with `ask`, put it to those who sign."""
    dispute = find(request, dispute_id)
    form = award_form(dispute, request.POST)
    if not form.is_valid():
        return workbench(request, dispute, award=form, status=400)
    verb = resolutions.propose if "ask" in request.POST else resolutions.decide
    try:
        done = verb(
            release_minor=form.cleaned_data["release"],
            reason=form.cleaned_data["reason"],
            **_common(request, dispute),  # type: ignore[arg-type]
        )
    except Refusal as refused:
        form.add_error(None, sentence(refused))
        return workbench(request, find(request, dispute_id), award=form, status=refused.status)
    if done.is_open:
        messages.success(request, "Asked. It ends as proposed with the last signature.")
    else:
        messages.success(request, "Decided: the money has moved.")
    return HttpResponseRedirect(reverse("admin:dispute", args=[dispute_id]))


def _act(request: HttpRequest, dispute: Dispute, verb: Callable[[], object], done: str) -> HttpResponse:
    try:
        verb()
        messages.success(request, done)
    except Refusal as refused:
        messages.error(request, sentence(refused))
    return HttpResponseRedirect(reverse("admin:dispute", args=[dispute.public_id]))


def _common(request: HttpRequest, dispute: Dispute) -> dict[str, object]:
    return {
        "dispute_id": dispute.public_id,
        "livemode": dispute.livemode,
        "actor": console.actor(request),
        "now": clock.now(),
    }


def _escrow(request: HttpRequest, escrow_id: str) -> Escrow:
    try:
        return escrow_register.get(escrow_id, livemode=console.is_live(request))
    except escrow_register.EscrowNotFound as unknown:
        raise Http404 from unknown
