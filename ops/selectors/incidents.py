"""Reads of incidents."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Min, Q, QuerySet

from core.errors import Refusal
from ops.enums import IncidentState, Severity
from ops.models import Incident, IncidentLine

SHOWN = 100


class IncidentNotFound(Refusal):
    code = "INCIDENT_NOT_FOUND"
    status = 404
    title = "No such incident"


@dataclass(frozen=True, slots=True)
class Open:
    """Incidents that are not over: all, those nobody has seen, those past a deadline, and the worst severity."""

    total: int
    unseen: int
    late: int
    worst: Severity | None


def get(*, incident_id: str) -> Incident:
    """Raises IncidentNotFound."""
    found = Incident.objects.filter(incident_id=incident_id).first()
    if found is None:
        raise IncidentNotFound(f"no incident is named {incident_id}")
    return found


def list_open() -> list[Incident]:
    """Whatever is due first comes first; at most the first hundred."""
    return list(_unresolved().order_by("due_at", "id")[:SHOWN])


def all_resolved() -> QuerySet[Incident]:
    """For pages, by `resolved_at` and `id`."""
    return Incident.objects.filter(state=IncidentState.RESOLVED, resolved_at__isnull=False)


def list_lines(incident: Incident) -> list[IncidentLine]:
    """Its story, oldest first."""
    return list(IncidentLine.objects.filter(incident=incident).order_by("id"))


def count_open(*, now: datetime) -> Open:
    counted = _unresolved().aggregate(
        total=Count("pk"),
        unseen=Count("pk", filter=Q(state=IncidentState.OPEN)),
        late=Count("pk", filter=Q(due_at__lte=now)),
        worst=Min("severity"),
    )
    worst = counted.pop("worst")
    return Open(worst=Severity(worst) if worst else None, **counted)


def _unresolved() -> QuerySet[Incident]:
    return Incident.objects.exclude(state=IncidentState.RESOLVED)
