"""Fraud decisions, reports, history and rules on the wire."""

from rest_framework import serializers

from core.api.fields import DigitsField, StrictIntegerField
from core.api.wire import WireSerializer
from core.money import MAX_MINOR, Currency
from fraud.enums import FraudType, Outcome, Recommendation, RiskLevel, RuleSetState
from fraud.rules.definitions import FLOORS, MAX_POINTS, MAX_RULES


class FraudAddressSerializer(WireSerializer):
    """Only `country` (ISO 3166-1 alpha-2) is looked at; nothing else of it is kept."""

    street = serializers.CharField(max_length=200, required=False)
    city = serializers.CharField(max_length=100, required=False)
    state = serializers.CharField(max_length=100, required=False)
    zip_code = serializers.CharField(max_length=20, required=False)
    country = serializers.RegexField(r"^[A-Z]{2}$", required=False)


class EvaluationSerializer(WireSerializer):
    """A payment to judge. The more is told, the more rules can speak."""

    action = serializers.ChoiceField(
        choices=["evaluate_transaction"], required=False, help_text="Accepted and not needed."
    )
    customer_id = serializers.CharField(max_length=64, required=False, help_text="Required.")
    amount = StrictIntegerField(min_value=1, max_value=MAX_MINOR, help_text="In minor units (cents).")
    transaction_id = serializers.CharField(max_length=80, required=False)
    provider_id = serializers.CharField(max_length=64, required=False)
    currency = serializers.ChoiceField(choices=[currency.code for currency in Currency], default="USD")
    payment_method = serializers.ChoiceField(choices=["card", "ach", "wire"], default="card")
    ip_address = serializers.IPAddressField(required=False, help_text="The customer's own.")
    user_agent = serializers.CharField(max_length=1000, required=False)
    device_fingerprint = serializers.CharField(max_length=128, required=False)
    billing_address = FraudAddressSerializer(required=False)
    shipping_address = FraudAddressSerializer(required=False)
    card_bin = DigitsField(min_length=6, max_length=8, required=False, help_text="First digits of the card.")
    email = serializers.EmailField(max_length=254, required=False)
    phone = serializers.CharField(max_length=32, required=False)


class ScoreSerializer(WireSerializer):
    """A decision. `outcome` knows four bands, the documented `recommendation` three (INVESTIGATE is BLOCK)."""

    success = serializers.BooleanField()
    assessment_id = serializers.CharField()
    transaction_id = serializers.CharField(allow_null=True)
    customer_id = serializers.CharField()
    fraud_score = serializers.IntegerField(min_value=0, max_value=1000, allow_null=True)
    risk_level = serializers.ChoiceField(choices=RiskLevel.choices, allow_null=True)
    outcome = serializers.ChoiceField(choices=Outcome.choices)
    recommendation = serializers.ChoiceField(choices=Recommendation.choices)
    rule_matches = serializers.ListField(child=serializers.CharField())
    reason_codes = serializers.ListField(child=serializers.CharField())
    model_version = serializers.CharField()
    evaluation_time = serializers.IntegerField(help_text="Milliseconds.")
    livemode = serializers.BooleanField()
    timestamp = serializers.DateTimeField()


class NewReportSerializer(WireSerializer):
    """A transaction that turned out to be fraud."""

    action = serializers.ChoiceField(choices=["report_fraud"], required=False, help_text="Accepted and not needed.")
    transaction_id = serializers.CharField(max_length=80)
    customer_id = serializers.CharField(max_length=64, required=False, help_text="Required.")
    fraud_type = serializers.CharField(max_length=40, help_text="payment_fraud, account_takeover, identity_theft …")
    report_details = serializers.CharField(max_length=5000, required=False)


class ReportSerializer(WireSerializer):
    """A report that was taken down."""

    report_id = serializers.CharField()
    transaction_id = serializers.CharField()
    customer_id = serializers.CharField()
    fraud_type = serializers.ChoiceField(choices=FraudType.choices)
    reported_at = serializers.DateTimeField()


class ReportAnswerSerializer(ReportSerializer):
    """A report by itself."""

    success = serializers.BooleanField()
    livemode = serializers.BooleanField()
    timestamp = serializers.DateTimeField()


class HistoryEventSerializer(WireSerializer):
    """One decision about a payment of the customer."""

    assessment_id = serializers.CharField()
    transaction_id = serializers.CharField(allow_null=True)
    payment_id = serializers.CharField(allow_null=True)
    amount = serializers.IntegerField()
    currency = serializers.CharField()
    fraud_score = serializers.IntegerField(allow_null=True)
    outcome = serializers.ChoiceField(choices=Outcome.choices)
    reason_codes = serializers.ListField(child=serializers.CharField())
    evaluated_at = serializers.DateTimeField()


class HistorySerializer(WireSerializer):
    """Decisions about a customer, newest first, with the reports of fraud on the customer's payments."""

    success = serializers.BooleanField()
    customer_id = serializers.CharField()
    fraud_history = HistoryEventSerializer(many=True)
    fraud_reports = ReportSerializer(many=True)
    has_more = serializers.BooleanField()
    next_cursor = serializers.CharField(allow_null=True)
    timestamp = serializers.DateTimeField()


class RuleSerializer(WireSerializer):
    """`points` are added to the score where `expression` is true; `floor` lifts the payment at least into that band.

    A rule that `allows` asks an allow list and lowers a review to an approval, nothing above it. `opensCase` asks for a
    person whatever the score.
    """

    code = serializers.CharField(max_length=60)
    expression = serializers.CharField(max_length=500)
    points = StrictIntegerField(min_value=-MAX_POINTS, max_value=MAX_POINTS)
    floor = serializers.ChoiceField(choices=sorted(FLOORS), required=False, allow_null=True, default=None)
    description = serializers.CharField(max_length=200)
    allows = serializers.BooleanField(required=False, default=False)
    opens_case = serializers.BooleanField(required=False, default=False)


class NewRulesSerializer(WireSerializer):
    """All rules of a version; it becomes a draft that judges nothing."""

    rules = RuleSerializer.many_of(max_length=MAX_RULES)
    note = serializers.CharField(max_length=500, required=False, default="", allow_blank=True)


class RuleSetSerializer(WireSerializer):
    """A version of the rules."""

    version = serializers.IntegerField()
    state = serializers.ChoiceField(choices=RuleSetState.choices)
    rules = RuleSerializer(many=True)
    digest = serializers.CharField(help_text="SHA-256 of the rules.")
    note = serializers.CharField()
    created_at = serializers.DateTimeField()


class RulesSerializer(WireSerializer):
    """The version that judges, and the newest draft."""

    success = serializers.BooleanField()
    active = RuleSetSerializer()
    draft = RuleSetSerializer(allow_null=True)
    timestamp = serializers.DateTimeField()


class RuleSetAnswerSerializer(RuleSetSerializer):
    """The draft."""

    success = serializers.BooleanField()
    timestamp = serializers.DateTimeField()
