from django.contrib import admin

from core.console.records import RecordAdmin
from core.switches.models import SwitchTurn


@admin.register(SwitchTurn)
class SwitchTurnAdmin(RecordAdmin):
    list_display = ("turned_at", "switch", "scope", "state", "expires_at", "actor", "reason")
    search_fields = ("switch",)
