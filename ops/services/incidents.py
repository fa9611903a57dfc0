"""Alarms become incidents; people acknowledge, note and resolve them."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from core import ids
from core.actors import SYSTEM, Actor
from core.audit import services as audit
from core.errors import Refusal
from core.telemetry.redaction import redact
from ops import parameters
from ops.enums import IncidentState, IncidentStep, Severity
from ops.models import Incident, IncidentLine
from ops.selectors.incidents import IncidentNotFound


class UnknownSeverity(Refusal):
    code = "UNKNOWN_SEVERITY"
    title = "A severity is one of P1 to P4"


class UnableToAcknowledge(Refusal):
    code = "INCIDENT_NOT_ACKNOWLEDGED"
    status = 409
    title = "The incident cannot be acknowledged"


class UnableToNote(Refusal):
    code = "INCIDENT_NOT_NOTED"
    status = 409
    title = "Nothing can be noted on the incident"


class UnableToResolve(Refusal):
    code = "INCIDENT_NOT_RESOLVED"
    status = 409
    title = "The incident cannot be resolved"


@dataclass(frozen=True, slots=True)
class Alarm:
    """What was raised: `alarm` is the kind, `subject` the thing, `severity` a word of `Severity`, `url` our page."""

    alarm: str
    subject: str
    severity: str
    summary: str
    url: str
    raised_at: datetime


def open_or_continue(alarm: Alarm) -> Incident:
    """One open incident per alarm and subject; the same alarm again is a further hit of it.

    A hit never makes an incident milder: a more severe one brings its deadlines nearer. Other words than before are a
    line of the story. Raises UnknownSeverity.
    """
    if alarm.severity not in Severity.values:
        raise UnknownSeverity(f"{alarm.alarm} came with severity {alarm.severity!r}")
    candidate = _candidate(alarm)
    with transaction.atomic():
        incident = _only_open(candidate)
        if incident.incident_id == candidate.incident_id:
            _tell(incident, IncidentStep.OPENED, incident.summary, actor=SYSTEM, now=alarm.raised_at)
        else:
            _count(incident, alarm, candidate)
    return incident


def acknowledge(*, incident_id: str, actor: Actor, now: datetime) -> Incident:
    """Somebody has seen it and looks into it. Raises UnableToAcknowledge once somebody has, or it is over."""
    with transaction.atomic():
        incident = _locked(incident_id)
        if incident.state != IncidentState.OPEN:
            raise UnableToAcknowledge(f"the incident is {incident.get_state_display().lower()}")
        _see(incident, actor=actor, now=now)
        incident.state, incident.due_at = IncidentState.ACKNOWLEDGED, incident.resolve_by
        incident.save(update_fields=["state", "due_at", "acknowledged_by", "acknowledged_at"])
        _tell(incident, IncidentStep.ACKNOWLEDGED, "", actor=actor, now=now)
    return incident


def note(*, incident_id: str, text: str, actor: Actor, now: datetime) -> IncidentLine:
    """A line in the story. Raises UnableToNote without a word, or when the incident is over."""
    if not text.strip():
        raise UnableToNote("a note says something")
    with transaction.atomic():
        incident = _locked(incident_id)
        if incident.state == IncidentState.RESOLVED:
            raise UnableToNote("the incident is resolved")
        return _tell(incident, IncidentStep.NOTED, text.strip(), actor=actor, now=now)


def resolve(*, incident_id: str, cause: str, actor: Actor, now: datetime) -> Incident:
    """It is over, and why it came is known; one that nobody had acknowledged is so by this.

    Raises UnableToResolve without a cause, or when it is resolved.
    """
    if not cause.strip():
        raise UnableToResolve("resolving needs the cause")
    with transaction.atomic():
        incident = _locked(incident_id)
        if incident.state == IncidentState.RESOLVED:
            raise UnableToResolve("the incident is resolved")
        if incident.state == IncidentState.OPEN:
            _see(incident, actor=actor, now=now)
        incident.state, incident.cause = IncidentState.RESOLVED, redact(cause.strip())[:1000]
        incident.resolved_by, incident.resolved_at = str(actor), now
        incident.save()
        _tell(incident, IncidentStep.RESOLVED, incident.cause, actor=actor, now=now)
    return incident


def end_by_itself(*, alarm: str, subject: str, cause: str, at: datetime) -> bool:
    """What the alarm was about works again. False where none is open, or where it was heard of again after `at`."""
    with transaction.atomic():
        open_ = Incident.objects.filter(alarm=alarm, subject=subject, last_at__lte=at)
        incident_id = open_.exclude(state=IncidentState.RESOLVED).values_list("incident_id", flat=True).first()
        if incident_id is None:
            return False
        resolve(incident_id=incident_id, cause=cause, actor=SYSTEM, now=at)
    return True


def _candidate(alarm: Alarm) -> Incident:
    severity = Severity(alarm.severity)
    acknowledge_by, resolve_by = parameters.deadlines(severity, alarm.raised_at)
    inside = alarm.url.startswith("/") and not alarm.url.startswith("//")
    return Incident(
        incident_id=ids.prefixed("inc", alarm.raised_at),
        alarm=alarm.alarm,
        subject=alarm.subject,
        severity=severity,
        summary=redact(alarm.summary)[:500],
        url=alarm.url if inside else "",
        opened_at=alarm.raised_at,
        last_at=alarm.raised_at,
        acknowledge_by=acknowledge_by,
        resolve_by=resolve_by,
        due_at=acknowledge_by,
    )


def _only_open(candidate: Incident) -> Incident:
    """The locked one of the candidate's alarm and subject. If it is resolved while we wait for it, once more."""
    while True:
        Incident.objects.bulk_create([candidate], ignore_conflicts=True)
        found = (
            Incident.objects.select_for_update()
            .filter(alarm=candidate.alarm, subject=candidate.subject)
            .exclude(state=IncidentState.RESOLVED)
            .first()
        )
        if found:
            return found


def _count(incident: Incident, alarm: Alarm, candidate: Incident) -> None:
    """One more hit of an incident that is open; events come in no promised order."""
    worse, other = candidate.severity < incident.severity, candidate.summary != incident.summary
    incident.hits += 1
    incident.last_at = max(incident.last_at, alarm.raised_at)
    if worse:
        incident.severity = candidate.severity
        incident.acknowledge_by = min(incident.acknowledge_by, candidate.acknowledge_by)
        incident.resolve_by = max(incident.acknowledge_by, min(incident.resolve_by, candidate.resolve_by))
        incident.due_at = incident.acknowledge_by if incident.state == IncidentState.OPEN else incident.resolve_by
    if other:
        incident.summary, incident.url = candidate.summary, candidate.url or incident.url
    incident.save()
    if worse or other:
        step = IncidentStep.WORSENED if worse else IncidentStep.CHANGED
        _tell(incident, step, candidate.summary, actor=SYSTEM, now=alarm.raised_at)


def _see(incident: Incident, *, actor: Actor, now: datetime) -> None:
    incident.acknowledged_by, incident.acknowledged_at = str(actor), now


def _locked(incident_id: str) -> Incident:
    incident = Incident.objects.select_for_update().filter(incident_id=incident_id).first()
    if incident is None:
        raise IncidentNotFound(f"no incident is named {incident_id}")
    return incident


def _tell(incident: Incident, step: IncidentStep, text: str, *, actor: Actor, now: datetime) -> IncidentLine:
    """The line of the story and the entry of the record."""
    audit.record(
        actor=actor,
        action=f"ops.incident.{step.lower()}",
        subject=incident.incident_id,
        at=now,
        details={
            "alarm": incident.alarm,
            "subject": incident.subject,
            "severity": str(incident.severity),
            "said": text,
        },
    )
    return IncidentLine.objects.create(
        incident=incident, at=now, step=step, said_by=str(actor), text=redact(text)[:1000]
    )
