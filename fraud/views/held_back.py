"""Rules that are asked and have no effect: which, for whom, why, until when, and what that hid."""

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from core import clock, console
from core.console.components import Column, Fact, Table
from core.errors import Refusal
from core.money import Currency, Money
from core.parameters import services as parameters
from fraud.forms.lists import EndForm, SuppressionForm
from fraud.models import RulePause, Suppression
from fraud.selectors import hold_backs, rule_sets
from fraud.selectors.hold_backs import Hidden
from fraud.services import suppressions
from fraud.views.lists import complain, decisions_table, shown_value

VIEW, SUPPRESS = "fraud.view_suppression", "fraud.suppress_rule"

console.jump(prefix="sup_", label="Suppression", to="admin:suppression")
console.jump(prefix="rps_", label="Pause of a rule", to="admin:rule_pause")


@console.page(path="fraud/held-back/", name="held_back", title="Silent rules", nav=("Fraud", 55), permission=VIEW)
def held_back(request: HttpRequest) -> HttpResponse:
    """Paused rules and suppressions with what each hid."""
    now = clock.now()
    first = {name: request.GET.get(name, "")[:128] for name in ("code", "kind", "value")}
    return _page(request, SuppressionForm(**_choices(now), initial=first), now)


@console.page(
    path="fraud/held-back/add/", name="suppression_add", title="Suppress a rule", permission=SUPPRESS, methods=("POST",)
)
def suppression_add(request: HttpRequest) -> HttpResponse:
    """One rule for one customer, card, device or seller, for a time."""
    now = clock.now()
    form = SuppressionForm(request.POST, **_choices(now))
    if form.is_valid():
        try:
            made = suppressions.add(
                livemode=console.is_live(request),
                code=form.cleaned_data["code"],
                kind=form.cleaned_data["kind"],
                value=form.cleaned_data["value"],
                reason=form.cleaned_data["reason"],
                expires_at=form.ends(now),
                actor=console.actor(request),
                now=now,
            )
        except Refusal as refused:
            complain(form, refused)
        else:
            messages.success(request, "Suppressed. The rule is asked all the same, and what it would do is kept.")
            return HttpResponseRedirect(reverse("admin:suppression", args=[made.suppression_id]))
    return _page(request, form, now, status=400)


@console.page(
    path="fraud/suppressions/<str:suppression_id>/",
    name="suppression",
    title="Suppression",
    permission=VIEW,
    shows=console.Shows("suppression", "suppression_id"),
)
def suppression_page(request: HttpRequest, suppression_id: str) -> HttpResponse:
    """Why it is there, what it hid, and its end."""
    return _suppression_page(request, _suppression(request, suppression_id), EndForm())


@console.page(
    path="fraud/suppressions/<str:suppression_id>/end/",
    name="suppression_end",
    title="End a suppression",
    permission=SUPPRESS,
    methods=("POST",),
)
def suppression_end(request: HttpRequest, suppression_id: str) -> HttpResponse:
    """The rule has its effect again from now on."""
    found, form = _suppression(request, suppression_id), EndForm(request.POST)
    if form.is_valid():
        reason, actor = form.cleaned_data["reason"], console.actor(request)
        try:
            suppressions.end(suppression_id=suppression_id, reason=reason, actor=actor, now=clock.now())
        except Refusal as refused:
            complain(form, refused)
        else:
            messages.success(request, "Ended. The rule has its effect again from now on.")
            return HttpResponseRedirect(reverse("admin:suppression", args=[suppression_id]))
    return _suppression_page(request, found, form, status=400)


@console.page(path="fraud/pauses/<str:pause_id>/", name="rule_pause", title="Pause of a rule", permission=VIEW)
def pause_page(request: HttpRequest, pause_id: str) -> HttpResponse:
    """One pause and the decisions of this mode that it had a part in."""
    found = RulePause.objects.filter(pause_id=pause_id).first()
    if found is None:
        raise Http404
    page = console.keyset(request, hold_backs.decisions_hidden_by(pause_id).filter(livemode=console.is_live(request)))
    context = {
        "pause": found,
        "facts": [
            Fact("State", "PAUSED" if found.resumed_at is None else "ENDED", "status"),
            Fact("Rule", found.code, "code"),
            Fact("Reason", found.reason),
            Fact("Paused", found.paused_at, "stamp"),
            Fact("By", found.paused_by.partition(":")[2]),
            Fact("Resumed", found.resumed_at, "stamp"),
            Fact("Signed", found.approval_id, "id"),
        ],
        "hidden": hold_backs.hidden_by([pause_id]).get(pause_id, []),
        "page": page,
        "table": decisions_table(page.rows, empty="It hid nothing so far"),
    }
    return console.render(request, "fraud/rule_pause.html", context)


def _choices(now: datetime) -> dict[str, Any]:
    """What may be suppressed, and for how long."""
    codes = sorted(rule.code for rule in rule_sets.list_rules_in_use() if rule.floor not in suppressions.STANDING)
    return {"codes": codes, "longest": parameters.read("fraud.suppression_days", at=now)}


def _suppression_page(request: HttpRequest, found: Suppression, form: EndForm, *, status: int = 200) -> HttpResponse:
    now, name = clock.now(), found.suppression_id
    page = console.keyset(request, hold_backs.decisions_hidden_by(name).filter(livemode=found.livemode))
    context = {
        "suppression": found,
        "facts": _facts(found, now),
        "hidden": hold_backs.hidden_by([name]).get(name, []),
        "is_in_force": _state(found, now) == "IN_FORCE",
        "may_suppress": request.user.has_perm(SUPPRESS),
        "form": form,
        "page": page,
        "table": decisions_table(page.rows, empty="It hid nothing so far"),
    }
    return console.render(request, "fraud/suppression.html", context, status=status)


def _page(request: HttpRequest, form: SuppressionForm, now: datetime, *, status: int = 200) -> HttpResponse:
    paused = hold_backs.list_paused()
    page = console.keyset(request, hold_backs.all_suppressions(livemode=console.is_live(request)))
    hidden = hold_backs.hidden_by([pause.pause_id for pause in paused] + [row.suppression_id for row in page.rows])
    context = {
        "form": form,
        "may_suppress": request.user.has_perm(SUPPRESS),
        "paused": _pauses(paused, hidden),
        "page": page,
        "table": _suppressions(page.rows, hidden, now),
    }
    return console.render(request, "fraud/held_back.html", context, status=status)


def _pauses(rows: list[RulePause], hidden: dict[str, list[Hidden]]) -> Table:
    columns = [
        Column("Rule", "code"),
        Column("Since", "since", "time"),
        Column("Reason", "reason"),
        Column("By", "by", hide_on_phone=True),
        Column("Hid", "hid"),
        Column("Turned out", "turned_out", hide_on_phone=True),
    ]
    shown = [
        {
            "url": reverse("admin:rule_pause", args=[row.pause_id]),
            "code": row.code,
            "since": row.paused_at,
            "reason": row.reason,
            "by": row.paused_by.partition(":")[2],
            **in_words(hidden.get(row.pause_id, [])),
        }
        for row in rows
    ]
    return Table(columns, shown, caption="Paused rules", empty="Every rule has its effect")


def _suppressions(rows: list[Suppression], hidden: dict[str, list[Hidden]], now: datetime) -> Table:
    columns = [
        Column("Rule", "code"),
        Column("Silent for", "value", personal=True),
        Column("Hid", "hid"),
        Column("Turned out", "turned_out", hide_on_phone=True),
        Column("State", "state", "status"),
        Column("Ends", "ends", "stamp", hide_on_phone=True),
        Column("Reason", "reason", hide_on_phone=True),
    ]
    shown = [
        {
            "url": reverse("admin:suppression", args=[row.suppression_id]),
            "code": row.code,
            "value": f"{row.get_kind_display().lower()} {shown_value(row.value)}",
            "state": _state(row, now),
            "ends": row.ended_at or row.expires_at,
            "reason": row.reason,
            **in_words(hidden.get(row.suppression_id, [])),
        }
        for row in rows
    ]
    return Table(
        columns, shown, caption="Suppressions", empty="No rule is silent for anybody",
        hint="A suppression keeps one rule from having its effect for one customer, card, device or seller.",
    )  # fmt: skip


def in_words(lines: list[Hidden]) -> dict[str, str]:
    """`3 decisions, 150.00 USD` and `1 fraud, 1 genuine, 1 not known yet`."""
    if not lines:
        return {"hid": "nothing so far", "turned_out": ""}
    decisions = sum(line.decisions for line in lines)
    fraud, genuine = sum(line.fraud for line in lines), sum(line.genuine for line in lines)
    amounts = ", ".join(str(Money(line.amount_minor, Currency[line.currency])) for line in lines)
    return {
        "hid": f"{decisions} decision{'' if decisions == 1 else 's'}, {amounts}",
        "turned_out": f"{fraud} fraud, {genuine} genuine, {decisions - fraud - genuine} not known yet",
    }


def _facts(found: Suppression, now: datetime) -> list[Fact]:
    return [
        Fact("State", _state(found, now), "status"),
        Fact("Rule", found.code, "code"),
        Fact("Silent for", found.get_kind_display()),
        Fact("Which", found.value, "code"),
        Fact("Reason", found.reason),
        Fact("Added", found.added_at, "stamp"),
        Fact("By", found.added_by.partition(":")[2]),
        Fact("Ends by itself", found.expires_at, "stamp"),
        *(
            [
                Fact("Ended", found.ended_at, "stamp"),
                Fact("Ended by", found.ended_by.partition(":")[2]),
                Fact("Ended because", found.ended_reason),
            ]
            if found.ended_at
            else []
        ),
    ]


def _state(found: Suppression, now: datetime) -> str:
    if found.ended_at:
        return "ENDED"
    return "IN_FORCE" if found.expires_at > now else "EXPIRED"


def _suppression(request: HttpRequest, suppression_id: str) -> Suppression:
    try:
        found = hold_backs.get_suppression(suppression_id=suppression_id)
    except hold_backs.SuppressionNotFound as unknown:
        raise Http404 from unknown
    if found.livemode != console.is_live(request):
        raise Http404
    return found
