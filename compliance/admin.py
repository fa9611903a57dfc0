"""Read-only records."""

from django.contrib import admin

from compliance.models import Party
from core.console.records import RecordAdmin


@admin.register(Party)
class PartyAdmin(RecordAdmin):
    list_display = ("party_id", "type", "kind", "status", "verification", "livemode", "created_at")
    search_fields = ("party_id",)
    hidden_fields = ("date_of_birth",)
