"""Read-only records."""

from django.contrib import admin

from core.console.records import RecordAdmin
from fraud.models import Assessment, FraudReport, Observation, ReviewCase, RuleSet


@admin.register(Assessment)
class AssessmentAdmin(RecordAdmin):
    list_display = ("assessment_id", "created_at", "customer_id", "amount_minor", "currency", "score", "outcome")
    search_fields = ("assessment_id", "payment_id")
    work_page = ("admin:payment", "payment_id")


@admin.register(ReviewCase)
class ReviewCaseAdmin(RecordAdmin):
    list_display = ("case_id", "payment_id", "state", "score", "capture_deadline", "decision", "decided_by")
    search_fields = ("case_id", "payment_id")
    work_page = ("admin:review", "case_id")


@admin.register(Observation)
class ObservationAdmin(RecordAdmin):
    list_display = ("payment_id", "at", "payer_id", "payee_id", "amount_minor", "currency", "outcome")
    search_fields = ("payment_id",)
    work_page = ("admin:payment", "payment_id")


@admin.register(RuleSet)
class RuleSetAdmin(RecordAdmin):
    list_display = ("version", "state", "digest", "note", "created_by", "created_at")


@admin.register(FraudReport)
class FraudReportAdmin(RecordAdmin):
    list_display = ("report_id", "reported_at", "transaction_id", "customer_id", "fraud_type", "reported_by")
    search_fields = ("report_id",)
