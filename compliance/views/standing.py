"""A party's standing: why nothing may be paid by or to it, who said so, and what lifts it."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from compliance.enums import PartyStatus
from compliance.forms import StandingForm
from compliance.models import Party
from compliance.selectors import parties as register
from compliance.services import parties
from core import clock, console
from core.audit import selectors as audit
from core.console.components import Event, Fact
from core.errors import Refusal

BLOCK = "compliance.block_party"
TITLES = {
    "compliance.party.blocked": ("Blocked", "bad"),
    "compliance.party.frozen": ("Frozen by a review", "bad"),
    "compliance.party.unblocked": ("Lifted", "good"),
}


@console.page(
    path="parties/<str:party_id>/standing/",
    name="party_standing",
    title="Standing",
    permission=BLOCK,
    methods=("GET", "POST"),
    shows=console.Shows("party's standing", "party_id"),
)
def party_standing(request: HttpRequest, party_id: str) -> HttpResponse:
    """Block, or lift a block or a freeze: the button that was pressed says which, and either needs a reason."""
    party = register.find(party_id=party_id, livemode=console.is_live(request))
    if party is None:
        raise Http404
    form = StandingForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            _change(request, party, form)
            return HttpResponseRedirect(reverse("admin:party_standing", args=[party_id]))
        except Refusal as refused:
            form.add_error(None, f"{refused.detail[:1].upper()}{refused.detail[1:]}.")
    context = {
        "party": party,
        "form": form,
        "is_blocked": party.status == PartyStatus.BLOCKED,
        "facts": _facts(party),
        "events": _events(party),
    }
    return console.render(request, "compliance/standing.html", context, status=409 if form.errors else 200)


def _change(request: HttpRequest, party: Party, form: StandingForm) -> None:
    act = parties.unblock if request.POST.get("act") == "lift" else parties.block
    act(
        party_id=party.party_id,
        livemode=party.livemode,
        reason=form.cleaned_data["reason"],
        actor=console.actor(request),
        now=clock.now(),
    )
    messages.success(request, "Lifted." if act is parties.unblock else "Blocked.")


def _facts(party: Party) -> list[Fact]:
    facts = [
        Fact("Party", party.party_id, "code", url=reverse("admin:compliance_party_change", args=[party.pk])),
        Fact("Type", party.get_type_display()),
        Fact("Identity", party.verification, "status"),
        Fact("Why", party.blocked_reason),
    ]
    return [fact for fact in facts if fact.value]


def _events(party: Party) -> list[Event]:
    """What the record says about the standing, in the party's mode."""
    return [
        Event(
            entry.recorded_at,
            TITLES[entry.action][0],
            "Audit",
            str(entry.facts.get("reason", "")),
            entry.actor_id,
            TITLES[entry.action][1],
        )
        for entry in audit.list_for_subject(party.party_id)
        if entry.action in TITLES and entry.facts.get("livemode") == party.livemode
    ]
