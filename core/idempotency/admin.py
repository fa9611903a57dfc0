"""Idempotent requests in the record browser; the stored answer is what its caller saw."""

from django.contrib import admin

from core.console import RecordAdmin
from core.idempotency.models import IdempotentRequest


@admin.register(IdempotentRequest)
class IdempotentRequestAdmin(RecordAdmin):
    list_display = ("id", "caller", "operation", "status", "recovery_point", "resource_id", "created_at", "finished_at")
