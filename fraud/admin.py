"""Read-only records."""

from django.contrib import admin

from core.console.records import RecordAdmin
from fraud.models import (
    Assessment,
    Backtest,
    CaseHit,
    CaseNote,
    DailyAnalyst,
    DailyRule,
    DailyScores,
    FigureDay,
    FraudReport,
    Label,
    List,
    ListEntry,
    ModelComparison,
    ModelDrift,
    ModelExplanation,
    ModelTraining,
    ModelVersion,
    Observation,
    ReviewCase,
    ReviewerSkill,
    RiskReset,
    RulePause,
    RuleSet,
    RuleSetStep,
    SecondReview,
    Suppression,
    UnusualPattern,
    WeeklyReport,
)


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


@admin.register(Label)
class LabelAdmin(RecordAdmin):
    list_display = ("label_id", "known_at", "payment_id", "is_fraud", "source", "strength", "event_at")
    search_fields = ("label_id",)
    work_page = ("admin:payment", "payment_id")


@admin.register(CaseHit)
class CaseHitAdmin(RecordAdmin):
    list_display = ("id", "case", "found_at", "payment_id", "amount_minor", "currency", "score", "found_by")
    list_select_related = ("case",)


@admin.register(CaseNote)
class CaseNoteAdmin(RecordAdmin):
    list_display = ("id", "case", "written_at", "written_by")
    list_select_related = ("case",)


@admin.register(SecondReview)
class SecondReviewAdmin(RecordAdmin):
    list_display = ("id", "first", "second", "drawn_at", "first_by", "second_by", "agrees", "settled_outcome")
    list_select_related = ("first", "second")


@admin.register(ReviewerSkill)
class ReviewerSkillAdmin(RecordAdmin):
    list_display = ("id", "person", "skill", "given_by", "given_at")


@admin.register(RiskReset)
class RiskResetAdmin(RecordAdmin):
    list_display = ("id", "party_id", "livemode", "reset_at", "reset_by", "reason")


@admin.register(Backtest)
class BacktestAdmin(RecordAdmin):
    list_display = ("backtest_id", "asked_at", "rule_set_version", "active_version", "state", "done", "asked_by")
    search_fields = ("backtest_id",)
    work_page = ("admin:backtest", "backtest_id")


@admin.register(FigureDay)
class FigureDayAdmin(RecordAdmin):
    list_display = ("day", "livemode", "built_at")


@admin.register(DailyScores)
class DailyScoresAdmin(RecordAdmin):
    list_display = ("day", "livemode", "outcome", "score_up_to", "decisions", "fraud", "genuine")


@admin.register(DailyRule)
class DailyRuleAdmin(RecordAdmin):
    list_display = ("day", "livemode", "rule_set_version", "code", "hits", "alone", "held_back", "fraud", "genuine")


@admin.register(DailyAnalyst)
class DailyAnalystAdmin(RecordAdmin):
    list_display = ("day", "livemode", "analyst", "approved", "declined", "seconds")


@admin.register(UnusualPattern)
class UnusualPatternAdmin(RecordAdmin):
    list_display = ("pattern_id", "first_seen_at", "kind", "measure", "subject", "peak", "expected", "last_seen_at")
    search_fields = ("pattern_id",)
    work_page = ("admin:fraud_pattern", "pattern_id")


@admin.register(WeeklyReport)
class WeeklyReportAdmin(RecordAdmin):
    list_display = ("report_id", "week", "livemode", "made_at")
    search_fields = ("report_id",)


@admin.register(RuleSetStep)
class RuleSetStepAdmin(RecordAdmin):
    list_display = ("rule_set", "move", "from_state", "to_state", "share", "replaces", "forecast", "actor", "at")
    list_select_related = ("rule_set",)


@admin.register(RulePause)
class RulePauseAdmin(RecordAdmin):
    list_display = ("pause_id", "code", "reason", "paused_by", "paused_at", "resumed_by", "resumed_at")
    search_fields = ("pause_id",)
    work_page = ("admin:rule_pause", "pause_id")


@admin.register(Suppression)
class SuppressionAdmin(RecordAdmin):
    list_display = ("suppression_id", "code", "kind", "value", "reason", "added_by", "expires_at", "ended_at")
    search_fields = ("suppression_id",)
    work_page = ("admin:suppression", "suppression_id")


@admin.register(List)
class ListAdmin(RecordAdmin):
    list_display = ("name", "kind", "effect", "purpose", "owner", "created_at")
    search_fields = ("name",)
    work_page = ("admin:fraud_list", "name")


@admin.register(ListEntry)
class ListEntryAdmin(RecordAdmin):
    list_display = ("entry_id", "list", "value", "reason", "added_by", "added_at", "expires_at", "ended_at")
    list_select_related = ("list",)
    search_fields = ("entry_id", "value")
    work_page = ("admin:fraud_list_entry", "entry_id")


@admin.register(ModelVersion)
class ModelVersionAdmin(RecordAdmin):
    list_display = ("name", "state", "created_at", "livemode", "origin", "payments", "frauds", "sha256")
    search_fields = ("name",)
    work_page = ("admin:model", "name")


@admin.register(ModelTraining)
class ModelTrainingAdmin(RecordAdmin):
    list_display = ("training_id", "state", "asked_at", "asked_by", "model", "refusal")
    search_fields = ("training_id",)


@admin.register(ModelDrift)
class ModelDriftAdmin(RecordAdmin):
    list_display = ("model", "day", "livemode", "variable", "events", "psi", "verdict")


@admin.register(ModelComparison)
class ModelComparisonAdmin(RecordAdmin):
    list_display = ("comparison_id", "created_at", "champion", "challenger", "payments", "frauds", "passed")
    search_fields = ("comparison_id",)


@admin.register(ModelExplanation)
class ModelExplanationAdmin(RecordAdmin):
    list_display = ("assessment_id", "created_at", "model", "raw", "bias")
    search_fields = ("assessment_id",)
