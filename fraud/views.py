"""The review queue and the page on which a held payment is decided."""

from dataclasses import dataclass
from datetime import datetime

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django_htmx.http import HttpResponseClientRedirect

from core import clock, console
from core.audit import selectors as audit
from core.console import jumps
from core.console.components import Column, Event, Fact, Table
from core.errors import Refusal
from fraud import explanations
from fraud.enums import CaseDecision, CaseOutcome, CaseState
from fraud.forms import VIEWS, DecisionForm, ReviewFilter
from fraud.models import Observation, ReviewCase
from fraud.selectors import cases as queue
from fraud.selectors import observations
from fraud.services import cases
from fraud.services.cases import CaseNotFound

VIEW, CLAIM, DECIDE = "fraud.view_case", "fraud.claim_case", "fraud.decide_case"

console.jump(prefix="case_", label="Review case", to="admin:review")


@dataclass(frozen=True, slots=True)
class QueueRow:
    """A case as a line of the queue."""

    case: ReviewCase
    holder: str

    @property
    def url(self) -> str:
        return reverse("admin:review", args=[self.case.case_id])


@console.page(path="reviews/", name="reviews", title="Reviews", nav=("Fraud", 30), permission=VIEW, key="r")
def review_list(request: HttpRequest) -> HttpResponse:
    """What waits for a decision, most urgent first; or what was decided."""
    now, livemode, me = clock.now(), console.is_live(request), str(console.actor(request))
    show, payer_id = (form := ReviewFilter(request.GET)).wanted()
    page = None
    if show == "decided":
        page = console.keyset(request, queue.all_decided(livemode=livemode, payer_id=payer_id))
        found = page.rows
    else:
        found = queue.list_waiting(
            livemode=livemode,
            payer_id=payer_id,
            free_only=show == "free",
            holder=me if show == "mine" else "",
            now=now,
        )
    context = {
        "form": form,
        "counts": queue.count_waiting(livemode=livemode, holder=me, now=now),
        "table": _decided_table(found) if page else _queue_table(found, now),
        "page": page,
        "limit": queue.QUEUE_SHOWN if page is None and len(found) == queue.QUEUE_SHOWN else None,
        "title": dict(VIEWS)[show],
    }
    return console.render(request, "fraud/reviews.html", context)


@console.page(path="reviews/next/", name="review_next", title="Next review", permission=CLAIM, methods=("POST",))
def review_next(request: HttpRequest) -> HttpResponse:
    """Claim the most urgent free case and open it."""
    return _to(request, _next_url(request, clock.now()))


@console.page(
    path="reviews/<str:case_id>/",
    name="review",
    title="Review",
    permission=VIEW,
    shows=console.Shows("review case", "case_id"),
)
def review(request: HttpRequest, case_id: str) -> HttpResponse:
    """Everything about one case, and the decision."""
    return _page(request, _case(request, case_id), DecisionForm())


@console.page(
    path="reviews/<str:case_id>/claim/", name="review_claim", title="Claim review", permission=CLAIM, methods=("POST",)
)
def review_claim(request: HttpRequest, case_id: str) -> HttpResponse:
    """Take the case, or give it back with `give_back`."""
    case, now = _case(request, case_id), clock.now()
    verb = cases.release if "give_back" in request.POST else cases.claim
    try:
        verb(case_id=case.case_id, actor=console.actor(request), now=now)
    except Refusal as refused:
        messages.error(request, f"{refused.detail[:1].upper()}{refused.detail[1:]}.")
    if request.htmx:  # type: ignore[attr-defined]
        return _page(request, _case(request, case_id), DecisionForm())
    return HttpResponseRedirect(reverse("admin:review", args=[case_id]))


@console.page(
    path="reviews/<str:case_id>/decide/",
    name="review_decide",
    title="Decide review",
    permission=DECIDE,
    methods=("POST",),
)
def review_decide(request: HttpRequest, case_id: str) -> HttpResponse:
    """Approve or decline for a reason, then open the next case."""
    case, now, form = _case(request, case_id), clock.now(), DecisionForm(request.POST)
    decision = form.decision()
    if decision is None:
        form.add_error(None, "Press approve or decline.")
    if not form.is_valid() or decision is None:
        return _page(request, case, form, status=400)
    try:
        cases.decide(
            case_id=case.case_id,
            decision=decision,
            outcome=CaseOutcome(form.cleaned_data["outcome"]),
            reason=form.cleaned_data["reason"],
            actor=console.actor(request),
            now=now,
        )
    except Refusal as refused:
        form.add_error(None, f"{refused.detail[:1].upper()}{refused.detail[1:]}.")
        return _page(request, _case(request, case_id), form, status=refused.status)
    done = "Approved: the payment is being captured." if decision == CaseDecision.APPROVE else "Declined: it is voided."
    messages.success(request, f"{case.payment_id}: {done}")
    return _to(request, _next_url(request, now))


def _page(request: HttpRequest, case: ReviewCase, form: DecisionForm, *, status: int = 200) -> HttpResponse:
    now, assessment = clock.now(), case.assessment
    holder = cases.holder(case, now=now)
    by_htmx = bool(request.htmx)  # type: ignore[attr-defined]
    context = {
        "case": case,
        "form": form,
        "is_decided": case.state == CaseState.DECIDED,
        "is_over": now >= case.next_action_at,
        "holder": holder,
        "is_mine": holder == str(console.actor(request)),
        "may_decide": request.user.has_perm(DECIDE),
    }
    if not by_htmx:
        context |= {
            "facts": _facts(case),
            "why": explanations.explain(assessment) if assessment else None,
            "usual": explanations.usual(assessment) if assessment else [],
            "history": _history_table(case, now),
            "events": _events(case),
        }
    # htmx swaps in answers of success only, so a refused form comes back to it as one.
    return console.render(
        request, "fraud/review.html", context, fragment="fraud/decision.html", status=200 if by_htmx else status
    )


def _case(request: HttpRequest, case_id: str) -> ReviewCase:
    try:
        return queue.get(case_id=case_id, livemode=console.is_live(request))
    except CaseNotFound as unknown:
        raise Http404 from unknown


def _next_url(request: HttpRequest, now: datetime) -> str:
    case = None
    if request.user.has_perm(CLAIM):
        case = cases.claim_next(actor=console.actor(request), now=now, livemode=console.is_live(request))
    if case is None:
        messages.info(request, "Nothing else waits for a decision.")
        return reverse("admin:reviews")
    return reverse("admin:review", args=[case.case_id])


def _to(request: HttpRequest, url: str) -> HttpResponse:
    return HttpResponseClientRedirect(url) if request.htmx else HttpResponseRedirect(url)  # type: ignore[attr-defined]


def _queue_table(found: list[ReviewCase], now: datetime) -> Table:
    return Table(
        [
            Column("Declines itself", "case.next_action_at", "time"),
            Column("Score", "case.score", "score"),
            Column("Amount", "case.amount_minor", "money", currency="case.currency"),
            Column("Payer", "case.payer_id"),
            Column("Why", "case.why", hide_on_phone=True),
            Column("Held by", "holder", hide_on_phone=True),
        ],
        [QueueRow(case, _person(cases.holder(case, now=now))) for case in found],
        caption="Cases",
        empty="Nothing waits for a decision",
        hint="Payments that need a person appear here with the hour by which they must be decided.",
    )


def _decided_table(found: list[ReviewCase]) -> Table:
    return Table(
        [
            Column("Decided", "case.decided_at", "time"),
            Column("Decision", "case.decision", "status"),
            Column("Found", "case.get_outcome_display"),
            Column("Score", "case.score", "score"),
            Column("Amount", "case.amount_minor", "money", currency="case.currency"),
            Column("Payer", "case.payer_id"),
            Column("By", "holder", hide_on_phone=True),
        ],
        [QueueRow(case, _person(case.decided_by)) for case in found],
        caption="Decided cases",
        empty="Nothing was decided yet",
    )


def _history_table(case: ReviewCase, now: datetime) -> Table:
    rows: list[Observation] = observations.list_for_customer(
        customer_id=case.payer_id, livemode=case.livemode, before=now
    )
    return Table(
        [
            Column("When", "at", "time"),
            Column("Payment", "payment_id", "id"),
            Column("Amount", "amount_minor", "money"),
            Column("Result", "outcome", "status"),
            Column("Seller", "payee_id", hide_on_phone=True),
            Column("Country", "ip_country", hide_on_phone=True),
        ],
        rows,
        caption="The customer's last attempts",
        empty="No earlier attempt of this customer",
    )


def _facts(case: ReviewCase) -> list[Fact]:
    facts = [
        Fact("Payment", case.payment_id, "code", url=jumps.address(case.payment_id)),
        Fact("Amount", case.amount_minor, "money", currency=case.currency),
        Fact("Score", case.score, "score"),
        Fact("Payer", case.payer_id, "id"),
        Fact("Seller", case.payee_id, "id"),
        Fact("Opened", case.opened_at, "stamp"),
        Fact("Authorised until", case.capture_deadline, "stamp"),
    ]
    if case.assessment:
        facts.append(Fact("Assessment", case.assessment.assessment_id, "code"))
    return facts


def _events(case: ReviewCase) -> list[Event]:
    titles = {
        "opened": "Case opened",
        "claimed": "Claimed",
        "released": "Given back",
        "approved": "Approved",
        "declined": "Declined",
    }
    tones = {"opened": "careful", "claimed": "busy", "approved": "good", "declined": "bad"}
    events = []
    for entry in audit.list_for_subject(case.case_id):
        verb = entry.action.rpartition(".")[2]
        events.append(
            Event(
                at=entry.recorded_at,
                title=titles.get(verb, verb),
                source="Audit",
                detail=str(entry.facts.get("reason", "")),
                actor=f"{entry.actor_kind}:{entry.actor_id}",
                tone=tones.get(verb, "neutral"),
            )
        )
    return events


def _person(actor: str) -> str:
    return actor.partition(":")[2] if actor else ""
