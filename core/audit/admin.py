from django.contrib import admin

from core.audit.models import AuditEntry, AuditLink
from core.console.records import RecordAdmin


@admin.register(AuditEntry)
class AuditEntryAdmin(RecordAdmin):
    list_display = ("recorded_at", "actor_kind", "actor_id", "action", "subject", "result", "correlation_id")
    search_fields = ("id", "subject", "correlation_id")


@admin.register(AuditLink)
class AuditLinkAdmin(RecordAdmin):
    list_display = ("seq", "entry", "sealed_at")
    list_select_related = ("entry",)
    search_fields = ("seq", "entry_id")
