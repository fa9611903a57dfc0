"""Notifications of change: whose clock runs, what changes in whose account, and refusing one that is wrong."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse

from ach.enums import ChangeState
from ach.forms import ChangeFilter, RefuseChangeForm, WhyForm
from ach.models import Change
from ach.nacha.changes import CHANGE_CODES, REFUSAL_CODES
from ach.selectors import registers
from ach.services import change_signing, changes
from ach.views import replies as reply_views
from ach.views.acting import ASKED, WORK_RETURN, done, who
from ach.views.entry_shown import item_url
from core import clock, console
from core.console.components import Column, Fact

VIEW = "ach.view_change"

console.jump(prefix="chg_", label="Notification of change", to="admin:ach_change")
console.colour(ASKED="busy", NOTED="quiet", TO_APPLY="careful", OVERDUE="bad")

_LABELS = {
    "holderName": "Holder", "routingNumber": "Routing number", "accountNumber": "Account number",
    "accountType": "Account type", "identification": "Identification",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Difference:
    label: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Offers:
    refuse: RefuseChangeForm | None = None
    note: WhyForm | None = None
    ask: WhyForm | None = None
    take_back: WhyForm | None = None

    @property
    def is_empty(self) -> bool:
        return not any((self.refuse, self.note, self.ask, self.take_back))


@console.page(
    path="ach/changes/", name="ach_changes", title="Corrections", nav=("ACH", 66), permission=VIEW,
    filters=ChangeFilter,
)  # fmt: skip
def change_list(request: HttpRequest) -> HttpResponseBase:
    """Newest first."""
    form = ChangeFilter(request.GET)
    state = form.cleaned_data["state"] if form.is_valid() else ""
    listing = console.Listing(
        "ach-changes",
        [
            Column("Code", "code"),
            Column("State", "state", "status"),
            Column("Due", "due_at", "time"),
            Column("Party", "party", personal=True),
            Column("Account", "account", personal=True, hide_on_phone=True),
            Column("Refusable until", "refusable_until", "time", hide_on_phone=True),
            Column("Received", "received_at", "time", hide_on_phone=True),
        ],
        console.Keyset(registers.list_changes(livemode=console.is_live(request), state=state), by=("id",)),
        "Corrections",
        draw=_drawn,
        empty="No correction fits",
        hint="A bank that took an entry with wrong details says what is right; it is applied in six banking days.",
    )
    return console.render_list(request, "ach/changes.html", listing, {"form": form})


@console.page(
    path="ach/changes/<str:change_id>/", name="ach_change", title="Correction", permission=VIEW,
    shows=console.Shows("notification of change", "change_id"),
)  # fmt: skip
def change_page(request: HttpRequest, change_id: str) -> HttpResponse:
    return page(request, find(request, change_id))


@console.page(
    path="ach/changes/<str:change_id>/refuse/", name="ach_change_refuse", title="Refuse correction",
    permission=WORK_RETURN, methods=("POST",),
)  # fmt: skip
def change_refuse(request: HttpRequest, change_id: str) -> HttpResponse:
    """The bank is told that it is wrong."""
    change, form = find(request, change_id), RefuseChangeForm(request.POST, auto_id="refuse_%s")
    if not form.is_valid():
        return page(request, change, replace(offered(request, change), refuse=form), status=400)
    return done(
        request, url_of(change_id), changes.refuse, "Refused: the bank is told, and entries that waited go on.",
        change_id=change_id, **form.cleaned_data,
    )  # fmt: skip


@console.page(
    path="ach/changes/<str:change_id>/note/", name="ach_change_note", title="Note correction",
    permission=WORK_RETURN, methods=("POST",),
)  # fmt: skip
def change_note(request: HttpRequest, change_id: str) -> HttpResponse:
    """Nothing of ours has to change."""
    change, form = find(request, change_id), WhyForm(request.POST, auto_id="note_%s")
    if not form.is_valid():
        return page(request, change, replace(offered(request, change), note=form), status=400)
    return done(
        request, url_of(change_id), changes.note, "Noted: nothing changes, and entries that waited go on.",
        change_id=change_id, reason=form.cleaned_data["why"],
    )  # fmt: skip


@console.page(
    path="ach/changes/<str:change_id>/ask/", name="ach_change_ask", title="Ask for signatures again",
    permission=WORK_RETURN, methods=("POST",),
)  # fmt: skip
def change_ask(request: HttpRequest, change_id: str) -> HttpResponse:
    """After its question was denied, ran out, or found nobody."""
    change, form = find(request, change_id), WhyForm(request.POST, auto_id="ask_%s")
    if not form.is_valid():
        return page(request, change, replace(offered(request, change), ask=form), status=400)
    return done(
        request, url_of(change_id), change_signing.ask_again, ASKED,
        change_id=change_id, reason=form.cleaned_data["why"],
    )  # fmt: skip


@console.page(
    path="ach/changes/<str:change_id>/take-back/", name="ach_change_take_back", title="Take refusal back",
    permission=WORK_RETURN, methods=("POST",),
)  # fmt: skip
def change_take_back(request: HttpRequest, change_id: str) -> HttpResponse:
    """Only as long as no file has the refusal."""
    change, form = find(request, change_id), WhyForm(request.POST, auto_id="take_back_%s")
    if not form.is_valid():
        return page(request, change, replace(offered(request, change), take_back=form), status=400)
    return done(
        request, url_of(change_id), changes.take_back, "Taken back: it is open, and entries to the account wait.",
        change_id=change_id, reason=form.cleaned_data["why"],
    )  # fmt: skip


def find(request: HttpRequest, change_id: str) -> Change:
    """Of the mode the person looks at. Raises Http404."""
    try:
        return registers.get_change(change_id, livemode=console.is_live(request))
    except registers.NotFound as unknown:
        raise Http404 from unknown


def page(request: HttpRequest, change: Change, offers: Offers | None = None, status: int = 200) -> HttpResponse:
    reply = registers.find_reply(change.item)
    context = {
        "change": change,
        "reply": reply,
        "reply_facts": reply_views.facts(reply),
        "state": state_word(change),
        "meaning": _meaning(change.code),
        "facts": _facts(change),
        "differences": differences(change),
        "is_open": change.state in changes.OPEN,
        "is_overdue": change.state in changes.OPEN and change.due_at <= clock.now(),
        "offers": offers or offered(request, change),
    }
    return console.render(request, "ach/change.html", context, status=status)


def offered(request: HttpRequest, change: Change) -> Offers:
    if not request.user.has_perm(WORK_RETURN):
        return Offers()
    if change.state not in changes.OPEN:
        reply = registers.find_reply(change.item) if change.state == ChangeState.REFUSED else None
        waits = reply is not None and reply.state in reply_views.TO_BE_SENT
        return Offers(take_back=WhyForm(auto_id="take_back_%s") if waits else None)
    return Offers(
        refuse=RefuseChangeForm(auto_id="refuse_%s") if clock.now() < change.refusable_until else None,
        note=WhyForm(auto_id="note_%s"),
        ask=WhyForm(auto_id="ask_%s") if change.state == ChangeState.OPEN and change.successor_id else None,
    )


def differences(change: Change) -> list[Difference]:
    """What the bank corrects, as it is kept: of two numbers that end alike only the ends are there to compare."""
    return [
        Difference(_LABELS.get(name, name), str(change.before.get(name) or "-"), str(said or "-"))
        for name, said in change.after.items()
    ]


def state_word(change: Change) -> str:
    """In the colours of the console OPEN is good; a correction that nobody has applied is not."""
    if change.state in changes.OPEN and change.due_at <= clock.now():
        return "OVERDUE"
    return "TO_APPLY" if change.state == ChangeState.OPEN else change.state


def url_of(change_id: str) -> str:
    return reverse("admin:ach_change", args=[change_id])


def _meaning(code: str) -> str:
    return CHANGE_CODES[code].meaning if code in CHANGE_CODES else ""


def _drawn(rows: Sequence[Change]) -> list[dict[str, Any]]:
    return [
        {
            "url": url_of(change.public_id),
            "code": f"{change.code} {_meaning(change.code)}".strip(),
            "state": state_word(change),
            "due_at": change.due_at,
            "party": change.account.party.party_id,
            "account": change.account.masked,
            "refusable_until": change.refusable_until,
            "received_at": change.received_at,
        }
        for change in rows
    ]


def _facts(change: Change) -> list[Fact]:
    account, new = change.account, change.replaced_by
    entry = change.item.entry
    refused = f"{change.refusal_code} {REFUSAL_CODES.get(change.refusal_code, '')}".strip()
    shown = [
        Fact("Apply until", change.due_at, "stamp", hint="six banking days"),
        Fact("Refusable until", change.refusable_until, "stamp"),
        Fact("Party", account.party.party_id, "code"),
        Fact("Account", account.masked, "code", url=reverse("admin:bank_account", args=[account.account_id])),
        Fact("Became", new.masked if new else "", "code",
             url=reverse("admin:bank_account", args=[new.account_id]) if new else ""),
        Fact("Signatures", change.approval_id, "id"),
        Fact("Refused as", refused),
        Fact("Came with", change.item.public_id, "code", url=item_url(change.item)),
        Fact("About", entry.public_id if entry else "", "code",
             url=reverse("admin:ach_entry", args=[entry.public_id]) if entry else ""),
        Fact("Received", change.received_at, "stamp"),
        Fact("Ended", change.ended_at, "stamp"),
        Fact("By", who(change.ended_by)),
    ]  # fmt: skip
    return [fact for fact in shown if fact.value not in (None, "")]
