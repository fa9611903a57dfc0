"""Escrows in the record browser: to read, never to write."""

from django.contrib import admin

from core.console import RecordAdmin
from escrow.models import Escrow


@admin.register(Escrow)
class EscrowAdmin(RecordAdmin):
    list_display = ("public_id", "livemode", "status", "amount_minor", "refunded_minor", "currency", "funded_at")
    search_fields = ("public_id",)
    work_page = ("admin:escrow", "public_id")
