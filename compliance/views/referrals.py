"""What was handed over to compliance. No pattern of a role covers the one permission of these pages (ADR 0034)."""

from dataclasses import dataclass
from datetime import datetime

from django.contrib import messages
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from compliance.enums import ReferralOutcome, ReferralState, ReferralSubject
from compliance.forms import VIEWS, ClosingForm, ReferralFilter
from compliance.models import Party, Referral
from compliance.selectors import parties, referrals
from compliance.selectors.referrals import ReferralNotFound
from compliance.services import referrals as referral_services
from core import clock, console
from core.console import jumps
from core.console.components import Column, Event, Fact, Table
from core.errors import Refusal

WORK, BLOCK = "compliance.work_referral", "compliance.block_party"

STATES = {
    "waiting": [ReferralState.OPEN, ReferralState.TAKEN],
    "mine": [ReferralState.TAKEN],
    "closed": [ReferralState.CLOSED],
}

TONES = {ReferralState.OPEN: "careful", ReferralState.TAKEN: "busy", ReferralState.CLOSED: "quiet"}

console.jump(prefix="ref_", label="Referral", to="admin:referral")


@dataclass(frozen=True, slots=True)
class ReferralRow:
    """A referral as a line of the list."""

    referral: Referral

    @property
    def url(self) -> str:
        return reverse("admin:referral", args=[self.referral.referral_id])

    @property
    def state(self) -> str:
        return self.referral.get_state_display()

    @property
    def what(self) -> str:
        return self.referral.get_subject_kind_display()

    @property
    def referred_by(self) -> str:
        return _person(self.referral.referred_by)

    @property
    def parties(self) -> str:
        return ", ".join(self.referral.party_ids)

    @property
    def holder(self) -> str:
        return _person(self.referral.taken_by)


@dataclass(frozen=True, slots=True)
class PartyRow:
    """A party a referral concerns; the register may not know it."""

    party_id: str
    party: Party | None
    may_block: bool

    @property
    def url(self) -> str:
        """The page that lifts a freeze, for whoever may; the record for others."""
        if self.party is None:
            return ""
        if self.may_block:
            return reverse("admin:party_standing", args=[self.party_id])
        return reverse("admin:compliance_party_change", args=[self.party.pk])

    @property
    def role(self) -> str:
        return self.party.get_type_display() if self.party else "not in the register"


@console.page(path="referrals/", name="referrals", title="Referrals", nav=("Compliance", 35), permission=WORK)
def referral_list(request: HttpRequest) -> HttpResponse:
    """What waits, newest first; what one has taken; what is closed."""
    show = (form := ReferralFilter(request.GET)).wanted()
    mine = str(console.actor(request)) if show == "mine" else ""
    found = referrals.all_of(livemode=console.is_live(request), states=STATES[show], taken_by=mine)
    branches = [Q(state=state) for state in STATES[show]]
    page = console.keyset(request, found, by=("opened_at", "id"), branches=branches)
    table = Table(
        [
            Column("Handed over", "referral.opened_at", "time"),
            Column("State", "state"),
            Column("What", "what"),
            Column("Parties", "parties"),
            Column("By", "referred_by", hide_on_phone=True),
            Column("Taken by", "holder", hide_on_phone=True),
        ],
        [ReferralRow(referral) for referral in page.rows],
        caption="Referrals",
        empty="Nothing was handed over" if show == "waiting" else "No referral here",
        hint="What a fraud analyst hands over to compliance appears here, and nowhere else.",
    )
    context = {"form": form, "table": table, "page": page, "title": dict(VIEWS)[show]}
    return console.render(request, "compliance/referrals.html", context)


@console.page(
    path="referrals/<str:referral_id>/",
    name="referral",
    title="Referral",
    permission=WORK,
    shows=console.Shows("referral", "referral_id"),
)
def referral_page(request: HttpRequest, referral_id: str) -> HttpResponse:
    """What was handed over, whom it concerns, and what to do next."""
    return _page(request, _referral(request, referral_id), ClosingForm())


@console.page(
    path="referrals/<str:referral_id>/take/",
    name="referral_take",
    title="Take referral",
    permission=WORK,
    methods=("POST",),
)
def referral_take(request: HttpRequest, referral_id: str) -> HttpResponse:
    referral = _referral(request, referral_id)
    try:
        referral_services.take(
            referral_id=referral_id, livemode=referral.livemode, actor=console.actor(request), now=clock.now()
        )
    except Refusal as refused:
        messages.error(request, _sentence(refused))
    return HttpResponseRedirect(reverse("admin:referral", args=[referral_id]))


@console.page(
    path="referrals/<str:referral_id>/close/",
    name="referral_close",
    title="Close referral",
    permission=WORK,
    methods=("POST",),
)
def referral_close(request: HttpRequest, referral_id: str) -> HttpResponse:
    """Say what came of it and go back to what waits."""
    referral, form = _referral(request, referral_id), ClosingForm(request.POST)
    if not form.is_valid():
        return _page(request, referral, form, status=400)
    try:
        referral_services.close(
            referral_id=referral_id,
            livemode=referral.livemode,
            outcome=ReferralOutcome(form.cleaned_data["outcome"]),
            reason=form.cleaned_data["reason"],
            actor=console.actor(request),
            now=clock.now(),
        )
    except Refusal as refused:
        messages.error(request, _sentence(refused))
        return HttpResponseRedirect(reverse("admin:referral", args=[referral_id]))
    messages.success(request, "The referral is closed.")
    return HttpResponseRedirect(reverse("admin:referrals"))


def _page(request: HttpRequest, referral: Referral, form: ClosingForm, *, status: int = 200) -> HttpResponse:
    me = str(console.actor(request))
    context = {
        "referral": referral,
        "state_tone": TONES[ReferralState(referral.state)],
        "form": form,
        "holder": _person(referral.taken_by),
        "is_mine": referral.taken_by == me,
        "is_own": referral.referred_by == me,
        "facts": _facts(referral),
        "parties": _party_table(referral, may_block=request.user.has_perm(BLOCK)),
        "events": _events(referral),
    }
    return console.render(request, "compliance/referral.html", context, status=status)


def _referral(request: HttpRequest, referral_id: str) -> Referral:
    try:
        return referrals.get(referral_id=referral_id, livemode=console.is_live(request))
    except ReferralNotFound as unknown:
        raise Http404 from unknown


def _facts(referral: Referral) -> list[Fact]:
    address = "" if referral.subject_kind == ReferralSubject.PARTY else jumps.address(referral.subject_id)
    facts = [
        Fact(referral.get_subject_kind_display(), referral.subject_id, "code", url=address),
        Fact("Handed over by", _person(referral.referred_by)),
        Fact("Handed over", referral.opened_at, "stamp"),
        Fact("Taken by", _person(referral.taken_by)),
        Fact("Taken", referral.taken_at, "stamp"),
    ]
    return [fact for fact in facts if fact.value]


def _party_table(referral: Referral, *, may_block: bool) -> Table:
    known = parties.list_by_id(party_ids=referral.party_ids, livemode=referral.livemode)
    return Table(
        [
            Column("Party", "party_id", "code"),
            Column("Type", "role"),
            Column("Standing", "party.status", "status"),
            Column("Identity", "party.verification", "status", hide_on_phone=True),
        ],
        [PartyRow(party_id, known.get(party_id), may_block) for party_id in referral.party_ids],
        caption="Parties concerned",
        empty="No party was named",
    )


def _events(referral: Referral) -> list[Event]:
    """From the row itself: the record holds none of these words."""
    steps: list[tuple[datetime | None, str, str, str, str]] = [
        (referral.opened_at, "Handed over", "", referral.referred_by, "careful"),
        (referral.taken_at, "Taken", "", referral.taken_by, "busy"),
        (
            referral.closed_at,
            f"Closed: {referral.get_outcome_display()}",
            referral.closing_reason,
            referral.taken_by,
            "good",
        ),
    ]
    return [
        Event(at=at, title=title, detail=detail, actor=_person(actor), tone=tone)
        for at, title, detail, actor, tone in steps
        if at is not None
    ]


def _person(actor: str) -> str:
    return actor.partition(":")[2]


def _sentence(refused: Refusal) -> str:
    return f"{refused.detail[:1].upper()}{refused.detail[1:]}."
