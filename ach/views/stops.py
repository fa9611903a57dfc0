"""Bank accounts that returns have closed to entries; asking that one is used again."""

from collections.abc import Sequence
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse

from ach.forms import WhyForm
from ach.models import AccountStop
from ach.nacha.reasons import REASONS
from ach.selectors import registers
from ach.services import stops
from ach.views.acting import WORK_RETURN, ask, faults, refuse, who
from ach.views.entry_shown import item_url
from core import console
from core.approvals.selectors.requests import find_open
from core.console.components import Column, Fact

VIEW = "ach.view_accountstop"

console.jump(prefix="stop_", label="Stopped account", to="admin:ach_stop")
console.colour(STOPPED_ALL="bad", STOPPED_DEBITS="careful", LIFTED="quiet")


@console.page(path="ach/stops/", name="ach_stops", title="Stopped accounts", nav=("ACH", 69), permission=VIEW)
def stop_list(request: HttpRequest) -> HttpResponseBase:
    """Newest first."""
    listing = console.Listing(
        "ach-stops",
        [
            Column("Party", "party", personal=True),
            Column("Account", "account", personal=True),
            Column("State", "state", "status"),
            Column("Because of", "code"),
            Column("Since", "at", "time"),
            Column("Lifted", "lifted_at", "time", hide_on_phone=True),
        ],
        console.Keyset(registers.list_stops(livemode=console.is_live(request)), by=("id",)),
        "Stopped accounts",
        draw=_drawn,
        empty="No account is stopped",
        hint="A return that says that an account is closed, unknown or not authorized stops it.",
    )
    return console.render_list(request, "ach/stops.html", listing, {})


@console.page(path="ach/stops/<str:stop_id>/", name="ach_stop", title="Stopped account", permission=VIEW)
def stop_page(request: HttpRequest, stop_id: str) -> HttpResponse:
    stop = _find(request, stop_id)
    asked = find_open(action=stops.LIFT, subject=stop_id) if stop.lifted_at is None else None
    context = {
        "stop": stop,
        "state": state_word(stop),
        "facts": _facts(stop),
        "asked": asked,
        "form": WhyForm(),
        "may_ask": stop.lifted_at is None and asked is None and request.user.has_perm(WORK_RETURN),
    }
    return console.render(request, "ach/stop.html", context)


@console.page(
    path="ach/stops/<str:stop_id>/lift/", name="ach_stop_lift", title="Use account again", permission=WORK_RETURN,
    methods=("POST",),
)  # fmt: skip
def stop_lift(request: HttpRequest, stop_id: str) -> HttpResponse:
    """A question to whoever may sign it."""
    _find(request, stop_id)
    back, form = reverse("admin:ach_stop", args=[stop_id]), WhyForm(request.POST)
    if not form.is_valid():
        return refuse(request, back, faults(form))
    return ask(request, back, action=stops.LIFT, subject=stop_id, reason=form.cleaned_data["why"])


def state_word(stop: AccountStop) -> str:
    return "LIFTED" if stop.lifted_at else f"STOPPED_{stop.scope}"


def _find(request: HttpRequest, stop_id: str) -> AccountStop:
    found = registers.list_stops(livemode=console.is_live(request)).filter(public_id=stop_id).first()
    if found is None:
        raise Http404
    return found


def _code(stop: AccountStop) -> str:
    return f"{stop.code} {REASONS[stop.code].meaning}" if stop.code in REASONS else stop.code


def _drawn(rows: Sequence[AccountStop]) -> list[dict[str, Any]]:
    return [
        {
            "url": reverse("admin:ach_stop", args=[stop.public_id]),
            "party": stop.account.party.party_id,
            "account": stop.account.masked,
            "state": state_word(stop),
            "code": _code(stop),
            "at": stop.at,
            "lifted_at": stop.lifted_at,
        }
        for stop in rows
    ]


def _facts(stop: AccountStop) -> list[Fact]:
    account = stop.account
    shown = [
        Fact("What is stopped", stop.get_scope_display()),
        Fact("Party", account.party.party_id, "code"),
        Fact("Account", account.masked, "code", url=reverse("admin:bank_account", args=[account.account_id])),
        Fact("Because of", _code(stop), url=item_url(stop.item)),
        Fact("Since", stop.at, "stamp"),
        Fact("Lifted", stop.lifted_at, "stamp"),
        Fact("By", who(stop.lifted_by)),
        Fact("Signatures", stop.approval_id, "id"),
    ]
    return [fact for fact in shown if fact.value not in (None, "")]
