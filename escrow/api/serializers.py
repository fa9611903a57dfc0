"""The wire forms of escrows and of what is done with them: camelCase on the wire."""

import re

from rest_framework import serializers

from core import ids
from core.api.fields import PatternField
from core.api.wire import MetadataField, StrictIntegerField, WireSerializer
from core.money import Currency
from escrow.api.terms import TermsSerializer
from escrow.enums import ConditionState, ConditionType, EscrowStatus, Rail, Side, TermsState
from escrow.terms.words import Act

SHA256 = re.compile(r"[0-9a-f]{64}")
MOST_DOCUMENTS = 20


def action(word: str) -> serializers.ChoiceField:
    return serializers.ChoiceField(choices=[word], required=False, help_text="Accepted and not needed.")


class NextActionSerializer(WireSerializer):
    """What happens, and when, if nobody acts; and why that is safe."""

    action = serializers.ChoiceField(choices=[each.value for each in Act])
    at = serializers.DateTimeField(allow_null=True)
    why = serializers.CharField()


class EscrowTrailEntrySerializer(WireSerializer):
    """`dataHash` is the SHA-256 of the other fields as canonical JSON."""

    timestamp = serializers.DateTimeField()
    action = serializers.CharField()
    result = serializers.ChoiceField(choices=["SUCCESS", "FAILURE", "WARNING", "PENDING"])
    details = serializers.DictField()
    correlation_id = serializers.CharField(allow_blank=True)
    user_id = serializers.CharField(required=False)
    regulatory_requirement = serializers.CharField(required=False)
    data_hash = serializers.CharField()


class ConditionStateSerializer(WireSerializer):
    """A condition of the terms in force, and what became of it."""

    condition_id = serializers.CharField()
    type = serializers.ChoiceField(choices=ConditionType.values)
    state = serializers.ChoiceField(choices=ConditionState.values)
    due_at = serializers.DateTimeField(allow_null=True)
    met_at = serializers.DateTimeField(allow_null=True)
    inspection_ends_at = serializers.DateTimeField(allow_null=True)
    evidence = serializers.ListField(child=serializers.DictField())


class EscrowRowSerializer(WireSerializer):
    """Money held for a payee until terms are met."""

    escrow_id = PatternField(ids.ESCROW_ID)
    status = serializers.ChoiceField(choices=EscrowStatus.values)
    payment_id = PatternField(ids.PAYMENT_ID, allow_null=True)
    payer_id = serializers.CharField()
    payee_id = serializers.CharField()
    booking_id = serializers.CharField(allow_null=True)
    service_id = serializers.CharField(allow_null=True)
    amount = serializers.IntegerField(help_text="What the terms speak of, in minor units.")
    fees = serializers.IntegerField(help_text="What the platform had kept of it when it came in.")
    amount_held = serializers.IntegerField()
    amount_released = serializers.IntegerField()
    amount_refunded = serializers.IntegerField()
    currency = serializers.CharField()
    funding_rail = serializers.ChoiceField(choices=Rail.values, allow_null=True)
    available_at = serializers.DateTimeField(allow_null=True, help_text="Not released earlier.")
    available_why = serializers.CharField(allow_null=True)
    risk_score = serializers.FloatField(allow_null=True, help_text="0 to 1; null for payer and payee.")
    compliance_flags = serializers.ListField(child=serializers.CharField())
    metadata = MetadataField()
    next_due_at = serializers.DateTimeField(allow_null=True)
    version = serializers.IntegerField(help_text="Grows with every change; signatures cover one.")
    livemode = serializers.BooleanField()
    created_at = serializers.DateTimeField()
    funded_at = serializers.DateTimeField(allow_null=True)
    closed_at = serializers.DateTimeField(allow_null=True)
    timestamp = serializers.DateTimeField()


class EscrowSerializer(EscrowRowSerializer):
    """Money held for a payee until terms are met, with where it stands and what was done."""

    success = serializers.BooleanField()
    message = serializers.CharField()
    terms_version = serializers.IntegerField(allow_null=True, help_text="Null until both sides have agreed.")
    terms_digest = serializers.CharField(allow_null=True)
    conditions = ConditionStateSerializer(many=True)
    locks = serializers.ListField(
        child=serializers.CharField(), help_text="Why nothing moves: TIME_LOCK, APPROVALS, REVIEW."
    )
    approval_request_id = serializers.CharField(allow_null=True)
    required_approvals = serializers.ListField(child=serializers.CharField())
    next_action = NextActionSerializer()
    audit_trail = EscrowTrailEntrySerializer(many=True)


class EscrowRequestSerializer(TermsSerializer):
    """An escrow on its own, or terms for the one that a payment has made (`paymentId`)."""

    action = action("CREATE")
    payer_id = PatternField(ids.PARTY_ID)
    payee_id = PatternField(ids.PARTY_ID)
    amount = StrictIntegerField(min_value=1, help_text="In minor units: 500000 is 5,000.00 USD.")
    currency = serializers.ChoiceField(choices=[each.code for each in Currency])
    service_id = serializers.CharField(required=False, max_length=100)
    booking_id = serializers.CharField(
        required=False, max_length=100, help_text="The payment of this booking funds it, as soon as it is captured."
    )
    metadata = MetadataField(required=False)
    parties_confirm = serializers.BooleanField(
        required=False, default=False, help_text="Each side agrees by itself; else you vouch that both have."
    )
    payment_id = PatternField(ids.PAYMENT_ID, required=False, help_text="Terms for the escrow of this payment.")


class FundingRequestSerializer(WireSerializer):
    source = serializers.ChoiceField(choices=["BANK_TRANSFER"])  # type: ignore[assignment]  # the wire's word
    reference = serializers.CharField(max_length=100, help_text="The bank's own, as its statement shows it.")


class EvidenceSerializer(WireSerializer):
    """A document by name and SHA-256; the document itself stays with you."""

    name = serializers.CharField(max_length=200)
    sha256 = PatternField(SHA256)
    note = serializers.CharField(required=False, max_length=500)


class SatisfactionRequestSerializer(WireSerializer):
    by = serializers.CharField(required=False, max_length=100, help_text="Who says so, where the terms name people.")
    evidence = EvidenceSerializer.many_of(required=False, max_length=MOST_DOCUMENTS)


class AcceptanceRequestSerializer(WireSerializer):
    by = serializers.CharField(required=False, max_length=100)


class ReleaseRequestSerializer(WireSerializer):
    action = action("RELEASE")
    escrow_id = PatternField(ids.ESCROW_ID, required=False, help_text="Where given, the one in the address.")
    payer_id = PatternField(ids.PARTY_ID, required=False, help_text="Where given, the payer of this escrow.")
    payee_id = PatternField(ids.PARTY_ID, required=False, help_text="Where given, the payee of this escrow.")
    amount = StrictIntegerField(min_value=1, required=False, help_text="Everything that is held where absent.")
    condition_id = serializers.CharField(required=False, max_length=64, help_text="A milestone: what it frees.")
    reason = serializers.CharField(required=False, max_length=500)


class EscrowRefundRequestSerializer(WireSerializer):
    action = action("REFUND")
    amount = StrictIntegerField(min_value=1, required=False, help_text="Everything that is held where absent.")
    reason = serializers.CharField(max_length=500)
    payee_agrees = serializers.BooleanField(
        required=False,
        default=False,
        help_text="You vouch that the payee gives the money back although the terms are met.",
    )


class SideRequestSerializer(WireSerializer):
    side = serializers.ChoiceField(choices=Side.values, required=False, help_text="A user speaks for its own side.")


class AmendmentRequestSerializer(TermsSerializer):
    """New terms, whole. The side that proposes them has agreed."""

    side = serializers.ChoiceField(
        choices=Side.values, required=False, help_text="Who proposes; the marketplace if absent."
    )
    reason = serializers.CharField(required=False, max_length=500)


class RejectionRequestSerializer(WireSerializer):
    reason = serializers.CharField(required=False, max_length=500)


class TermsVersionSerializer(WireSerializer):
    """A version of the terms, as it was agreed."""

    version = serializers.IntegerField()
    state = serializers.ChoiceField(choices=TermsState.values)
    digest = serializers.CharField()
    document = TermsSerializer()
    reason = serializers.CharField(allow_null=True)
    payer_agreed_at = serializers.DateTimeField(allow_null=True)
    payee_agreed_at = serializers.DateTimeField(allow_null=True)
    created_at = serializers.DateTimeField()
    in_force_at = serializers.DateTimeField(allow_null=True)
    ended_at = serializers.DateTimeField(allow_null=True)


class TermsAnswerSerializer(TermsVersionSerializer):
    success = serializers.BooleanField()


class TermsListSerializer(WireSerializer):
    success = serializers.BooleanField()
    data = TermsVersionSerializer(many=True)  # type: ignore[assignment]  # as in every list
