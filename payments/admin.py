"""The tables of payments in the record browser: to read, never to write."""

from django.contrib import admin

from core.console import RecordAdmin
from payments import models


@admin.register(models.Payment)
class PaymentAdmin(RecordAdmin):
    list_display = ("public_id", "livemode", "status", "step", "amount_minor", "currency", "created_at")
    search_fields = ("public_id", "transaction_id", "escrow_id")
    work_page = ("admin:payment", "public_id")


@admin.register(models.Refund)
class RefundAdmin(RecordAdmin):
    list_display = ("public_id", "livemode", "status", "amount_minor", "currency", "created_at")
    search_fields = ("public_id",)


@admin.register(models.Chargeback)
class ChargebackAdmin(RecordAdmin):
    list_display = ("public_id", "livemode", "state", "kind", "amount_minor", "currency", "opened_at", "respond_by")
    search_fields = ("public_id",)
    work_page = ("admin:chargeback", "public_id")


@admin.register(models.GatewayAttempt)
class GatewayAttemptAdmin(RecordAdmin):
    list_display = ("id", "payment", "operation", "outcome", "code", "duration_ms", "at")


@admin.register(models.SettlementFile)
class SettlementFileAdmin(RecordAdmin):
    list_display = ("name", "gateway", "status", "settlement_date", "lines", "net_minor", "received_at")
    search_fields = ("sha256", "name")


@admin.register(models.SettlementMatch)
class SettlementMatchAdmin(RecordAdmin):
    list_display = ("id", "outcome", "kind", "reference", "expected_minor", "stated_minor", "late", "created_at")


@admin.register(models.SandboxCharge)
class SandboxChargeAdmin(RecordAdmin):
    list_display = ("reference", "state", "code", "behaviour", "amount_minor", "currency", "authorised_at")
    search_fields = ("reference",)


@admin.register(models.SandboxRefund)
class SandboxRefundAdmin(RecordAdmin):
    list_display = ("reference", "accepted", "code", "amount_minor", "refunded_at")
    search_fields = ("reference",)


@admin.register(models.SandboxChargeback)
class SandboxChargebackAdmin(RecordAdmin):
    list_display = ("reference", "outcome", "told", "reason_code", "amount_minor", "opened_at")
    search_fields = ("reference",)


@admin.register(models.Transfer)
class TransferAdmin(RecordAdmin):
    list_display = ("public_id", "livemode", "state", "type", "purpose", "amount_minor", "currency", "created_at")
    search_fields = ("public_id",)
    work_page = ("admin:transfer", "public_id")


@admin.register(models.Booking)
class BookingAdmin(RecordAdmin):
    list_display = (
        "id",
        "transfer",
        "direction",
        "amount_minor",
        "sent_at",
        "settled_at",
        "released_at",
        "returned_at",
    )


@admin.register(models.AccountVerification)
class AccountVerificationAdmin(RecordAdmin):
    list_display = ("public_id", "livemode", "account", "method", "state", "created_at", "ended_at")
    search_fields = ("public_id",)
    work_page = ("admin:account_verification", "public_id")


@admin.register(models.Payout)
class PayoutAdmin(RecordAdmin):
    list_display = ("public_id", "livemode", "party", "trigger", "amount_minor", "currency", "created_at")
    search_fields = ("public_id",)
    work_page = ("admin:payout", "public_id")


@admin.register(models.PayoutSchedule)
class PayoutScheduleAdmin(RecordAdmin):
    list_display = ("id", "livemode", "party", "interval", "anchor", "is_active", "paused_at", "next_at")
