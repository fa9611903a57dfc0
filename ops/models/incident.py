"""What an alarm became: somebody sees it by one hour, and it is over by another."""

from django.db import models
from django.db.models import F, Q

from ops.enums import IncidentState, IncidentStep, Severity


class Incident(models.Model):
    """One open per alarm and subject; the same alarm again counts as a further hit. A resolved one never changes.

    `due_at` is the next of its two deadlines, and what the list is ordered by. `url` is the page to begin with,
    inside the console. `acknowledged_by` and `resolved_by` are actors.
    """

    incident_id = models.CharField(max_length=40, unique=True)
    alarm = models.CharField(max_length=80)
    subject = models.CharField(max_length=120)
    severity = models.CharField(max_length=2, choices=Severity)
    summary = models.CharField(max_length=500)
    url = models.CharField(max_length=300, blank=True, default="", db_default="")
    state = models.CharField(max_length=12, choices=IncidentState, default=IncidentState.OPEN)
    opened_at = models.DateTimeField()
    hits = models.PositiveIntegerField(default=1)
    last_at = models.DateTimeField()
    acknowledge_by = models.DateTimeField()
    resolve_by = models.DateTimeField()
    due_at = models.DateTimeField()
    acknowledged_by = models.CharField(max_length=120, blank=True, default="", db_default="")
    acknowledged_at = models.DateTimeField(null=True)
    resolved_by = models.CharField(max_length=120, blank=True, default="", db_default="")
    resolved_at = models.DateTimeField(null=True)
    cause = models.CharField(max_length=1000, blank=True, default="", db_default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["alarm", "subject"],
                condition=~Q(state=IncidentState.RESOLVED),
                name="alarm_has_one_incident_at_a_time",
            ),
            models.CheckConstraint(condition=Q(state__in=IncidentState.values), name="incident_state_is_known"),
            models.CheckConstraint(condition=Q(severity__in=Severity.values), name="incident_severity_is_known"),
            models.CheckConstraint(
                condition=Q(hits__gte=1, last_at__gte=F("opened_at")), name="incident_counts_its_hits"
            ),
            models.CheckConstraint(
                condition=Q(resolve_by__gte=F("acknowledge_by")), name="incident_is_seen_before_it_is_over"
            ),
            models.CheckConstraint(
                condition=Q(state=IncidentState.OPEN, acknowledged_by="", acknowledged_at=None)
                | (~Q(state=IncidentState.OPEN) & ~Q(acknowledged_by="") & Q(acknowledged_at__isnull=False)),
                name="incident_is_acknowledged_by_somebody",
            ),
            models.CheckConstraint(
                condition=(
                    Q(state=IncidentState.RESOLVED, resolved_at__isnull=False) & ~Q(resolved_by="") & ~Q(cause="")
                )
                | (~Q(state=IncidentState.RESOLVED) & Q(resolved_by="", cause="", resolved_at=None)),
                name="incident_is_resolved_with_a_cause",
            ),
        ]
        indexes = [
            models.Index(fields=["due_at", "id"], condition=~Q(state=IncidentState.RESOLVED), name="incident_by_due"),
            models.Index(fields=["resolved_at", "id"], name="incident_by_end"),
        ]

    def __str__(self) -> str:
        return self.incident_id


class IncidentLine(models.Model):
    """Append-only: a line of an incident's story. `said_by` is an actor, `text` what that one said."""

    incident = models.ForeignKey(Incident, on_delete=models.PROTECT, related_name="lines")
    at = models.DateTimeField()
    step = models.CharField(max_length=12, choices=IncidentStep)
    said_by = models.CharField(max_length=120)
    text = models.CharField(max_length=1000, blank=True, default="", db_default="")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(step__in=IncidentStep.values), name="incident_step_is_known"),
        ]

    def __str__(self) -> str:
        return f"{self.incident_id} {self.step}"
