"""One customer or seller: what is usual for them, what was found, and clearing their past."""

from collections.abc import Sequence

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from compliance.selectors import parties
from core import clock, console
from core.console.components import Column, Fact, Table
from core.errors import Refusal
from fraud.enums import CaseCause
from fraud.forms.reviews import AskForm, ResetForm
from fraud.models import Label
from fraud.selectors import agreement, observations, profiles, reports, risk_resets
from fraud.selectors.profiles import Profile, Share
from fraud.services import cases
from fraud.services import risk_resets as resets
from fraud.views.evidence import earlier_table
from fraud.views.queue import CLAIM, VIEW, name_of, sentence

console.colour(FRAUD="bad", GENUINE="good")

RESET = "fraud.reset_risk"
NIGHT = range(6)


@console.page(
    path="profiles/<str:party_id>/",
    name="profile",
    title="Profile",
    permission=VIEW,
    shows=console.Shows("fraud profile", "party_id"),
)
def profile(request: HttpRequest, party_id: str) -> HttpResponse:
    """Typical places, devices, amounts and hours, with cases, labels, reports and resets."""
    now, livemode = clock.now(), console.is_live(request)
    usual = profiles.read(party_id=party_id, livemode=livemode, as_of=now)
    party = parties.find(party_id=party_id, livemode=livemode)
    hidden = agreement.hidden_from(console.actor(request))
    if party is None and not usual.payments:
        raise Http404
    context = {
        "party_id": party_id,
        "party": party,
        "is_blind": party_id in hidden.parties,
        "facts": _facts(usual),
        "hours": [
            (f"{hour:02}", number, "quiet" if hour in NIGHT else "neutral") for hour, number in enumerate(usual.hours)
        ],
        "usual": usual,
        "shares": [
            ("Countries", _shares("Country", usual.countries)),
            ("Devices", _shares("Device", usual.devices)),
            ("IP addresses", _shares("Address", usual.addresses)),
            ("Paid, or paid by", _shares("Party", usual.counterparts, is_party=True)),
        ],
        "cases": earlier_table(profiles.list_cases(party_id=party_id, livemode=livemode, hidden=hidden)),
        "labels": _labels(profiles.list_labels(party_id=party_id, livemode=livemode, hidden=hidden)),
        "reports": reports.list_for_customer(customer_id=party_id, livemode=livemode, limit=20),
        "resets": [
            (row, name_of(row.reset_by)) for row in risk_resets.list_for_party(party_id=party_id, livemode=livemode)
        ],
        "may_reset": request.user.has_perm(RESET),
        "form": ResetForm(),
        "ask": AskForm() if usual.payments and request.user.has_perm(CLAIM) else None,
    }
    return console.render(request, "fraud/profile.html", context)


@console.page(
    path="profiles/<str:party_id>/reset/",
    name="profile_reset",
    title="Reset risk",
    permission=RESET,
    methods=("POST",),
)
def profile_reset(request: HttpRequest, party_id: str) -> HttpResponse:
    """Earlier reports stop counting; what was decided stays."""
    form = ResetForm(request.POST)
    try:
        resets.reset(
            party_id=party_id,
            livemode=console.is_live(request),
            reason=form.cleaned_data["reason"] if form.is_valid() else "",
            actor=console.actor(request),
            now=clock.now(),
        )
        messages.success(request, "Reset: earlier reports no longer count.")
    except Refusal as refused:
        messages.error(request, sentence(refused))
    return HttpResponseRedirect(reverse("admin:profile", args=[party_id]))


@console.page(
    path="profiles/<str:party_id>/case/",
    name="profile_case",
    title="Ask for a review",
    permission=CLAIM,
    methods=("POST",),
)
def profile_case(request: HttpRequest, party_id: str) -> HttpResponse:
    """A person wants somebody to look at this customer, or at one of their payments."""
    form, now, livemode = AskForm(request.POST), clock.now(), console.is_live(request)
    seen = observations.find_of_party(
        party_id=party_id, payment_id=form.cleaned_data["payment"] if form.is_valid() else "", livemode=livemode
    )
    if not form.is_valid() or seen is None:
        messages.error(request, "Say why, and name a payment of this customer or none.")
        return HttpResponseRedirect(reverse("admin:profile", args=[party_id]))
    case = cases.raise_for(
        cause=CaseCause.PERSON,
        payment_id=seen.payment_id if form.cleaned_data["payment"] else None,
        payer_id=party_id,
        payee_id=seen.payee_id,
        livemode=livemode,
        amount_minor=seen.amount_minor,
        currency=seen.currency,
        score=None,
        why=form.cleaned_data["why"],
        assessment_row_id=None,
        opened_by=console.actor(request),
        now=now,
    )
    return HttpResponseRedirect(reverse("admin:review", args=[case.case_id]))


def _facts(usual: Profile) -> list[Fact]:
    low, middle, high = usual.quartiles or (None, None, None)
    return [
        Fact("Payments", usual.payments, "number", hint=f"{usual.paid} of them paid"),
        Fact("Since", usual.first_at, "stamp"),
        Fact("Last", usual.last_at, "stamp"),
        Fact("Usual amount", middle, "money", currency=usual.currency),
        Fact("Half of them from", low, "money", currency=usual.currency),
        Fact("to", high, "money", currency=usual.currency),
        Fact("Largest", usual.largest_minor, "money", currency=usual.currency),
    ]


def _shares(title: str, found: Sequence[Share], *, is_party: bool = False) -> Table:
    rows = [
        {
            "value": share.value,
            "payments": share.payments,
            "last_at": share.last_at,
            "url": reverse("admin:profile", args=[share.value]) if is_party else "",
        }
        for share in found
    ]
    return Table(
        [Column(title, "value"), Column("Payments", "payments", "number"), Column("Last", "last_at", "time")],
        rows,
        caption=title,
        empty="None known",
    )


def _labels(found: Sequence[Label]) -> Table:
    rows = [
        {
            "known_at": label.known_at,
            "payment_id": label.payment_id,
            "is": "FRAUD" if label.is_fraud else "GENUINE",
            "source": label.get_source_display(),
        }
        for label in found
    ]
    return Table(
        [
            Column("Known", "known_at", "time"),
            Column("Payment", "payment_id", "id"),
            Column("Was", "is", "status"),
            Column("Says", "source", hide_on_phone=True),
        ],
        rows,
        caption="What payments turned out to be",
        empty="Nothing is known of this customer's payments",
    )
