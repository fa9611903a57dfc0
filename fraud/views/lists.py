"""Lists that rules ask: what is on them, until when, what each entry did; adding and ending."""

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from core import clock, console
from core.console.components import Column, Fact, Table
from core.errors import Refusal
from core.parameters import services as parameters
from fraud.approvals import lists as acts
from fraud.enums import ListEffect
from fraud.forms.lists import EndForm, EntryForm, ListForm
from fraud.models import Assessment, List, ListEntry
from fraud.selectors import lists as selector
from fraud.selectors.lists import EntryHits
from fraud.services import lists

VIEW, CHANGE = "fraud.view_list", "fraud.change_list"

console.jump(prefix="lse_", label="List entry", to="admin:fraud_list_entry")
console.colour(ALLOW="good", RISK="careful", ENDED="quiet", IN_FORCE="good")


@console.page(path="fraud/lists/", name="fraud_lists", title="Lists", nav=("Fraud", 52), permission=VIEW)
def list_of_lists(request: HttpRequest) -> HttpResponse:
    """Every list with how many entries count now."""
    return _lists_page(request, ListForm(), clock.now())


@console.page(path="fraud/new-list/", name="fraud_list_new", title="New list", permission=CHANGE, methods=("POST",))
def list_new(request: HttpRequest) -> HttpResponse:
    """A list that rules can ask from now on."""
    now, form = clock.now(), ListForm(request.POST)
    if form.is_valid():
        actor = console.actor(request)
        try:
            made = lists.create(**form.cleaned_data, owner=str(actor), actor=actor, now=now)
        except Refusal as refused:
            complain(form, refused)
        else:
            messages.success(request, f"Rules can ask list_{made.name} from now on.")
            return HttpResponseRedirect(reverse("admin:fraud_list", args=[made.name]))
    return _lists_page(request, form, now, status=400)


@console.page(path="fraud/lists/<str:name>/", name="fraud_list", title="List", permission=VIEW)
def list_page(request: HttpRequest, name: str) -> HttpResponse:
    """Its entries with what each did, newest first, and a form for the next one."""
    found, now = _list(name), clock.now()
    first = {"value": request.GET.get("value", "")[:256]}
    return _list_page(request, found, EntryForm(of=found, longest=longest_life(found, now), initial=first), now)


@console.page(
    path="fraud/lists/<str:name>/add/",
    name="fraud_list_add",
    title="Add to a list",
    permission=CHANGE,
    methods=("POST",),
)
def list_add(request: HttpRequest, name: str) -> HttpResponse:
    """An entry at once, or of an allow list the question whether it may be one."""
    found, now = _list(name), clock.now()
    form = EntryForm(request.POST, of=found, longest=longest_life(found, now))
    if form.is_valid():
        try:
            return _added(request, found, form, now)
        except Refusal as refused:
            complain(form, refused)
    return _list_page(request, found, form, now, status=400)


@console.page(
    path="fraud/lists/entries/<str:entry_id>/",
    name="fraud_list_entry",
    title="Entry of a list",
    permission=VIEW,
    shows=console.Shows("list entry", "entry_id"),
)
def entry_page(request: HttpRequest, entry_id: str) -> HttpResponse:
    """Why it is there, the decisions it had a part in, and its end."""
    return _entry_page(request, _entry(request, entry_id), EndForm())


@console.page(
    path="fraud/lists/entries/<str:entry_id>/end/",
    name="fraud_list_entry_end",
    title="End an entry",
    permission=CHANGE,
    methods=("POST",),
)
def entry_end(request: HttpRequest, entry_id: str) -> HttpResponse:
    """From now on payments are not compared with it."""
    entry, form = _entry(request, entry_id), EndForm(request.POST)
    if form.is_valid():
        reason, actor = form.cleaned_data["reason"], console.actor(request)
        try:
            lists.end(entry_id=entry_id, reason=reason, actor=actor, now=clock.now())
        except Refusal as refused:
            complain(form, refused)
        else:
            messages.success(request, "Ended. Payments from now on are not compared with it.")
            return HttpResponseRedirect(reverse("admin:fraud_list_entry", args=[entry_id]))
    return _entry_page(request, entry, form, status=400)


def decisions_table(rows: list[Assessment], *, empty: str) -> Table:
    """Decisions as lines that lead to their payments."""
    columns = [
        Column("Decided", "created_at", "stamp"),
        Column("Customer", "customer_id", "id", personal=True),
        Column("Amount", "amount_minor", "money"),
        Column("Score", "score", "score"),
        Column("Outcome", "outcome", "status"),
    ]
    shown = [
        {
            "url": reverse("admin:payment", args=[row.payment_id]) if row.payment_id else "",
            "created_at": row.created_at,
            "customer_id": row.customer_id,
            "amount_minor": row.amount_minor,
            "currency": row.currency,
            "score": row.score,
            "outcome": row.outcome,
        }
        for row in rows
    ]
    return Table(columns, shown, caption="Decisions", empty=empty, hint="Decisions appear here as they are made.")


def _entry_page(request: HttpRequest, entry: ListEntry, form: EndForm, *, status: int = 200) -> HttpResponse:
    now = clock.now()
    page = console.keyset(request, selector.decisions_of(entry))
    context = {
        "entry": entry,
        "facts": _facts(entry, now),
        "is_in_force": _state(entry, now) == "IN_FORCE",
        "may_change": request.user.has_perm(CHANGE),
        "form": form,
        "page": page,
        "table": decisions_table(page.rows, empty="No decision counted it yet"),
    }
    return console.render(request, "fraud/list_entry.html", context, status=status)


def _added(request: HttpRequest, found: List, form: EntryForm, now: datetime) -> HttpResponse:
    """Raises what adding and asking refuse."""
    given: dict[str, Any] = {
        "name": found.name,
        "livemode": console.is_live(request),
        "value": form.cleaned_data["value"],
        "reason": form.cleaned_data["reason"],
        "expires_at": form.ends(now),
        "actor": console.actor(request),
        "now": now,
    }
    if found.effect == ListEffect.ALLOW:
        asked = acts.ask_entry(**given)
        messages.success(request, "Asked. It counts with the signature of a second person.")
        return HttpResponseRedirect(reverse("admin:approval", args=[asked.request_id]))
    lists.add(**given)
    messages.success(request, "Added. Payments from now on are compared with it.")
    return HttpResponseRedirect(reverse("admin:fraud_list", args=[found.name]))


def _lists_page(request: HttpRequest, form: ListForm, now: datetime, *, status: int = 200) -> HttpResponse:
    columns = [
        Column("List", "name"),
        Column("Is for", "effect", "status"),
        Column("Holds", "holds"),
        Column("In force", "in_force", "number"),
        Column("Purpose", "purpose", hide_on_phone=True),
        Column("Answers for it", "owner", hide_on_phone=True),
    ]
    rows = [
        {
            "url": reverse("admin:fraud_list", args=[each.name]),
            "name": each.name,
            "effect": each.effect,
            "holds": each.get_kind_display(),
            "in_force": each.in_force,  # type: ignore[attr-defined]
            "purpose": each.purpose,
            "owner": each.owner.partition(":")[2],
        }
        for each in selector.list_all(livemode=console.is_live(request), now=now)
    ]
    context = {
        "form": form,
        "may_change": request.user.has_perm(CHANGE),
        "table": Table(columns, rows, caption="Lists", empty="There is no list", hint="Migrating installs the first."),
    }
    return console.render(request, "fraud/lists.html", context, status=status)


def _list_page(request: HttpRequest, found: List, form: EntryForm, now: datetime, *, status: int = 200) -> HttpResponse:
    page = console.keyset(request, selector.all_entries(name=found.name, livemode=console.is_live(request)))
    hits = selector.count_hits(page.rows)
    columns = [
        Column("Value", "value", personal=True),
        Column("State", "state", "status"),
        Column("Decisions", "decisions", "number"),
        Column("Last", "last_at", "time", hide_on_phone=True),
        Column("Ends", "ends", "stamp", hide_on_phone=True),
        Column("Reason", "reason", hide_on_phone=True),
    ]
    context = {
        "list": found,
        "form": form,
        "is_signed": found.effect == ListEffect.ALLOW,
        "may_change": request.user.has_perm(CHANGE),
        "page": page,
        "table": Table(
            columns,
            [_entry_row(entry, hits[entry.entry_id], now) for entry in page.rows],
            caption="Entries",
            empty="Nobody is on this list",
            hint="An entry has a reason and an end, and is compared with every payment from the moment it is added.",
        ),
    }
    return console.render(request, "fraud/list.html", context, status=status)


def _entry_row(entry: ListEntry, hits: EntryHits, now: datetime) -> dict[str, object]:
    return {
        "url": reverse("admin:fraud_list_entry", args=[entry.entry_id]),
        "value": shown_value(entry.value),
        "state": _state(entry, now),
        "decisions": hits.decisions,
        "last_at": hits.last_at,
        "ends": entry.ended_at or entry.expires_at,
        "reason": entry.reason,
    }


def _facts(entry: ListEntry, now: datetime) -> list[Fact]:
    return [
        Fact("State", _state(entry, now), "status"),
        Fact("List", entry.list.name, url=reverse("admin:fraud_list", args=[entry.list.name])),
        Fact("Value", entry.value, "code"),
        Fact("Reason", entry.reason),
        Fact("Added", entry.added_at, "stamp"),
        Fact("By", entry.added_by.partition(":")[2]),
        Fact("Signed", entry.approval_id, "id"),
        Fact("Ends by itself", entry.expires_at, "stamp"),
        *(
            [
                Fact("Ended", entry.ended_at, "stamp"),
                Fact("Ended by", entry.ended_by.partition(":")[2]),
                Fact("Ended because", entry.ended_reason),
            ]
            if entry.ended_at
            else []
        ),
    ]


def shown_value(value: str) -> str:
    """A hash by its beginning: nobody reads the rest."""
    return value if len(value) <= 40 else f"{value[:12]}…"


def _state(entry: ListEntry, now: datetime) -> str:
    if entry.ended_at:
        return "ENDED"
    return "IN_FORCE" if entry.expires_at > now else "EXPIRED"


def longest_life(found: List, now: datetime) -> int:
    name = "fraud.allow_entry_days" if found.effect == ListEffect.ALLOW else "fraud.list_entry_days"
    days: int = parameters.read(name, at=now)
    return days


def complain(form: Any, refused: Refusal) -> None:
    """At the field where the refusal names one that the form has."""
    if not refused.errors:
        form.add_error(None, f"{refused.detail[:1].upper()}{refused.detail[1:]}.")
    for error in refused.errors:
        name = error.pointer.removeprefix("/").replace("expires_at", "days")
        form.add_error(name if name in form.fields else None, f"{error.reason[:1].upper()}{error.reason[1:]}.")


def _list(name: str) -> List:
    try:
        return selector.get(name=name)
    except selector.ListNotFound as unknown:
        raise Http404 from unknown


def _entry(request: HttpRequest, entry_id: str) -> ListEntry:
    try:
        entry = selector.get_entry(entry_id=entry_id)
    except selector.EntryNotFound as unknown:
        raise Http404 from unknown
    if entry.livemode != console.is_live(request):
        raise Http404
    return entry
