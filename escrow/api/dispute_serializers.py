"""The wire forms of disputes: camelCase on the wire."""

import re

from rest_framework import serializers

from core import ids
from core.api.fields import PatternField
from core.api.wire import StrictIntegerField, WireSerializer
from escrow.dispute_enums import CauseKind, DisputeOutcome, DisputeReason, DisputeSide, DisputeState, ResolvedHow
from escrow.enums import Side

DISPUTE_ID = re.compile(r"^dsp_[0-9a-z]{24}\Z", re.ASCII)
SHA256 = re.compile(r"^[0-9a-f]{64}\Z", re.ASCII)
_BY = "PAYER or PAYEE. A user speaks for its own side and may leave it out."


class EvidenceDocumentSerializer(WireSerializer):
    """A document that stays with you: its name and the SHA-256 of its content."""

    name = serializers.CharField(max_length=200)
    sha256 = PatternField(SHA256)
    media_type = serializers.CharField(max_length=100, required=False, allow_blank=True)
    size = StrictIntegerField(min_value=0, required=False, allow_null=True, help_text="In bytes.")
    note = serializers.CharField(max_length=500, required=False, allow_blank=True)


class DisputeDocumentSerializer(WireSerializer):
    """A document as one side has named it."""

    name = serializers.CharField()
    sha256 = serializers.CharField()
    media_type = serializers.CharField(allow_blank=True)
    size = serializers.IntegerField(allow_null=True)
    note = serializers.CharField(allow_blank=True)


class DisputeEvidenceSerializer(WireSerializer):
    """What one side says. `submitted` closes it."""

    statement = serializers.CharField(allow_blank=True)
    documents = DisputeDocumentSerializer.many_of()
    submitted = serializers.BooleanField()
    submitted_at = serializers.DateTimeField(allow_null=True)
    digest = serializers.CharField(allow_null=True, help_text="SHA-256 over statement and documents, once submitted.")


class DisputeCauseSerializer(WireSerializer):
    """What belongs to the case: the dispute itself, a chargeback, a return of the bank."""

    kind = serializers.ChoiceField(choices=CauseKind.values)
    reference = serializers.CharField()
    amount = serializers.IntegerField()
    at = serializers.DateTimeField()


class DisputeRowSerializer(WireSerializer):
    """What payer and payee disagree about. Nothing of the escrow moves while it is open."""

    dispute_id = PatternField(DISPUTE_ID)
    escrow_id = PatternField(ids.ESCROW_ID)
    status = serializers.ChoiceField(choices=DisputeState.values)
    raised_by = serializers.ChoiceField(choices=DisputeSide.values)
    reason = serializers.ChoiceField(choices=DisputeReason.values)
    description = serializers.CharField(allow_blank=True)
    amount = serializers.IntegerField(help_text="What is disputed, of what is held, in minor units.")
    amount_taken_back = serializers.IntegerField(help_text="How much of it a network has given back already.")
    currency = serializers.CharField()
    needs_signatures = serializers.BooleanField()
    opened_at = serializers.DateTimeField()
    evidence_due_at = serializers.DateTimeField()
    auto_resolution_at = serializers.DateTimeField(help_text="Where nobody has decided before, the terms do.")
    auto_resolution = serializers.ChoiceField(choices=[DisputeOutcome.REFUND.value, DisputeOutcome.RELEASE.value])
    outcome = serializers.ChoiceField(choices=DisputeOutcome.values, allow_null=True)
    amount_released = serializers.IntegerField(allow_null=True)
    amount_refunded = serializers.IntegerField(allow_null=True)
    resolved_how = serializers.ChoiceField(choices=ResolvedHow.values, allow_null=True)
    resolution_reason = serializers.CharField(allow_null=True)
    ended_at = serializers.DateTimeField(allow_null=True)
    causes = DisputeCauseSerializer.many_of()
    payer_evidence = DisputeEvidenceSerializer()
    payee_evidence = DisputeEvidenceSerializer()
    livemode = serializers.BooleanField()


class DisputeSerializer(DisputeRowSerializer):
    """A dispute as it is now."""

    success = serializers.BooleanField()
    timestamp = serializers.DateTimeField()


class DisputeListSerializer(WireSerializer):
    """All disputes of an escrow, newest first. At most one is open."""

    success = serializers.BooleanField()
    data = DisputeRowSerializer(many=True)  # type: ignore[assignment]  # as in every list


class DisputeRequestSerializer(WireSerializer):
    by = serializers.ChoiceField(choices=Side.values, required=False, help_text=_BY)
    reason = serializers.ChoiceField(choices=DisputeReason.values)
    description = serializers.CharField(max_length=2000)
    amount = StrictIntegerField(min_value=1, required=False, help_text="Left out: all that is held.")


class WithdrawalRequestSerializer(WireSerializer):
    by = serializers.ChoiceField(choices=Side.values, required=False, help_text=_BY)


class EvidenceRequestSerializer(WireSerializer):
    by = serializers.ChoiceField(choices=Side.values, required=False, help_text=_BY)
    statement = serializers.CharField(max_length=4000, required=False, allow_blank=True)
    documents = EvidenceDocumentSerializer.many_of(required=False)
    submit = serializers.BooleanField(required=False, default=False, help_text="Once; nothing can be added then.")
