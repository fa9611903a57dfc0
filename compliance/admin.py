"""Read-only records."""

from django.contrib import admin

from compliance.models import BankAccount, Party
from core.console.records import RecordAdmin


@admin.register(Party)
class PartyAdmin(RecordAdmin):
    list_display = ("party_id", "type", "kind", "status", "verification", "livemode", "created_at")
    search_fields = ("party_id",)
    hidden_fields = ("date_of_birth",)


@admin.register(BankAccount)
class BankAccountAdmin(RecordAdmin):
    list_display = ("account_id", "party", "state", "routing_number", "last4", "livemode", "created_at")
    search_fields = ("account_id",)
    hidden_fields = ("fingerprint",)
    work_page = ("admin:bank_account", "account_id")
