"""The ledger's tables in the record browser: to read, never to write."""

from django.contrib import admin

from core.console import RecordAdmin
from ledger import models


@admin.register(models.Account)
class AccountAdmin(RecordAdmin):
    list_display = ("code", "currency", "book", "kind", "hot", "opened_at")
    search_fields = ("code",)
    work_page = ("admin:account", "code")


@admin.register(models.Entry)
class EntryAdmin(RecordAdmin):
    list_display = ("public_id", "book", "phase", "kind", "reference", "effective_at", "posted_at")
    search_fields = ("public_id", "reference")
    work_page = ("admin:entry", "public_id")


@admin.register(models.Posting)
class PostingAdmin(RecordAdmin):
    list_display = ("id", "entry", "account", "amount_minor", "currency", "effective_at")
