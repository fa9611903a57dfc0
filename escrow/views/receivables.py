"""What parties owe after late losses: since when, for what, what has come back; and asking to give it up."""

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse

from core import approvals, clock, console
from core.approvals.selectors.requests import find_open
from core.console import jumps
from core.console.components import Column, Fact, Table
from core.errors import Refusal
from core.money import Currency, Money
from escrow.dispute_enums import ReceivableState, RecoveryKind
from escrow.forms.disputes import ReceivableFilter, WriteOffReceivableForm
from escrow.models import Receivable, Recovery
from escrow.selectors import receivables as register
from escrow.services import receivables
from escrow.views.disputes import sentence

VIEW, ASK = "escrow.view_receivable", "escrow.ask_write_off"

console.jump(prefix="rcv_", label="Receivable", to="admin:receivable")
console.colour(OWED="careful", RECOVERED="good", WRITTEN_OFF="quiet")

COLUMNS = [
    Column("Party", "party_id", personal=True),
    Column("State", "state", "status"),
    Column("Outstanding", "outstanding_minor", "money"),
    Column("Owed", "amount_minor", "money", hide_on_phone=True),
    Column("Recovered", "recovered_minor", "money", hide_on_phone=True),
    Column("For", "cause", "code", hide_on_phone=True),
    Column("Since", "opened_at", "time"),
    Column("Receivable", "public_id", "id", hide_on_phone=True),
]


@console.page(
    path="receivables/", name="receivables", title="Receivables", nav=("Escrow", 26), permission=VIEW,
    filters=ReceivableFilter,
)  # fmt: skip
def receivable_list(request: HttpRequest) -> HttpResponseBase:
    """Newest first."""
    livemode, form = console.is_live(request), ReceivableFilter(request.GET)
    wanted, found = form.wanted(), register.list_in_mode(livemode=livemode)
    if wanted["state"]:
        found = found.filter(state=wanted["state"])
    if wanted["party"]:
        found = found.filter(party__party_id=wanted["party"])
    listing = console.Listing(
        "receivables",
        COLUMNS,
        console.Keyset(found, by=("opened_at", "id")),
        "Receivables",
        draw=_drawn,
        empty="Nobody owes anything",
        hint="What is taken back after it was released is owed by whoever received it.",
    )
    totals = [Money(minor, Currency[code]) for code, minor in register.outstanding(livemode=livemode).items()]
    return console.render_list(request, "escrow/receivables.html", listing, {"form": form, "totals": totals})


@console.page(
    path="receivables/<str:receivable_id>/", name="receivable", title="Receivable", permission=VIEW,
    shows=console.Shows("receivable", "receivable_id"),
)  # fmt: skip
def receivable_page(request: HttpRequest, receivable_id: str) -> HttpResponse:
    return _page(request, _find(request, receivable_id), WriteOffReceivableForm())


@console.page(
    path="receivables/<str:receivable_id>/write-off/", name="receivable_write_off", title="Write off",
    permission=ASK, methods=("POST",),
)  # fmt: skip
def receivable_write_off(request: HttpRequest, receivable_id: str) -> HttpResponse:
    """A question to whoever may sign it; nothing moves by asking."""
    debt, form = _find(request, receivable_id), WriteOffReceivableForm(request.POST)
    if not form.is_valid():
        return _page(request, debt, form, status=400)
    try:
        asked = approvals.services.ask(
            action=receivables.WRITE_OFF,
            subject=debt.public_id,
            given={"amountMinor": debt.outstanding_minor},
            reason=form.cleaned_data["reason"],
            actor=console.actor(request),
            now=clock.now(),
        )
    except Refusal as refused:
        form.add_error(None, sentence(refused))
        return _page(request, debt, form, status=refused.status)
    messages.success(request, "Asked. It is written off with the signature of a second person.")
    return HttpResponseRedirect(reverse("admin:approval", args=[asked.request_id]))


def _find(request: HttpRequest, receivable_id: str) -> Receivable:
    try:
        return register.get(receivable_id, livemode=console.is_live(request))
    except register.ReceivableNotFound as unknown:
        raise Http404 from unknown


def _page(request: HttpRequest, debt: Receivable, form: WriteOffReceivableForm, status: int = 200) -> HttpResponse:
    is_open = debt.state == ReceivableState.OPEN
    asked = find_open(action=receivables.WRITE_OFF, subject=debt.public_id) if is_open else None
    context = {
        "debt": debt,
        "state": _word(debt),
        "facts": _facts(debt),
        "recoveries": _recoveries(register.list_recoveries(debt), debt.currency),
        "asked": asked,
        "form": form,
        "may_ask": is_open and asked is None and request.user.has_perm(ASK),
    }
    return console.render(request, "escrow/receivable.html", context, status=status)


def _facts(debt: Receivable) -> list[Fact]:
    account = reverse("admin:account", args=[f"returns_receivable:{debt.party.party_id}"])
    shown = [
        Fact("Outstanding", debt.outstanding_minor, "money", currency=debt.currency, url=account),
        Fact("Owed", debt.amount_minor, "money", currency=debt.currency, url=jumps.address(debt.cause)),
        Fact("Recovered", debt.recovered_minor, "money", currency=debt.currency, url="#recoveries"),
        Fact("Party", debt.party.party_id, "id"),
        Fact("For", debt.cause, "id"),
        Fact("Escrow", debt.escrow.public_id if debt.escrow else "", "id"),
        Fact("Since", debt.opened_at, "stamp"),
        Fact("Closed", debt.closed_at, "stamp"),
        Fact("Signed in", debt.approval_id, "id"),
    ]
    return [fact for fact in shown if fact.value is not None and fact.value != ""]


def _recoveries(found: Sequence[Recovery], currency: str) -> Table:
    rows = [
        {
            "at": each.at,
            "how": RecoveryKind(each.kind).label.capitalize(),
            "amount": each.amount_minor,
            "currency": currency,
            "from": each.reference,
            "url": reverse("admin:entry", args=[each.entry_id]) if each.entry_id else "",
        }
        for each in found
    ]
    columns = [
        Column("When", "at", "stamp"),
        Column("How", "how"),
        Column("Amount", "amount", "money"),
        Column("From", "from", "code", hide_on_phone=True),
    ]
    return Table(columns, rows, caption="What made it smaller", empty="Nothing has come back yet")


def _word(debt: Receivable) -> str:
    """In the colours of the console OPEN is good; a debt is not."""
    return "OWED" if debt.state == ReceivableState.OPEN else debt.state


def _drawn(found: Sequence[Receivable]) -> list[dict[str, Any]]:
    return [
        {
            "url": reverse("admin:receivable", args=[debt.public_id]),
            "party_id": debt.party.party_id,
            "state": _word(debt),
            "outstanding_minor": debt.outstanding_minor,
            "amount_minor": debt.amount_minor,
            "recovered_minor": debt.recovered_minor,
            "currency": debt.currency,
            "cause": debt.cause,
            "opened_at": debt.opened_at,
            "public_id": debt.public_id,
        }
        for debt in found
    ]
