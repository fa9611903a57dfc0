"""The page on which a case is read and decided."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from core import clock, console
from core.errors import Refusal
from fraud import explanations, priority
from fraud.drawings import ego_graph
from fraud.enums import CaseDecision, CaseOutcome, CaseState, Outcome
from fraud.forms.reviews import (
    BLOCKABLE,
    FREEZABLE,
    AssignForm,
    BoostForm,
    DecisionForm,
    EscalateForm,
    NoteForm,
    SnoozeForm,
)
from fraud.models import ReviewCase
from fraud.selectors import agreement, links, objections
from fraud.selectors import cases as queue
from fraud.services import case_blocks, case_claims, case_notes, cases
from fraud.services.cases import CaseNotFound
from fraud.views import evidence
from fraud.views.queue import CLAIM, DECIDE, VIEW, is_lead, name_of, next_url, sentence, to

FREEZE = "compliance.freeze_party"

console.jump(prefix="case_", label="Review case", to="admin:review")


@console.page(
    path="reviews/<str:case_id>/",
    name="review",
    title="Review",
    permission=VIEW,
    shows=console.Shows("review case", "case_id"),
)
def review(request: HttpRequest, case_id: str) -> HttpResponse:
    """Everything about one case, and the decision."""
    case = find_case(request, case_id)
    if case.state == CaseState.DECIDED and (blind := agreement.find_blinding(case=case, actor=console.actor(request))):
        messages.info(request, "You are judging this case again: what was found first is shown when you have decided.")
        return HttpResponseRedirect(reverse("admin:review", args=[blind.case_id]))
    case_notes.look(case=case, actor=console.actor(request), now=clock.now())
    return case_page(request, case)


@console.page(path="reviews/<str:case_id>/viewers/", name="review_viewers", title="Who is looking", permission=VIEW)
def review_viewers(request: HttpRequest, case_id: str) -> HttpResponse:
    """Asked by an open page: it is still looked at, and by whom else."""
    case, now, actor = find_case(request, case_id), clock.now(), console.actor(request)
    case_notes.look(case=case, actor=actor, now=now)
    viewers = [name_of(viewer.person) for viewer in queue.list_viewers(case, but=actor, now=now)]
    return console.render(request, "fraud/review_viewers.html", {"viewers": viewers, "case": case})


@console.page(
    path="reviews/<str:case_id>/claim/", name="review_claim", title="Claim review", permission=CLAIM, methods=("POST",)
)
def review_claim(request: HttpRequest, case_id: str) -> HttpResponse:
    """Take the case, or give it back with `give_back`."""
    case, now, actor = find_case(request, case_id), clock.now(), console.actor(request)
    try:
        if "give_back" in request.POST:
            cases.release(case_id=case.case_id, actor=actor, now=now)
        else:
            cases.claim(case_id=case.case_id, actor=actor, now=now, as_lead=is_lead(request))
    except Refusal as refused:
        messages.error(request, sentence(refused))
    if request.htmx:  # type: ignore[attr-defined]
        return case_page(request, find_case(request, case_id))
    return HttpResponseRedirect(reverse("admin:review", args=[case_id]))


@console.page(
    path="reviews/<str:case_id>/decide/",
    name="review_decide",
    title="Decide review",
    permission=DECIDE,
    methods=("POST",),
)
def review_decide(request: HttpRequest, case_id: str) -> HttpResponse:
    """Decide, block and freeze what was ticked, and open the next case."""
    case, form, now = find_case(request, case_id), DecisionForm(request.POST), clock.now()
    if form.frozen and not request.user.has_perm(FREEZE):
        raise PermissionDenied(FREEZE)
    decision = form.decision()
    if not form.is_valid() or decision is None:
        if decision is None:
            form.add_error(None, "Press approve or decline.")
        return case_page(request, case, form, status=400)
    try:
        decided = _decide(request, case, form, decision, now)
    except Refusal as refused:
        form.add_error(None, sentence(refused))
        return case_page(request, find_case(request, case_id), form, status=refused.status)
    messages.success(request, f"{case.payment_id or case.payer_id}: {_done(decided)}")
    if form.frozen:
        messages.success(request, f"Frozen until compliance decides: the {' and the '.join(form.frozen)}.")
    return to(request, next_url(request, now))


def find_case(request: HttpRequest, case_id: str) -> ReviewCase:
    """Of the mode the person looks at. Raises Http404."""
    try:
        return queue.get(case_id=case_id, livemode=console.is_live(request))
    except CaseNotFound as unknown:
        raise Http404 from unknown


def case_page(
    request: HttpRequest, case: ReviewCase, form: DecisionForm | None = None, *, status: int = 200
) -> HttpResponse:
    """The whole page, or the panel with the decision for htmx."""
    now = clock.now()
    by_htmx = bool(request.htmx)  # type: ignore[attr-defined]
    seen = links.find_observation(case)
    linked = links.list_for(seen, as_of=now) if seen else []
    known = case_blocks.blockable(case, seen)
    context = _panel(request, case, form or DecisionForm(), known, now) | {
        "objections": objections.list_for_case(case, now=now, linked=linked) if case.state != CaseState.DECIDED else []
    }
    if not by_htmx:
        assessment, only, actor = case.assessment, request.GET.get("timeline", ""), console.actor(request)
        context |= {
            "facts": evidence.facts(case),
            "why": explanations.explain(assessment) if assessment else None,
            "usual": explanations.usual(assessment) if assessment else [],
            "whereabouts": evidence.whereabouts(assessment.features if assessment else {}, seen),
            "history": evidence.history_table(case, now),
            "graph": ego_graph(case.payer_id, linked),
            "linked": evidence.links_table(linked),
            "unshared": evidence.unshared(linked),
            "earlier": evidence.earlier_table(
                queue.list_of_customer(case=case, hidden=agreement.hidden_from(actor).cases)
            ),
            "events": evidence.timeline(case, only=only),
            "timelines": evidence.TIMELINES,
            "only": only,
            "note_form": NoteForm(),
        }
    # htmx swaps in answers of success only, so a refused form comes back to it as one.
    return console.render(
        request, "fraud/review.html", context, fragment="fraud/decision.html", status=200 if by_htmx else status
    )


@dataclass(frozen=True, slots=True)
class Moves:
    """Forms that move a case."""

    snooze: SnoozeForm
    escalate: EscalateForm
    boost: BoostForm
    assign: AssignForm


def _panel(
    request: HttpRequest, case: ReviewCase, form: DecisionForm, known: Collection[str], now: datetime
) -> dict[str, object]:
    holder, actor = cases.holder(case, now=now), console.actor(request)
    assessment = case.assessment
    return {
        "case": case,
        "form": form,
        "clock": priority.clock(due_at=case.due_at, is_held=case.is_held, now=now),
        "is_decided": case.state == CaseState.DECIDED,
        "is_over": case.next_action_at is not None and now >= case.next_action_at,
        "holder": holder,
        "holder_name": name_of(holder),
        "is_mine": holder == str(actor),
        "obstacle": _why_not(request, case, now),
        "may_decide": request.user.has_perm(DECIDE),
        "may_lead": is_lead(request),
        "is_blind": evidence.is_blind(case),
        "is_investigation": bool(assessment and assessment.outcome == Outcome.INVESTIGATE),
        "blockable": [(name, label, name in form.blocked) for name, label in BLOCKABLE if name in known],
        "freezable": _freezable(request, case, form),
        "acknowledged": form.acknowledged,
        "moves": Moves(SnoozeForm(), EscalateForm(), BoostForm(), AssignForm()),
    }


def _freezable(request: HttpRequest, case: ReviewCase, form: DecisionForm) -> list[tuple[str, str, str, bool]]:
    if case.state == CaseState.DECIDED or not request.user.has_perm(FREEZE):
        return []
    known = case_blocks.freezable(case)
    return [(name, label, known[name], name in form.frozen) for name, label in FREEZABLE if name in known]


def _why_not(request: HttpRequest, case: ReviewCase, now: datetime) -> str:
    return case_claims.obstacle(case, actor=console.actor(request), as_lead=is_lead(request), now=now)


def _decide(
    request: HttpRequest, case: ReviewCase, form: DecisionForm, decision: CaseDecision, now: datetime
) -> ReviewCase:
    return case_blocks.decide_and_block(
        case_id=case.case_id,
        decision=decision,
        outcome=CaseOutcome(form.cleaned_data["outcome"]),
        reason=form.cleaned_data["reason"],
        acknowledged=form.acknowledged,
        blocked=form.blocked,
        frozen=form.frozen,
        hand_over=form.hands_over,
        as_lead=is_lead(request),
        actor=console.actor(request),
        now=now,
    )


def _done(case: ReviewCase) -> str:
    if not case.is_held:
        return "Your answer is kept."
    if case.decision == CaseDecision.APPROVE:
        return "Approved: the payment is being captured."
    return "Declined: it is voided."
