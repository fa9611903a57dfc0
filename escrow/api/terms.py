"""The wire form of terms. Shapes and unknown names are refused here; what the words mean is read by `escrow.terms`."""

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers
from rest_framework.request import Request

from core.api.wire import MetadataField, StrictIntegerField, WireSerializer
from escrow.enums import ConditionType

BLOCKS = ("escrowConditions", "releaseConditions", "timeoutPolicy", "disputePolicy")
MOST_HOURS = 1_000_000


def hours(**options: Any) -> StrictIntegerField:
    return StrictIntegerField(min_value=-MOST_HOURS, max_value=MOST_HOURS, **options)


def names(**options: Any) -> serializers.ListField:
    """Staff e-mails, party ids, or names nobody knows: those are flagged."""
    return serializers.ListField(child=serializers.CharField(max_length=100), max_length=200, **options)


class ConditionSerializer(WireSerializer):
    """What has to happen before the money goes. `milestoneData` may hold `amount` or `percentage`, and
    `inspectionHours`; the rest of it is the parties' own."""

    condition_id = serializers.CharField(max_length=64)
    type = serializers.ChoiceField(choices=ConditionType.values)
    description = serializers.CharField(max_length=500)
    required_approvers = names(required=False, help_text="One of them says that it is met.")
    timeout_hours = hours(required=False, help_text="Counted from funding; then it lapses, or is met by itself.")
    on_timeout = serializers.ChoiceField(choices=["LAPSE", "SATISFY"], required=False)
    milestone_data = MetadataField(required=False)


class ReleaseConditionsSerializer(WireSerializer):
    all_conditions_met = serializers.BooleanField(help_text="All of the conditions, else one of them.")
    requires_manual_approval = serializers.BooleanField()
    approver_user_ids = names()
    minimum_approvals_required = StrictIntegerField()
    approval_timeout_hours = hours()
    partial_release_allowed = serializers.BooleanField()


class TimeoutPolicySerializer(WireSerializer):
    """Hours from funding; null: it does not happen by itself."""

    auto_release_after_hours = hours(allow_null=True)
    auto_refund_after_hours = hours(allow_null=True)
    warning_notification_hours = serializers.ListField(
        child=hours(), max_length=200, help_text="Hours before the release and before the refund."
    )
    escalation_user_ids = names()


class DisputePolicySerializer(WireSerializer):
    allow_disputes = serializers.BooleanField()
    dispute_window_hours = hours(help_text="From funding; not longer than the automatic release waits.")
    auto_resolution_days = hours()
    mediator_user_ids = names()
    escalation_threshold_amount = StrictIntegerField(help_text="In minor units: above it a dispute takes four eyes.")
    auto_resolution = serializers.ChoiceField(choices=["REFUND", "RELEASE"], required=False)


class TermsSerializer(WireSerializer):
    """What both sides agree to."""

    escrow_conditions = ConditionSerializer.many_of(max_length=50)
    release_conditions = ReleaseConditionsSerializer()
    timeout_policy = TimeoutPolicySerializer()
    dispute_policy = DisputePolicySerializer()


def document(request: Request) -> Mapping[str, Any]:
    """The four blocks as they were sent: what is agreed is what stands there, not a copy in other words."""
    sent: dict[str, Any] = request.data  # type: ignore[assignment]  # an object: `read` has looked
    return {name: sent[name] for name in BLOCKS}
