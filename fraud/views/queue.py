"""The review queue: its views with their numbers, and taking the next case."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django_htmx.http import HttpResponseClientRedirect

from core import clock, console
from core.console.components import Column
from core.console.listing import Keyset, Listing
from core.errors import Refusal
from fraud import priority
from fraud.forms.reviews import VIEWS, ReviewFilter
from fraud.models import ReviewCase
from fraud.selectors import agreement
from fraud.selectors import cases as queue
from fraud.services import cases

VIEW, CLAIM, DECIDE, LEAD = "fraud.view_case", "fraud.claim_case", "fraud.decide_case", "fraud.assign_case"


@dataclass(frozen=True, slots=True)
class QueueRow:
    """A case as a line of the queue."""

    case: ReviewCase
    holder: str
    clock: str

    @property
    def url(self) -> str:
        return reverse("admin:review", args=[self.case.case_id])

    @property
    def mark(self) -> str:
        """Why it stands where it stands, or sleeps."""
        if self.case.snoozed_until is not None:
            return "put off"
        return self.case.get_boost_display().lower() if self.case.boost else ""

    @property
    def why(self) -> str:
        more = f" (and {self.case.hits - 1} more)" if self.case.hits > 1 else ""
        return f"{self.case.why}{more}"


@console.page(
    path="reviews/",
    name="reviews",
    title="Reviews",
    nav=("Fraud", 30),
    permission=VIEW,
    key="r",
    filters=ReviewFilter,
)
def review_list(request: HttpRequest) -> HttpResponseBase:
    """What waits for a person, most urgent first; or what was decided."""
    now, wanted = clock.now(), (form := ReviewFilter(request.GET)).wanted()
    listing = _decided(request, wanted) if wanted["show"] == "decided" else _waiting(request, wanted, now)
    context = {
        "form": form,
        "counts": queue.count_waiting(
            livemode=console.is_live(request), actor=console.actor(request), as_lead=is_lead(request), now=now
        ),
        "title": dict(VIEWS)[wanted["show"]],
        "shown": wanted["show"],
        "may_claim": request.user.has_perm(CLAIM),
        "may_lead": is_lead(request),
    }
    return console.render_list(request, "fraud/reviews.html", listing, context)


@console.page(path="reviews/next/", name="review_next", title="Next review", permission=CLAIM, methods=("POST",))
def review_next(request: HttpRequest) -> HttpResponse:
    """Claim the most urgent case for this person and open it."""
    return to(request, next_url(request, clock.now()))


@console.page(
    path="reviews/give-back/", name="review_give_back", title="Give back all", permission=CLAIM, methods=("POST",)
)
def review_give_back(request: HttpRequest) -> HttpResponse:
    """Everything this person holds, for the end of the day. Nothing is decided by it."""
    number = cases.release_all(actor=console.actor(request), livemode=console.is_live(request), now=clock.now())
    messages.success(request, f"Given back: {number}.")
    return to(request, reverse("admin:reviews"))


def next_url(request: HttpRequest, now: datetime) -> str:
    """Where a person goes after a decision: their next case, or the queue."""
    case = None
    if request.user.has_perm(CLAIM):
        try:
            case = cases.claim_next(
                actor=console.actor(request), now=now, livemode=console.is_live(request), as_lead=is_lead(request)
            )
        except Refusal as refused:
            messages.error(request, sentence(refused))
            return f"{reverse('admin:reviews')}?show=mine"
    if case is None:
        messages.info(request, "Nothing else waits for a decision.")
        return reverse("admin:reviews")
    return reverse("admin:review", args=[case.case_id])


def to(request: HttpRequest, url: str) -> HttpResponse:
    return HttpResponseClientRedirect(url) if request.htmx else HttpResponseRedirect(url)  # type: ignore[attr-defined]


def sentence(refused: Refusal) -> str:
    """What a refusal says, as a sentence."""
    return f"{refused.detail[:1].upper()}{refused.detail[1:]}."


def is_lead(request: HttpRequest) -> bool:
    return request.user.has_perm(LEAD)


def name_of(actor: str) -> str:
    """The person without the kind of actor."""
    return actor.partition(":")[2] if actor else ""


def _waiting(request: HttpRequest, wanted: dict[str, str], now: datetime) -> Listing:
    columns = [
        Column("When", "clock"),
        Column("Mark", "mark", "status", hide_on_phone=True),
        Column("Expected loss", "case.expected_loss_minor", "money", currency="case.currency"),
        Column("Score", "case.score", "score"),
        Column("Amount", "case.amount_minor", "money", currency="case.currency"),
        Column("Payer", "case.payer_id", personal=True),
        Column("Why", "why", hide_on_phone=True),
        Column("Held by", "holder", hide_on_phone=True),
    ]

    def drawn(found: Sequence[ReviewCase]) -> list[QueueRow]:
        return [
            QueueRow(
                case,
                name_of(cases.holder(case, now=now) or case.assigned_to),
                priority.clock(due_at=case.due_at, is_held=case.is_held, now=now),
            )
            for case in found
        ]

    return Listing(
        "reviews",
        columns,
        Keyset(_shown(request, wanted, now), by=queue.QUEUE_ORDER),
        "Cases",
        draw=drawn,
        empty="Nothing waits for a decision",
        hint="What needs a person appears here with the hour by which it must be decided.",
    )


def _shown(request: HttpRequest, wanted: dict[str, str], now: datetime) -> QuerySet[ReviewCase]:
    actor = console.actor(request)
    waiting = queue.all_waiting(
        livemode=console.is_live(request), payer_id=wanted["payer"], cause=wanted["cause"], skill=wanted["skill"]
    )
    if wanted["show"] == "free":
        return queue.free_for(waiting, actor=actor, as_lead=is_lead(request), now=now)
    if wanted["show"] == "mine":
        return queue.held_by(waiting, holder=str(actor), now=now)
    if wanted["show"] == "asleep":
        return queue.asleep(waiting, now=now)
    return queue.escalated(waiting) if wanted["show"] == "escalated" else waiting


def _decided(request: HttpRequest, wanted: dict[str, str]) -> Listing:
    columns = [
        Column("Decided", "case.decided_at", "time"),
        Column("Decision", "case.decision", "status"),
        Column("Found", "case.get_outcome_display"),
        Column("Score", "case.score", "score"),
        Column("Amount", "case.amount_minor", "money", currency="case.currency"),
        Column("Payer", "case.payer_id", personal=True),
        Column("By", "holder", hide_on_phone=True),
    ]
    hidden = agreement.hidden_from(console.actor(request))
    decided = queue.all_decided(
        livemode=console.is_live(request), payer_id=wanted["payer"], cause=wanted["cause"], hidden=hidden.cases
    )
    return Listing(
        "reviews-decided",
        columns,
        Keyset(decided, by=("decided_at", "id")),
        "Decided cases",
        draw=lambda found: [QueueRow(case, name_of(case.decided_by), "") for case in found],
        empty="Nothing was decided yet",
    )
