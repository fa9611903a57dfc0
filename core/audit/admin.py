from django.contrib import admin

from core.audit.models import AuditEntry, AuditLink, AuditVerification
from core.console.records import RecordAdmin


@admin.register(AuditEntry)
class AuditEntryAdmin(RecordAdmin):
    list_display = ("recorded_at", "actor_kind", "actor_id", "action", "subject", "result", "correlation_id")
    search_fields = ("id", "subject", "correlation_id")
    work_page = ("admin:audit_entry", "id")


@admin.register(AuditLink)
class AuditLinkAdmin(RecordAdmin):
    list_display = ("seq", "entry", "sealed_at")
    search_fields = ("seq", "entry_id")
    work_page = ("admin:audit_entry", "entry_id")


@admin.register(AuditVerification)
class AuditVerificationAdmin(RecordAdmin):
    list_display = ("public_id", "scope", "state", "requested_by", "requested_at", "links", "unlisted")
    search_fields = ("public_id",)
    work_page = ("admin:audit_verification", "public_id")
