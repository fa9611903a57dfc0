"""Rows of the rail in the record browser: to read, never to write. Sealed bytes are never shown."""

from typing import ClassVar

from django.contrib import admin

from ach.models import (
    AccountStop,
    Batch,
    Case,
    Change,
    Cutoff,
    Dishonor,
    Entry,
    File,
    InboundFile,
    InboundItem,
    Mailbox,
    Originator,
    RateAlert,
    Reply,
    ReturnPolicy,
)
from core.console import RecordAdmin


@admin.register(Originator)
class OriginatorAdmin(RecordAdmin):
    list_display = ("public_id", "livemode", "name", "company_id", "odfi_routing", "transport", "is_default")
    search_fields = ("public_id",)
    work_page = ("admin:ach_originator", "public_id")


@admin.register(Mailbox)
class MailboxAdmin(RecordAdmin):
    list_display = ("originator", "failed_tries", "failing_since", "next_try_at", "alarmed_at", "problem")


@admin.register(Entry)
class EntryAdmin(RecordAdmin):
    list_display = ("public_id", "livemode", "kind", "direction", "amount_minor", "state", "trace", "return_code")
    search_fields = ("public_id", "trace")
    work_page = ("admin:ach_entry", "public_id")


@admin.register(Cutoff)
class CutoffAdmin(RecordAdmin):
    list_display = ("public_id", "livemode", "at", "state", "pending", "parked", "done_at")
    search_fields = ("public_id",)
    work_page = ("admin:ach_cutoff", "public_id")


@admin.register(File)
class FileAdmin(RecordAdmin):
    list_display = ("public_id", "livemode", "name", "state", "entry_count", "debit_minor", "credit_minor")
    search_fields = ("public_id",)
    work_page = ("admin:ach_file", "public_id")


@admin.register(Batch)
class BatchAdmin(RecordAdmin):
    list_display = ("file_id", "number", "sec", "description", "effective_on", "entry_count")


@admin.register(InboundFile)
class InboundFileAdmin(RecordAdmin):
    list_display = ("public_id", "livemode", "name", "kind", "state", "item_count", "received_at")
    search_fields = ("public_id",)
    work_page = ("admin:ach_inbound_file", "public_id")


@admin.register(InboundItem)
class InboundItemAdmin(RecordAdmin):
    list_display = ("public_id", "kind", "code", "amount_minor", "original_trace", "state")
    search_fields = ("public_id", "original_trace")
    work_page = ("admin:ach_item", "public_id")


@admin.register(Change)
class ChangeAdmin(RecordAdmin):
    """The fingerprint of a number says of another whether it is the same."""

    list_display = ("public_id", "code", "state", "due_at", "approval_id", "received_at")
    search_fields = ("public_id",)
    hidden_fields: ClassVar[tuple[str, ...]] = ("successor_fingerprint", "mark")
    work_page = ("admin:ach_change", "public_id")


@admin.register(Dishonor)
class DishonorAdmin(RecordAdmin):
    list_display = ("public_id", "livemode", "code", "state", "requested_at", "contestable_until")
    search_fields = ("public_id",)
    work_page = ("admin:ach_dishonor", "public_id")


@admin.register(Reply)
class ReplyAdmin(RecordAdmin):
    list_display = ("public_id", "livemode", "kind", "code", "state", "trace", "due_at", "deadline_at", "sent_at")
    search_fields = ("public_id", "trace")


@admin.register(Case)
class CaseAdmin(RecordAdmin):
    list_display = ("public_id", "livemode", "kind", "subject", "state", "opened_at", "closed_at")
    search_fields = ("public_id",)
    work_page = ("admin:ach_case", "public_id")


@admin.register(AccountStop)
class AccountStopAdmin(RecordAdmin):
    list_display = ("public_id", "livemode", "scope", "code", "at", "lifted_at")
    search_fields = ("public_id",)
    hidden_fields: ClassVar[tuple[str, ...]] = ("fingerprint",)
    work_page = ("admin:ach_stop", "public_id")


@admin.register(RateAlert)
class RateAlertAdmin(RecordAdmin):
    list_display = ("originator", "seller", "level", "day", "returned", "originated", "passed")


@admin.register(ReturnPolicy)
class ReturnPolicyAdmin(RecordAdmin):
    list_display = ("code", "effective_from", "retries", "stops_account", "stops_authorization", "freezes_party")
    search_fields = ("code",)
