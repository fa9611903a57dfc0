from django.contrib import admin

from core.console.records import RecordAdmin
from core.switches.models import SwitchExpiry, SwitchExposure, SwitchTurn


@admin.register(SwitchTurn)
class SwitchTurnAdmin(RecordAdmin):
    list_display = ("turned_at", "switch", "scope", "state", "expires_at", "actor", "owner", "approval_id", "reason")
    search_fields = ("switch", "approval_id")


@admin.register(SwitchExpiry)
class SwitchExpiryAdmin(RecordAdmin):
    list_display = ("turn", "state", "noticed_at")
    list_select_related = ("turn",)


@admin.register(SwitchExposure)
class SwitchExposureAdmin(RecordAdmin):
    list_display = ("counted_at", "turn", "decided", "operations", "amount_minor", "currency")
    list_select_related = ("turn",)
