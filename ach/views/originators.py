"""Originators: the list, and one with what it sends, within which limits, when, by which way, and what comes back."""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse

from ach import sec as classes
from ach.calendar.eastern import eastern
from ach.dates import cutoffs
from ach.forms import OriginatorFilter
from ach.models import Originator
from ach.nacha.codes import SEC_CODES
from ach.parameters import number
from ach.selectors import originators as register
from ach.services import rates
from ach.services.originators import OriginatorNotFound
from ach.views.entry_timeline import of_record
from ach.views.gauges import gauge
from ach.views.rates import VIEW as VIEW_RATES
from core import clock, console
from core.audit import selectors as audit
from core.console.components import Column, Fact, Table
from core.parameters import services as parameters

VIEW = "ach.view_originator"
MASK = "••••"
# No secret stands in a row; should one ever, it is not shown. What names a variable of the environment is no secret.
_SECRET = re.compile(r"password|passphrase|private|secret|token|key", re.IGNORECASE)
_NAMES_A_VARIABLE = frozenset({"password_env", "key_env"})

console.jump(prefix="org_", label="ACH originator", to="admin:ach_originator")

COLUMNS = [
    Column("Name", "name"),
    Column("State", "state", "status"),
    Column("Company", "company_id", "code"),
    Column("Bank", "bank", hide_on_phone=True),
    Column("Routing number", "odfi_routing", "code", hide_on_phone=True),
    Column("Transport", "transport", hide_on_phone=True),
    Column("By default", "is_default", "yes_no", hide_on_phone=True),
    Column("Since", "created_at", "time", hide_on_phone=True),
]


@console.page(
    path="ach/originators/", name="ach_originators", title="Originators", nav=("ACH", 72), permission=VIEW,
    filters=OriginatorFilter,
)  # fmt: skip
def originator_list(request: HttpRequest) -> HttpResponseBase:
    """Newest first, closed ones too."""
    form = OriginatorFilter(request.GET)
    listing = console.Listing(
        "ach-originators",
        COLUMNS,
        console.Keyset(register.list_wanted(livemode=console.is_live(request), **form.wanted()), by=("id",)),
        "Originators",
        draw=_drawn,
        empty="No originator fits",
        hint="They are entered by manage.py ach_originator, as the agreement with the bank names them.",
    )
    return console.render_list(request, "ach/originators.html", listing, {"form": form})


@console.page(
    path="ach/originators/<str:originator_id>/", name="ach_originator", title="Originator", permission=VIEW
)  # fmt: skip
def originator_page(request: HttpRequest, originator_id: str) -> HttpResponse:
    """By the configuration in force now."""
    try:
        originator = register.get(originator_id, livemode=console.is_live(request))
    except OriginatorNotFound as unknown:
        raise Http404 from unknown
    now = clock.now()
    shows_rates = request.user.has_perm(VIEW_RATES) and originator.closed_at is None
    found = rates.of_originator(originator, on=eastern(now).date(), now=now) if shows_rates else []
    context = {
        "originator": originator,
        "state": _state(originator),
        "facts": _facts(originator),
        "transport": _transport(originator),
        "limits": _limits(now),
        "windows": _windows(now),
        "sec": _classes(now),
        "gauges": [gauge(rate, of=originator.name) for rate in found],
        "events": of_record(audit.list_for_subject(originator.public_id)),
    }
    return console.render(request, "ach/originator.html", context)


def url_of(originator_id: str) -> str:
    return reverse("admin:ach_originator", args=[originator_id])


def shown_setting(name: str, value: object) -> str:
    """What a setting may show of itself: names of variables, addresses and folders; nothing that could be a secret."""
    if name not in _NAMES_A_VARIABLE and _SECRET.search(name):
        return MASK
    return str(value)


def _facts(originator: Originator) -> list[Fact]:
    query = f"originator={originator.public_id}"
    shown = [
        Fact("Company", originator.company_id, "code", hint=originator.name),
        Fact("Bank", originator.destination_name, hint="the ODFI, which takes the files"),
        Fact("Routing number", originator.odfi_routing, "code", hint="its first eight digits begin each trace number"),
        Fact("Immediate destination", originator.destination, "code"),
        Fact("Immediate origin", originator.origin, "code", hint=originator.origin_name),
        Fact("Next trace number", f"{originator.odfi_routing[:8]}{originator.next_trace:07d}", "code"),
        Fact("By default", originator.is_default, "yes_no", hint="what names no originator goes by this one"),
        Fact("Cutoffs", "those that have come", url=f"{reverse('admin:ach_cutoffs')}?{query}"),
        Fact("Entries", "all of them", url=f"{reverse('admin:ach_entries')}?{query}"),
        Fact("Since", originator.created_at, "stamp"),
        Fact("Closed", originator.closed_at, "stamp"),
    ]
    return [fact for fact in shown if fact.value not in (None, "")]


def _transport(originator: Originator) -> list[Fact]:
    settings = [
        Fact(name.replace("_", " ").capitalize(), shown_setting(name, value), "code",
             hint="variable of the environment; its value is shown nowhere" if name in _NAMES_A_VARIABLE else "")
        for name, value in sorted(originator.settings.items())
    ]  # fmt: skip
    return [Fact("By", originator.get_transport_display()), *settings]


def _limits(now: datetime) -> list[Fact]:
    """Of all originators: dated configuration, under its own names."""
    return [
        Fact("One entry", parameters.read("ach.entry_limit_minor", at=now), "money", hint="ach.entry_limit_minor"),
        Fact("Same day", parameters.read("ach.same_day_limit_minor", at=now), "money",
             hint="an entry above it settles the next banking day; ach.same_day_limit_minor"),
        Fact("A file is signed from", number("approval_file_minor", now), "money", hint="ach.approval_file_minor"),
        Fact("And by a second department from", number("approval_second_minor", now), "money",
             hint="ach.approval_second_minor"),
        Fact("A file is split from", number("file_entries", now), "number", hint="entries; ach.file_entries"),
    ]  # fmt: skip


def _windows(now: datetime) -> Table:
    terms = cutoffs(now)
    rows = [
        {"what": f"same day {window.name}", "bank": f"{window.bank_deadline:%H:%M}",
         "network": f"{window.fed_deadline:%H:%M}", "settles": f"{window.settles:%H:%M} the same day"}
        for window in terms.same_day
    ] + [
        {"what": "standard", "bank": f"{deadline:%H:%M}", "network": "",
         "settles": f"{parameters.read('ach.standard_settles', at=now)} the next banking day"}
        for deadline in terms.standard
    ]  # fmt: skip
    columns = [
        Column("Window", "what"), Column("The bank takes files until", "bank"),
        Column("The network until", "network", hide_on_phone=True), Column("Settles", "settles"),
    ]  # fmt: skip
    return Table(columns, rows, caption=f"Windows, Eastern; files are cut {terms.lead_minutes} minutes before")


def _classes(now: datetime) -> Table:
    never = str(parameters.read("ach.never_same_day", at=now)).split()
    rows = [
        {"code": code, "meaning": SEC_CODES[code].meaning.capitalize(), "same_day": code not in never,
         "receiver": "person" if SEC_CODES[code].consumer else "business",
         "ways": "credits and debits" if SEC_CODES[code].credits else "debits"}
        for code in sorted(classes.ORIGINATED)
    ]  # fmt: skip
    columns = [
        Column("Class", "code", "code"), Column("Meaning", "meaning"), Column("Receiver", "receiver"),
        Column("Which way", "ways", hide_on_phone=True), Column("Same day", "same_day", "yes_no", hide_on_phone=True),
    ]  # fmt: skip
    return Table(columns, rows, caption="Entry classes that are sent")


def _state(originator: Originator) -> str:
    return "CLOSED" if originator.closed_at else "ACTIVE"


def _drawn(rows: Sequence[Originator]) -> list[dict[str, Any]]:
    return [
        {"url": url_of(each.public_id), "name": each.name, "state": _state(each), "company_id": each.company_id,
         "bank": each.destination_name, "odfi_routing": each.odfi_routing, "transport": each.get_transport_display(),
         "is_default": each.is_default, "created_at": each.created_at}
        for each in rows
    ]  # fmt: skip
