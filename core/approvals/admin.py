"""The engine's tables in the record browser: to read, never to write."""

from django.contrib import admin

from core.approvals import models
from core.console.records import RecordAdmin


@admin.register(models.ApprovalRequest)
class ApprovalRequestAdmin(RecordAdmin):
    list_display = ("request_id", "action", "subject", "state", "asked_by", "asked_at", "expires_at")
    search_fields = ("request_id",)


@admin.register(models.Signature)
class SignatureAdmin(RecordAdmin):
    list_display = ("id", "request", "revision", "verdict", "signed_by", "origin", "signed_at")
    list_select_related = ("request",)


@admin.register(models.ContentChange)
class ContentChangeAdmin(RecordAdmin):
    list_display = ("id", "request", "revision", "voided", "noticed_at")
    list_select_related = ("request",)


@admin.register(models.PolicyVersion)
class PolicyVersionAdmin(RecordAdmin):
    list_display = ("action", "effective_from", "created_by", "approval_id", "reason")


@admin.register(models.Affiliation)
class AffiliationAdmin(RecordAdmin):
    list_display = ("email", "party_id", "other_email", "nature", "since", "until", "declared_by")
    search_fields = ("email", "party_id", "other_email")
