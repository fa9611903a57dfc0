"""The wire forms of payments, refunds and card tokens: the documented fields, camelCase on the wire."""

from typing import Any

from rest_framework import serializers

from core import ids
from core.api.fields import DigitsField, PatternField
from core.api.wire import MetadataField, StrictIntegerField, WireSerializer
from core.money import Currency
from core.vault.cards import CardData
from payments.enums import PaymentMethod, PaymentStatus, RefundStatus
from payments.services.orders import Client, PaymentOrder

CARD_TOKEN = r"tok_[0-9a-z]{24}"  # noqa: S105 the form of a token, not one


class CardDigitsField(DigitsField):
    """Digits of a card, as sent: the vault judges them under the documented code and never repeats them."""

    def __init__(self, **options: Any) -> None:
        super().__init__(required=False, max_length=32, allow_blank=True, **options)

    def to_internal_value(self, data: Any) -> str:
        return str(data)


class BillingAddressSerializer(WireSerializer):
    """Only the country is used, for the fraud decision; nothing of it is kept but that."""

    street = serializers.CharField(required=False, max_length=200)
    city = serializers.CharField(required=False, max_length=100)
    state = serializers.CharField(required=False, max_length=40)
    zip_code = serializers.CharField(required=False, max_length=20)
    country = serializers.RegexField(r"^[A-Z]{2}$", required=False)


class CardFieldsSerializer(WireSerializer):
    card_number = CardDigitsField(help_text="12 to 19 digits. Test mode has magic numbers, see the documentation.")
    expiry_month = CardDigitsField(help_text="MM")
    expiry_year = CardDigitsField(help_text="YYYY")
    cvc = CardDigitsField(help_text="3 or 4 digits. Used for this authorisation and kept nowhere.")


class PaymentRequestSerializer(CardFieldsSerializer):
    """A payment by card, or by a card token made earlier."""

    action = serializers.ChoiceField(
        choices=["process_payment", "validate_payment"], required=False, help_text="Accepted and not needed."
    )
    card_token = serializers.RegexField(rf"^{CARD_TOKEN}$", required=False, help_text="Instead of the card.")
    amount = StrictIntegerField(min_value=1, help_text="In minor units: 50000 is 500.00 USD.")
    currency = serializers.ChoiceField(choices=[each.code for each in Currency], default=Currency.USD.code)
    customer_id = PatternField(ids.PARTY_ID)
    provider_id = PatternField(ids.PARTY_ID, required=False)
    booking_id = serializers.CharField(
        required=False, max_length=100, help_text="With a provider: the net is held in escrow for this booking."
    )
    service_id = serializers.CharField(required=False, max_length=100)
    payment_method = serializers.ChoiceField(choices=PaymentMethod.values, default=PaymentMethod.CARD.value)
    metadata = MetadataField(required=False)
    ip_address = serializers.IPAddressField(required=False, help_text="The buyer's own address.")
    device_fingerprint = serializers.CharField(required=False, max_length=128)
    email = serializers.EmailField(required=False, help_text="Kept as a keyed hash only.")
    billing_address = BillingAddressSerializer(required=False)

    @classmethod
    def order(cls, values: dict[str, Any]) -> PaymentOrder:
        """The order in the words of the service."""
        return PaymentOrder(
            amount_minor=values["amount"],
            currency=values["currency"],
            customer_id=values["customer_id"],
            card=card_of(values),
            card_token=values.get("card_token"),
            provider_id=values.get("provider_id"),
            booking_id=values.get("booking_id", ""),
            service_id=values.get("service_id", ""),
            payment_method=values["payment_method"],
            metadata=dict(values.get("metadata", {})),
            client=Client(
                ip_address=values.get("ip_address"),
                device_fingerprint=values.get("device_fingerprint"),
                email=values.get("email"),
                billing_country=values.get("billing_address", {}).get("country"),
            ),
        )


def card_of(values: dict[str, Any]) -> CardData | None:
    """The card of a request, None where there is none. What is missing of it is judged by the vault."""
    if "card_number" not in values:
        return None
    return CardData(
        values["card_number"], values.get("expiry_month", ""), values.get("expiry_year", ""), values.get("cvc")
    )


class CardSerializer(WireSerializer):
    token = serializers.CharField()
    brand = serializers.CharField()
    last4 = serializers.CharField()


class TrailEntrySerializer(WireSerializer):
    timestamp = serializers.DateTimeField()
    action = serializers.CharField()
    result = serializers.CharField()
    details = serializers.DictField()
    correlation_id = serializers.CharField()


class PaymentRowSerializer(WireSerializer):
    """A payment."""

    payment_id = PatternField(ids.PAYMENT_ID)
    transaction_id = PatternField(ids.TRANSACTION_ID)
    status = serializers.ChoiceField(choices=PaymentStatus.values)
    amount = serializers.IntegerField()
    currency = serializers.CharField()
    fees = serializers.IntegerField()
    net_amount = serializers.IntegerField()
    fraud_score = serializers.IntegerField(allow_null=True, help_text="0 to 1000; null where it could not be scored.")
    fraud_recommendation = serializers.ChoiceField(
        choices=["APPROVE", "REVIEW", "BLOCK"], allow_null=True, help_text="Null for the buyer and the seller."
    )
    customer_id = serializers.CharField()
    provider_id = serializers.CharField(allow_null=True)
    booking_id = serializers.CharField(allow_null=True)
    service_id = serializers.CharField(allow_null=True)
    escrow_id = serializers.CharField(allow_null=True)
    payment_method = serializers.ChoiceField(choices=PaymentMethod.values)
    card = CardSerializer()
    metadata = MetadataField()
    amount_refunded = serializers.IntegerField()
    dispute_id = serializers.CharField(allow_null=True)
    compliance_flags = serializers.ListField(child=serializers.CharField())
    failure_code = serializers.CharField(allow_null=True)
    capture_deadline = serializers.DateTimeField(allow_null=True)
    livemode = serializers.BooleanField()
    created_at = serializers.DateTimeField()
    timestamp = serializers.DateTimeField()


class PaymentSerializer(PaymentRowSerializer):
    """A payment with its audit trail."""

    success = serializers.BooleanField()
    audit_trail = TrailEntrySerializer(many=True)


class CancelledPaymentSerializer(PaymentRowSerializer):
    """A payment after it was given back."""

    success = serializers.BooleanField()


class CancelRequestSerializer(WireSerializer):
    action = serializers.ChoiceField(choices=["cancel_payment"], required=False, help_text="Accepted and not needed.")


class ValidationSerializer(WireSerializer):
    """What a payment would cost if it were made now."""

    success = serializers.BooleanField()
    valid = serializers.BooleanField()
    amount = serializers.IntegerField()
    currency = serializers.CharField()
    fees = serializers.IntegerField()
    net_amount = serializers.IntegerField()
    livemode = serializers.BooleanField()
    timestamp = serializers.DateTimeField()


class RefundRequestSerializer(WireSerializer):
    amount = StrictIntegerField(min_value=1, required=False, help_text="Everything that is left where absent.")
    reason = serializers.CharField(required=False, max_length=200)


class RefundSerializer(WireSerializer):
    """Money on its way back to the customer."""

    success = serializers.BooleanField()
    refund_id = serializers.CharField()
    payment_id = serializers.CharField()
    status = serializers.ChoiceField(choices=RefundStatus.values)
    amount = serializers.IntegerField()
    currency = serializers.CharField()
    fees_reversed = serializers.IntegerField()
    net_reversed = serializers.IntegerField()
    reason = serializers.CharField(allow_null=True)
    amount_refunded = serializers.IntegerField()
    failure_code = serializers.CharField(allow_null=True)
    stranded = serializers.BooleanField(
        help_text="Refused by the network; set aside for the customer until sent again."
    )
    livemode = serializers.BooleanField()
    created_at = serializers.DateTimeField()
    timestamp = serializers.DateTimeField()


class CardTokenRequestSerializer(CardFieldsSerializer):
    action = serializers.ChoiceField(choices=["encrypt_card_data"], required=False, help_text="Accepted, not needed.")
    customer_id = PatternField(ids.PARTY_ID, required=False, help_text="The token then pays for this customer only.")


class CardTokenSerializer(WireSerializer):
    """A card behind its token. `encryptedData` is the token: the ciphertext never leaves the vault."""

    success = serializers.BooleanField()
    card_token = serializers.CharField()
    encrypted_data = serializers.CharField()
    brand = serializers.CharField()
    first6 = serializers.CharField()
    last4 = serializers.CharField()
    expiry_month = serializers.CharField()
    expiry_year = serializers.CharField()
    customer_id = serializers.CharField(allow_null=True)
    compliance_flags = serializers.ListField(child=serializers.CharField())
    livemode = serializers.BooleanField()
    timestamp = serializers.DateTimeField()


class RevealRequestSerializer(WireSerializer):
    action = serializers.ChoiceField(choices=["decrypt_card_data"], required=False, help_text="Accepted, not needed.")
    reason = serializers.CharField(min_length=8, max_length=200, help_text="Why; it is audited with the caller.")


class ClearCardSerializer(WireSerializer):
    """A card in clear. There is no verification code: it is kept nowhere."""

    card_number = serializers.CharField()
    expiry_month = serializers.CharField()
    expiry_year = serializers.CharField()


class RevealSerializer(WireSerializer):
    success = serializers.BooleanField()
    card_token = serializers.CharField()
    decrypted_data = ClearCardSerializer()
    livemode = serializers.BooleanField()
    timestamp = serializers.DateTimeField()
