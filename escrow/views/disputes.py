"""Disputes: what waits, and the workbench on which one is heard and decided."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse

from core import clock, console
from core.console.components import Column
from core.errors import Refusal
from escrow.dispute_enums import DisputeSide, DisputeState
from escrow.dispute_states import ENDED
from escrow.forms.disputes import AssignForm, AwardForm, DisputeFilter, EscalateForm, EvidenceForm
from escrow.models import Dispute
from escrow.selectors import agreements, mediators
from escrow.selectors import disputes as register
from escrow.selectors.disputes import DisputeNotFound, Story
from escrow.services import disputes
from escrow.services import evidence as evidence_service
from escrow.sources import Coming
from escrow.views import dispute_figures as figures

VIEW, RAISE, MEDIATE = "escrow.view_dispute", disputes.PERMISSION, mediators.PERMISSION
ENTER = evidence_service.PERMISSION

console.jump(prefix="dsp_", label="Dispute", to="admin:dispute")
console.colour(EVIDENCE="busy", ESCALATED="careful", PROPOSED="busy", RESOLVED="good", NOBODY_MEDIATES="careful")
STATES = {DisputeState.OPEN: "NOBODY_MEDIATES"}
"""In the colours of the console OPEN is good; a dispute that nobody has is not."""

COLUMNS = [
    Column("Left to decide", "left_minor", "money"),
    Column("State", "state", "status"),
    Column("If nobody acts", "fate"),
    Column("Evidence due", "dispute.evidence_due_at", "time", hide_on_phone=True),
    Column("Mediator", "mediator", hide_on_phone=True),
    Column("Why", "why", hide_on_phone=True),
    Column("Payer", "dispute.escrow.payer.party_id", personal=True, hide_on_phone=True),
    Column("Payee", "dispute.escrow.payee.party_id", personal=True, hide_on_phone=True),
    Column("Escrow", "dispute.escrow.public_id", "id", hide_on_phone=True),
    Column("Dispute", "dispute.public_id", "id", hide_on_phone=True),
]


@dataclass(frozen=True, slots=True)
class Line:
    """A dispute as a line of the list."""

    dispute: Dispute

    @property
    def url(self) -> str:
        return reverse("admin:dispute", args=[self.dispute.public_id])

    @property
    def fate(self) -> str:
        return figures.if_nobody_acts(self.dispute) or str(self.dispute.get_resolved_how_display() or "withdrawn")

    @property
    def state(self) -> str:
        return state_word(self.dispute)

    @property
    def left_minor(self) -> int:
        return self.dispute.disposable_minor if self.dispute.is_open else self.dispute.amount_minor

    @property
    def currency(self) -> str:
        return self.dispute.currency

    @property
    def mediator(self) -> str:
        return self.dispute.mediator or "nobody yet"

    @property
    def why(self) -> str:
        return f"{self.dispute.get_side_display()}: {self.dispute.get_reason_display()}"


@console.page(
    path="disputes/", name="disputes", title="Disputes", nav=("Escrow", 24), permission=VIEW, key="d",
    filters=DisputeFilter,
)  # fmt: skip
def dispute_list(request: HttpRequest) -> HttpResponseBase:
    """By the day on which the terms decide, nearest first; or what has ended, newest first."""
    wanted = (form := DisputeFilter(request.GET)).wanted()
    listing = console.Listing(
        "disputes",
        COLUMNS,
        _source(request, wanted),
        "Disputes",
        draw=lambda found: [Line(dispute) for dispute in found],
        empty="No dispute fits",
        hint="One that is raised appears here with the day on which the terms decide it.",
    )
    context = {
        "form": form,
        "shown": wanted["show"],
        "counts": register.count_waiting(livemode=console.is_live(request), email=console.actor(request).id),
    }
    return console.render_list(request, "escrow/disputes.html", listing, context)


@console.page(
    path="disputes/<str:dispute_id>/", name="dispute", title="Dispute", permission=VIEW,
    shows=console.Shows("dispute", "dispute_id"),
)  # fmt: skip
def dispute_page(request: HttpRequest, dispute_id: str) -> HttpResponse:
    """Both stories, the money, who may act, and the decision."""
    return workbench(request, find(request, dispute_id))


@console.page(
    path="disputes/<str:dispute_id>/arithmetic/", name="dispute_arithmetic", title="Arithmetic", permission=VIEW
)
def dispute_arithmetic(request: HttpRequest, dispute_id: str) -> HttpResponse:
    """Asked while an amount is typed: what would move, and who would decide it."""
    dispute, now = find(request, dispute_id), clock.now()
    form = award_form(dispute, {"release": request.GET.get("release", ""), "reason": "-"})
    context = {"dispute": dispute, "objection": " ".join(map(str, form.errors.get("release", [])))}
    if form.is_valid():
        context["sum"] = figures.reckoning(dispute, form.cleaned_data["release"], now=now)
    return console.render(request, "escrow/_arithmetic.html", context)


def find(request: HttpRequest, dispute_id: str) -> Dispute:
    """Of the mode the person looks at. Raises Http404."""
    try:
        return register.get(dispute_id, livemode=console.is_live(request))
    except DisputeNotFound as unknown:
        raise Http404 from unknown


def workbench(
    request: HttpRequest,
    dispute: Dispute,
    *,
    award: AwardForm | None = None,
    escalate: EscalateForm | None = None,
    evidence: Mapping[DisputeSide, EvidenceForm] | None = None,
    status: int = 200,
) -> HttpResponse:
    """The forms are those that were sent and are wrong."""
    now = clock.now()
    told = register.stories(dispute)
    context = {
        "dispute": dispute,
        "state": state_word(dispute),
        "fate": figures.if_nobody_acts(dispute),
        "sides": figures.sides(told, _to_enter(request, dispute, told, evidence or {}, now=now)),
        "facts": figures.facts(dispute),
        "money": figures.money(dispute),
        "case": figures.causes(register.list_causes(dispute), dispute.currency),
        "events": figures.timeline(dispute),
        **_powers(request, dispute, now=now),
        "is_heard": register.is_heard(dispute, told, now=now),
        "award": award or award_form(dispute),
        "escalate": escalate or EscalateForm(),
        "there_minor": dispute.disposable_minor,
        "sum": _typed(dispute, award, now=now),
    }
    return console.render(request, "escrow/dispute.html", context, status=status)


def sentence(refused: Refusal) -> str:
    """What a refusal says, as a sentence."""
    text = f"{refused.detail[:1].upper()}{refused.detail[1:]}"
    return text if text.endswith(".") else f"{text}."


def state_word(dispute: Dispute) -> str:
    return STATES.get(DisputeState(dispute.state), dispute.state)


def award_form(dispute: Dispute, data: object = None) -> AwardForm:
    """For what is left to decide."""
    return AwardForm(data, there_minor=dispute.disposable_minor, currency=dispute.currency)


def evidence_form(side: DisputeSide, data: Mapping[str, str] | None = None) -> EvidenceForm:
    return EvidenceForm(data, auto_id=f"id_{side.lower()}_%s")


def _to_enter(
    request: HttpRequest, dispute: Dispute, told: Mapping[DisputeSide, Story], sent: Mapping[DisputeSide, EvidenceForm],
    *, now: datetime,
) -> dict[DisputeSide, EvidenceForm]:  # fmt: skip
    """A form for each side that may still speak, for whoever may write it down."""
    if not dispute.is_open or now >= dispute.evidence_due_at or not request.user.has_perm(ENTER):
        return dict(sent)
    return {
        side: sent.get(side) or evidence_form(side) for side, story in told.items() if story.submission is None
    } | dict(sent)


def _typed(dispute: Dispute, form: AwardForm | None, *, now: datetime) -> figures.Reckoning | None:
    release = form.cleaned_data.get("release") if form is not None and form.is_bound else None
    return None if release is None else figures.reckoning(dispute, release, now=now)


def _source(request: HttpRequest, wanted: dict[str, str]) -> Coming | console.Keyset:
    livemode, email = console.is_live(request), console.actor(request).id
    if wanted["show"] == "ended":
        found, by = register.list_in_mode(livemode=livemode).filter(state__in=sorted(ENDED)), ("opened_at", "id")
        return console.Keyset(_of(found, wanted["escrow"]), by=by)
    mediator = {"mine": email, "free": ""}.get(wanted["show"])
    waiting = register.list_waiting(livemode=livemode, mediator=mediator)
    if wanted["show"] == "proposed":
        waiting = waiting.filter(state=DisputeState.PROPOSED)
    return Coming(_of(waiting, wanted["escrow"]), by="auto_resolution_at")


def _of(found: QuerySet[Dispute], escrow_id: str) -> QuerySet[Dispute]:
    return found.filter(escrow__public_id=escrow_id) if escrow_id else found


def _powers(request: HttpRequest, dispute: Dispute, *, now: datetime) -> dict[str, object]:
    """Who may act on it and, for everybody else, why not."""
    me = console.actor(request)
    people: Sequence[mediators.Candidate] = ()
    if dispute.is_open:
        agreed = agreements.in_force(dispute.escrow).agreed
        people = mediators.candidates(dispute, agreed, now=now)
    mine = next((person for person in people if person.email == me.id), None)
    choices = [(each.email, each.name or each.email) for each in people if not each.objection and each.email != me.id]
    is_mediator = bool(dispute.mediator) and dispute.mediator == me.id
    return {
        "people": people,
        "objection": mine.objection if mine else "Your roles do not mediate disputes.",
        "may_mediate": mine is not None and not mine.objection,
        "is_mediator": is_mediator,
        "may_assign": request.user.has_perm(MEDIATE) and (is_mediator or not dispute.mediator) and bool(choices),
        "assign": AssignForm(people=choices),
        "may_withdraw": dispute.is_open and dispute.raised_by == str(me) and request.user.has_perm(RAISE),
        "name": figures.name_of(dispute.ended_by),
    }
