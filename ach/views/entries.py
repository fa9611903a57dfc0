"""Entries: the list, and one from whoever asked for it to whatever came back."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse

from ach.calendar.eastern import eastern
from ach.enums import EntryState
from ach.forms import EntryFilter, ReverseForm, WhyForm
from ach.models import Entry
from ach.selectors import entry_lists, registers, whole_lives
from ach.selectors.entries import EntryNotFound
from ach.selectors.whole_lives import Life
from ach.services import changes, policies, retries
from ach.services.reversals import REVERSE
from ach.views import entry_shown, entry_timeline
from ach.views.acting import WORK_ENTRY, WORK_RETURN
from compliance.models import BankAccount
from core import clock, console
from core.approvals.models import ApprovalRequest
from core.approvals.selectors.requests import find_open
from core.console.components import Column

VIEW = "ach.view_entry"
_UNFILED = (EntryState.WAITING, EntryState.HELD, EntryState.PARKED)
_ON_ITS_WAY = (EntryState.SENT, EntryState.ACKNOWLEDGED, EntryState.SETTLED)

console.colour(WAITING="busy", FILED="busy", SENT="busy", ACKNOWLEDGED="busy", RETURNED="bad")

COLUMNS = [
    Column("Amount", "entry.amount_minor", "money", currency="entry.currency"),
    Column("State", "entry.state", "status"),
    Column("Direction", "direction"),
    Column("Party", "entry.party.party_id", personal=True),
    Column("Account", "entry.account.masked", personal=True, hide_on_phone=True),
    Column("Class", "entry.sec", hide_on_phone=True),
    Column("Kind", "kind", hide_on_phone=True),
    Column("Trace", "entry.trace", "code", hide_on_phone=True),
    Column("Asked by", "entry.reference", "code", hide_on_phone=True),
    Column("Settles on", "entry.settles_on", hide_on_phone=True),
    Column("Code", "entry.return_code", "code", hide_on_phone=True),
    Column("Asked for", "entry.created_at", "time", hide_on_phone=True),
]


@dataclass(frozen=True, slots=True)
class EntryLine:
    """An entry as a line of a list."""

    entry: Entry

    @property
    def url(self) -> str:
        return url_of(self.entry.public_id)

    @property
    def direction(self) -> str:
        return self.entry.direction.capitalize()

    @property
    def kind(self) -> str:
        return str(self.entry.get_kind_display())


@dataclass(frozen=True, slots=True)
class Offers:
    """Forms of what the person may do with the entry as it stands; None for what not.

    `release` is the account to which a parked entry would go.
    """

    hold: WhyForm | None = None
    free: bool = False
    release: BankAccount | None = None
    cancel: WhyForm | None = None
    retry: bool = False
    reverse: ReverseForm | None = None
    reversal_asked: ApprovalRequest | None = None

    @property
    def is_empty(self) -> bool:
        return not any((self.hold, self.free, self.release, self.cancel, self.retry, self.reverse, self.reversal_asked))


@console.page(
    path="ach/entries/", name="ach_entries", title="Entries", nav=("ACH", 61), permission=VIEW,
    filters=EntryFilter,
)  # fmt: skip
def entry_list(request: HttpRequest) -> HttpResponseBase:
    """Newest first; those of one file in the order of the file, from its end."""
    live = console.is_live(request)
    originators = registers.list_originators(livemode=live)
    form = EntryFilter(request.GET, originators=[(each.public_id, each.name) for each in originators])
    wanted = form.wanted()
    listing = console.Listing(
        "ach-entries",
        COLUMNS,
        console.Keyset(entry_lists.list_wanted(wanted, livemode=live), by=entry_lists.order_of(wanted)),
        "Entries",
        draw=lambda rows: [EntryLine(entry) for entry in rows],
        empty="No entry fits",
        hint="A transfer, a payout or a verification asks for them.",
    )
    return console.render_list(request, "ach/entries.html", listing, {"form": form, "wanted": wanted})


@console.page(
    path="ach/entries/<str:ach_entry_id>/", name="ach_entry", title="Entry", permission=VIEW,
    shows=console.Shows("ACH entry", "ach_entry_id"),
)  # fmt: skip
def entry_page(request: HttpRequest, ach_entry_id: str) -> HttpResponse:
    """End to end: request, signatures, file, batch, line, trace, delivery, acknowledgement, settlement, answers."""
    return page(request, find(request, ach_entry_id))


def find(request: HttpRequest, entry_id: str) -> Life:
    """Of the mode the person looks at. Raises Http404."""
    try:
        return whole_lives.get(entry_id, livemode=console.is_live(request))
    except EntryNotFound as unknown:
        raise Http404 from unknown


def page(request: HttpRequest, life: Life, offers: Offers | None = None, status: int = 200) -> HttpResponse:
    entry = life.entry
    context = {
        "entry": entry,
        "facts": entry_shown.facts(life),
        "way": entry_shown.way(life),
        "events": entry_timeline.events(life),
        "answers": entry_shown.answers(life.items),
        "followers": _table(life.followers),
        "stops": life.stops,
        "cases": life.cases,
        "offers": offers or offered(request, entry),
    }
    return console.render(request, "ach/entry.html", context, status=status)


def offered(request: HttpRequest, entry: Entry) -> Offers:
    works, returns = request.user.has_perm(WORK_ENTRY), request.user.has_perm(WORK_RETURN)
    state = entry.state
    asked = find_open(action=REVERSE, subject=entry.public_id) if state in _ON_ITS_WAY else None
    return Offers(
        hold=WhyForm(auto_id="hold_%s") if works and state == EntryState.WAITING else None,
        free=works and state == EntryState.HELD,
        release=changes.current(entry.account) if works and state == EntryState.PARKED else None,
        cancel=WhyForm(auto_id="cancel_%s") if works and state in _UNFILED else None,
        retry=returns and state == EntryState.RETURNED and _may_follow(entry),
        reverse=ReverseForm(auto_id="reverse_%s") if returns and state in _ON_ITS_WAY and asked is None else None,
        reversal_asked=asked,
    )


def _may_follow(entry: Entry) -> bool:
    now = clock.now()
    policy = policies.in_force(entry.return_code, eastern(now).date())
    return retries.may_follow(entry, policy, now=now)


def url_of(entry_id: str) -> str:
    return reverse("admin:ach_entry", args=[entry_id])


def _table(entries: Sequence[Entry]) -> list[EntryLine]:
    return [EntryLine(entry) for entry in entries]
