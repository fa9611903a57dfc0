"""Incidents: what is due next first, and the page on which one is seen, noted and ended."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from core import clock, console
from core.console.components import Column, Event, Fact, Table
from core.console.templatetags.console import relative
from core.errors import Refusal
from ops.enums import IncidentState, IncidentStep, Severity
from ops.forms import INCIDENT_VIEWS, CauseForm, IncidentFilter, NoteForm
from ops.models import Incident
from ops.selectors import incidents
from ops.selectors.incidents import IncidentNotFound
from ops.services import incidents as incident_services

VIEW, RESOLVE = "ops.view_incident", "ops.resolve_incident"

console.colour(P1="bad", P2="careful", P3="busy", P4="quiet")
console.jump(prefix="inc_", label="Incident", to="admin:incident")

STEP_TONES = {
    IncidentStep.OPENED: "bad",
    IncidentStep.WORSENED: "bad",
    IncidentStep.CHANGED: "careful",
    IncidentStep.ACKNOWLEDGED: "busy",
    IncidentStep.RESOLVED: "good",
}


@dataclass(frozen=True, slots=True)
class IncidentRow:
    """An incident as a line of the list."""

    incident: Incident
    now: datetime

    @property
    def url(self) -> str:
        return reverse("admin:incident", args=[self.incident.incident_id])

    @property
    def state(self) -> str:
        return self.incident.get_state_display()

    @property
    def clock(self) -> str:
        return in_words(self.incident, self.now)


def in_words(incident: Incident, now: datetime) -> str:
    """What its clock says: `to be seen in 4 min`, `should have been resolved 3 h ago`; empty once it is over."""
    if incident.state == IncidentState.RESOLVED:
        return ""
    what = "seen" if incident.state == IncidentState.OPEN else "resolved"
    moment = relative(incident.due_at, now)
    return f"to be {what} {moment}" if incident.due_at > now else f"should have been {what} {moment}"


@console.page(path="incidents/", name="incidents", title="Incidents", nav=("Work", 15), permission=VIEW, key="i")
def incident_list(request: HttpRequest) -> HttpResponse:
    """What is not over, the next deadline first; or what was resolved, newest first."""
    now, show = clock.now(), (form := IncidentFilter(request.GET)).wanted()
    page = None
    if show == "resolved":
        page = console.keyset(request, incidents.all_resolved(), by=("resolved_at", "id"))
    found = page.rows if page else incidents.list_open()
    context = {
        "form": form,
        "counted": incidents.count_open(now=now),
        "table": _table(found, now, is_over=page is not None),
        "page": page,
        "limit": incidents.SHOWN if page is None and len(found) == incidents.SHOWN else None,
        "title": dict(INCIDENT_VIEWS)[show],
    }
    return console.render(request, "ops/incidents.html", context)


@console.page(path="incidents/<str:incident_id>/", name="incident", title="Incident", permission=VIEW)
def incident_page(request: HttpRequest, incident_id: str) -> HttpResponse:
    """What is wrong, where to begin, what was done, and the next step."""
    return _page(request, _incident(incident_id), NoteForm(), CauseForm())


@console.page(
    path="incidents/<str:incident_id>/acknowledge/",
    name="incident_acknowledge",
    title="Acknowledge incident",
    permission=RESOLVE,
    methods=("POST",),
)
def incident_acknowledge(request: HttpRequest, incident_id: str) -> HttpResponse:
    _incident(incident_id)
    return _done(request, incident_id, incident_services.acknowledge)


@console.page(
    path="incidents/<str:incident_id>/note/",
    name="incident_note",
    title="Note on incident",
    permission=RESOLVE,
    methods=("POST",),
)
def incident_note(request: HttpRequest, incident_id: str) -> HttpResponse:
    incident, form = _incident(incident_id), NoteForm(request.POST)
    if not form.is_valid():
        return _page(request, incident, form, CauseForm(), status=400)
    return _done(request, incident_id, incident_services.note, text=form.cleaned_data["text"])


@console.page(
    path="incidents/<str:incident_id>/resolve/",
    name="incident_resolve",
    title="Resolve incident",
    permission=RESOLVE,
    methods=("POST",),
)
def incident_resolve(request: HttpRequest, incident_id: str) -> HttpResponse:
    incident, form = _incident(incident_id), CauseForm(request.POST)
    if not form.is_valid():
        return _page(request, incident, NoteForm(), form, status=400)
    return _done(request, incident_id, incident_services.resolve, cause=form.cleaned_data["cause"])


def _done(request: HttpRequest, incident_id: str, verb: Callable[..., Any], **said: str) -> HttpResponse:
    """Back to the incident, with the refusal in words if there was one."""
    try:
        verb(incident_id=incident_id, actor=console.actor(request), now=clock.now(), **said)
    except Refusal as refused:
        messages.error(request, f"{refused.detail[:1].upper()}{refused.detail[1:]}.")
    return HttpResponseRedirect(reverse("admin:incident", args=[incident_id]))


def _page(request: HttpRequest, incident: Incident, note: Form, cause: Form, *, status: int = 200) -> HttpResponse:
    now = clock.now()
    context = {
        "incident": incident,
        "severity": Severity(incident.severity).label,
        "clock": in_words(incident, now),
        "is_late": incident.state != IncidentState.RESOLVED and incident.due_at <= now,
        "may_resolve": request.user.has_perm(RESOLVE),
        "note": note,
        "cause": cause,
        "facts": _facts(incident),
        "events": _events(incident),
    }
    return console.render(request, "ops/incident.html", context, status=status)


def _incident(incident_id: str) -> Incident:
    try:
        return incidents.get(incident_id=incident_id)
    except IncidentNotFound as unknown:
        raise Http404 from unknown


def _table(found: list[Incident], now: datetime, *, is_over: bool) -> Table:
    ends = [Column("Resolved", "incident.resolved_at", "time")] if is_over else [Column("Clock", "clock")]
    return Table(
        [
            Column("Severity", "incident.severity", "status"),
            *ends,
            Column("What", "incident.summary"),
            Column("About", "incident.subject", "code", hide_on_phone=True),
            Column("Hits", "incident.hits", "number", hide_on_phone=True),
            Column("Last", "incident.last_at", "time", hide_on_phone=True),
            *([] if is_over else [Column("State", "state", hide_on_phone=True)]),
        ],
        [IncidentRow(incident, now) for incident in found],
        caption="Incidents",
        empty="Nothing was resolved yet" if is_over else "No alarm is open",
        hint="" if is_over else "What needs a person at once appears here, with the time by which it must be seen.",
    )


def _facts(incident: Incident) -> list[Fact]:
    facts = [
        Fact("Alarm", incident.alarm, "code"),
        Fact("About", incident.subject, "code"),
        Fact("Raised", incident.opened_at, "stamp"),
        Fact("Hits", incident.hits, "number"),
        Fact("Last hit", incident.last_at, "stamp"),
        Fact("To be seen by", incident.acknowledge_by, "stamp"),
        Fact("To be resolved by", incident.resolve_by, "stamp"),
    ]
    return [fact for fact in facts if fact.value]


def _events(incident: Incident) -> list[Event]:
    return [
        Event(
            at=line.at,
            title=line.get_step_display(),
            detail=line.text,
            actor=line.said_by.partition(":")[2],
            tone=STEP_TONES.get(IncidentStep(line.step), "neutral"),
        )
        for line in incidents.list_lines(incident)
    ]
