"""The wire forms of payouts and their schedules."""

from rest_framework import serializers

from ach.enums import Priority
from core import ids
from core.api.fields import PatternField
from core.api.wire import StrictIntegerField, WireSerializer
from payments.transfer_enums import Interval, TransferState, TransferStatus, Trigger


class PayoutRequestSerializer(WireSerializer):
    party_id = PatternField(ids.PARTY_ID)
    amount = StrictIntegerField(min_value=1, required=False, help_text="All that may go where absent.")
    currency = serializers.ChoiceField(choices=["USD"], default="USD")
    priority = serializers.ChoiceField(choices=Priority.values, default=Priority.STANDARD.value)
    description = serializers.CharField(required=False, max_length=80)


class PayoutRowSerializer(WireSerializer):
    """A payout. What is owed was taken from the balance before (`withheld`)."""

    payout_id = serializers.CharField()
    transfer_id = serializers.CharField()
    party_id = serializers.CharField()
    status = serializers.ChoiceField(choices=TransferStatus.values)
    state = serializers.ChoiceField(choices=TransferState.values)
    amount = serializers.IntegerField()
    withheld = serializers.IntegerField()
    currency = serializers.CharField()
    trigger = serializers.ChoiceField(choices=Trigger.values)
    account_id = serializers.CharField(allow_null=True)
    estimated_settlement = serializers.DateTimeField(allow_null=True)
    decline_reason = serializers.CharField(allow_null=True)
    return_code = serializers.CharField(allow_null=True)
    livemode = serializers.BooleanField()
    created_at = serializers.DateTimeField()
    timestamp = serializers.DateTimeField()


class PayoutSerializer(PayoutRowSerializer):
    """A payout by itself; `success` is false where sanctions or fraud forbade it."""

    success = serializers.BooleanField()


class ScheduleRequestSerializer(WireSerializer):
    party_id = PatternField(ids.PARTY_ID)
    interval = serializers.ChoiceField(choices=Interval.values)
    anchor = StrictIntegerField(min_value=0, max_value=28, default=0, help_text="1 (Monday) to 5, or 1 to 28, or 0.")
    minimum = StrictIntegerField(min_value=1, default=1, help_text="Less is not paid out, in cents.")
    reserve = StrictIntegerField(min_value=0, default=0, help_text="So much always stays, in cents.")
    is_active = serializers.BooleanField(default=True)


class ScheduleRowSerializer(WireSerializer):
    """When a party is paid by itself."""

    party_id = serializers.CharField()
    interval = serializers.ChoiceField(choices=Interval.values)
    anchor = serializers.IntegerField()
    minimum = serializers.IntegerField()
    reserve = serializers.IntegerField()
    currency = serializers.CharField()
    is_active = serializers.BooleanField()
    is_paused = serializers.BooleanField()
    pause_reason = serializers.CharField(allow_null=True)
    next_at = serializers.DateTimeField(allow_null=True)
    last_outcome = serializers.CharField(allow_null=True)
    livemode = serializers.BooleanField()
    timestamp = serializers.DateTimeField()


class ScheduleSerializer(ScheduleRowSerializer):
    """A schedule by itself."""

    success = serializers.BooleanField()


class PauseRequestSerializer(WireSerializer):
    reason = serializers.CharField(max_length=200)
