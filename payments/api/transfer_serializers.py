"""The wire forms of transfers: the documented fields, camelCase on the wire."""

from typing import Any

from rest_framework import serializers

from ach.enums import Priority, ReversalCause
from core import ids
from core.api.fields import DigitsField, MomentField, PatternField
from core.api.wire import MetadataField, StrictIntegerField, WireSerializer
from payments.services.orders import Client
from payments.services.transfer_orders import CURRENCY, RETURN, Customer, TransferOrder
from payments.transfer_enums import Purpose, TransferState, TransferStatus, TransferType

SEC_CODES = ["WEB", "TEL", "PPD", "CCD"]


class CustomerAddressSerializer(WireSerializer):
    """Only the country is used, for the fraud decision; nothing of it is kept."""

    street = serializers.CharField(max_length=200)
    city = serializers.CharField(max_length=100)
    state = serializers.RegexField(r"^[A-Z]{2}$")
    zip_code = serializers.RegexField(r"^[0-9]{5}(-[0-9]{4})?$")
    country = serializers.RegexField(r"^[A-Z]{2}$", default="US")


class CustomerInfoSerializer(WireSerializer):
    """The person it is made for. Names are screened; what is not said to be used is used for nothing and not kept."""

    customer_id = PatternField(ids.PARTY_ID)
    first_name = serializers.CharField(max_length=100)
    last_name = serializers.CharField(max_length=100)
    email = serializers.EmailField(help_text="Kept as a keyed hash only.")
    phone = serializers.CharField(max_length=32)
    address = CustomerAddressSerializer()
    date_of_birth = serializers.DateField()
    ssn = DigitsField(required=False, min_length=4, max_length=4, help_text="The last four digits. Not kept.")
    ip_address = serializers.IPAddressField()
    device_fingerprint = serializers.CharField(max_length=128)


class TransferRequestSerializer(WireSerializer):
    """A transfer. A side with us may be named by an account of the party, or by the party itself."""

    from_account_id = PatternField(ids.PARTY_ID, help_text="A CREDIT is paid from the balance of this side.")
    to_account_id = PatternField(ids.PARTY_ID, help_text="A DEBIT ends in the balance of this side.")
    amount = StrictIntegerField(min_value=1, help_text="In cents: 250000 is 2,500.00 USD.")
    currency = serializers.ChoiceField(choices=[CURRENCY], default=CURRENCY)
    transfer_type = serializers.ChoiceField(
        choices=[*TransferType.values, RETURN], help_text="RETURN is refused: returns come from the bank."
    )
    priority = serializers.ChoiceField(choices=Priority.values, default=Priority.STANDARD.value)
    description = serializers.CharField(max_length=80, help_text="Goes with the entry, as its addenda (not with TEL).")
    company_description = serializers.CharField(
        required=False, max_length=10, help_text="The ten characters that the receiver's statement shows."
    )
    customer_info = CustomerInfoSerializer()
    sec_code = serializers.ChoiceField(
        choices=SEC_CODES, required=False, help_text="Derived where absent; a person's DEBIT has to say it."
    )
    effective_date = serializers.DateField(required=False, help_text="YYYY-MM-DD; the next possible day if it passed.")
    escrow_id = serializers.CharField(
        required=False, max_length=32, help_text="Of a DEBIT: the escrow that its money begins once it is free."
    )
    metadata = MetadataField(required=False)

    @classmethod
    def order(cls, values: dict[str, Any]) -> TransferOrder:
        """The order in the words of the service."""
        info = values["customer_info"]
        return TransferOrder(
            from_account=values["from_account_id"],
            to_account=values["to_account_id"],
            amount_minor=values["amount"],
            currency=values["currency"],
            type=values["transfer_type"],
            description=values["description"],
            customer=Customer(
                customer_id=info["customer_id"],
                first_name=info["first_name"],
                last_name=info["last_name"],
                client=Client(
                    ip_address=info["ip_address"],
                    device_fingerprint=info["device_fingerprint"],
                    email=info["email"],
                    billing_country=info["address"]["country"],
                ),
            ),
            priority=values["priority"],
            sec=values.get("sec_code", ""),
            company_description=values.get("company_description", ""),
            effective_on=values.get("effective_date"),
            escrow_id=values.get("escrow_id", ""),
            metadata=dict(values.get("metadata", {})),
        )


class ReversalRequestSerializer(WireSerializer):
    cause = serializers.ChoiceField(choices=ReversalCause.values)
    discovered_at = MomentField(required=False, help_text="Now where absent. With its offset from UTC.")


class ReversalSerializer(WireSerializer):
    """A reversal that waits for its signature."""

    success = serializers.BooleanField()
    transfer_id = PatternField(ids.ACH_TRANSFER_ID)
    approval_id = serializers.CharField()
    state = serializers.ChoiceField(choices=TransferState.values)
    livemode = serializers.BooleanField()
    timestamp = serializers.DateTimeField()


class AuditEntrySerializer(WireSerializer):
    timestamp = serializers.DateTimeField()
    action = serializers.CharField()
    result = serializers.ChoiceField(choices=["PASS", "FAIL", "WARNING", "REVIEW_REQUIRED"])
    details = serializers.DictField()
    correlation_id = serializers.CharField()
    regulatory_requirement = serializers.CharField(required=False)


class TransferRowSerializer(WireSerializer):
    """A transfer."""

    transfer_id = PatternField(ids.ACH_TRANSFER_ID)
    ach_tracking_id = serializers.CharField(allow_null=True, help_text="TR and the trace number, once a file has it.")
    status = serializers.ChoiceField(choices=TransferStatus.values)
    state = serializers.ChoiceField(choices=TransferState.values, help_text="Finer than the status.")
    state_reason = serializers.CharField(allow_null=True)
    risk_score = serializers.FloatField(allow_null=True, help_text="0 to 1; null where it could not be scored.")
    compliance_flags = serializers.ListField(child=serializers.CharField())
    estimated_settlement = serializers.DateTimeField(allow_null=True)
    decline_reason = serializers.CharField(allow_null=True)
    failure_code = serializers.CharField(allow_null=True)
    return_code = serializers.CharField(allow_null=True, help_text="R01 and so on.")
    transfer_type = serializers.ChoiceField(choices=TransferType.values)
    purpose = serializers.ChoiceField(choices=Purpose.values)
    priority = serializers.ChoiceField(choices=Priority.values, help_text="The one given.")
    sec_code = serializers.CharField()
    amount = serializers.IntegerField()
    currency = serializers.CharField()
    description = serializers.CharField()
    company_description = serializers.CharField()
    from_account_id = serializers.CharField()
    to_account_id = serializers.CharField()
    payer_id = serializers.CharField()
    payee_id = serializers.CharField()
    customer_id = serializers.CharField(allow_null=True)
    escrow_id = serializers.CharField(allow_null=True)
    effective_date = serializers.DateField(allow_null=True, help_text="The one asked for.")
    metadata = MetadataField()
    livemode = serializers.BooleanField()
    created_at = serializers.DateTimeField()
    timestamp = serializers.DateTimeField()


class TransferSerializer(TransferRowSerializer):
    """A transfer with its audit trail."""

    success = serializers.BooleanField()
    audit_trail = AuditEntrySerializer(many=True)
