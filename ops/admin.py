"""Read-only records."""

from django.contrib import admin

from core.console.records import RecordAdmin
from ops.models import Incident, IncidentLine


@admin.register(Incident)
class IncidentAdmin(RecordAdmin):
    list_display = ("incident_id", "severity", "state", "alarm", "subject", "opened_at", "hits", "resolved_at")
    search_fields = ("incident_id",)
    work_page = ("admin:incident", "incident_id")


@admin.register(IncidentLine)
class IncidentLineAdmin(RecordAdmin):
    list_display = ("incident", "at", "step", "said_by", "text")
