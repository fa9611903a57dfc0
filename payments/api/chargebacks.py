"""Chargebacks in the public API: for marketplaces and the seller whose sale it was. The buyer hears from the bank."""

from typing import Any, ClassVar, cast

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core import ids
from core.api import conditions
from core.api.fields import PatternField
from core.api.owners import One
from core.api.requests import ApiRequest
from core.api.schema import describe, page_of
from core.api.values import Verbatim
from core.api.views import ApiView
from core.api.wire import WireSerializer, to_wire
from payments import answers
from payments.enums import ChargebackKind, ChargebackState
from payments.models import Chargeback
from payments.selectors import chargebacks, payments


class ChargebackRowSerializer(WireSerializer):
    """Money the card network has taken back. The four parts after the currency make the amount."""

    chargeback_id = serializers.CharField()
    payment_id = PatternField(ids.PAYMENT_ID)
    escrow_id = serializers.CharField(allow_null=True)
    status = serializers.ChoiceField(choices=ChargebackState.values)
    kind = serializers.ChoiceField(choices=ChargebackKind.values, help_text="What the card's holder says.")
    reason_code = serializers.CharField(help_text="The network's own.")
    amount = serializers.IntegerField()
    currency = serializers.CharField()
    fees_reversed = serializers.IntegerField(help_text="Taken from the platform's fee.")
    amount_held = serializers.IntegerField(help_text="Taken from what was still held for the seller.")
    amount_late = serializers.IntegerField(help_text="Had been released: the seller owes it.")
    amount_refunded_before = serializers.IntegerField(help_text="Had been refunded: it went back twice.")
    contested_at = serializers.DateTimeField(allow_null=True)
    respond_by = serializers.DateTimeField(help_text="It can be contested before this moment.")
    opened_at = serializers.DateTimeField()
    closed_at = serializers.DateTimeField(allow_null=True)
    livemode = serializers.BooleanField()
    timestamp = serializers.DateTimeField()


class ChargebackSerializer(ChargebackRowSerializer):
    """One chargeback."""

    success = serializers.BooleanField()


class PaymentChargebacks(ApiView):
    scopes: ClassVar = {"GET": "payments:read"}
    owned_by: ClassVar = {
        "GET": One(
            rows=chargebacks.list_payments_in_mode,
            variable="payment_id",
            key="public_id",
            missing=payments.PaymentNotFound,
            provider="seller",
        )
    }
    paged = True

    @describe(
        "listChargebacks",
        summary="List the chargebacks of a payment",
        answers={200: page_of(ChargebackRowSerializer)},
        refusals=(payments.PaymentNotFound,),
    )
    def get(self, request: Request, payment_id: str) -> Response:
        """Newest first."""
        payment = payments.get(payment_id, livemode=cast("ApiRequest", request).livemode)

        def render(chargeback: Chargeback) -> dict[str, Any]:
            return Verbatim(to_wire(answers.chargeback_fields(chargeback)))

        return self.page(request, chargebacks.list_in_mode(livemode=payment.livemode).filter(payment=payment), render)


class OneChargeback(ApiView):
    scopes: ClassVar = {"GET": "payments:read"}
    owned_by: ClassVar = {
        "GET": One(
            rows=chargebacks.list_in_mode,
            variable="chargeback_id",
            key="public_id",
            missing=chargebacks.ChargebackNotFound,
            provider="seller",
        )
    }
    etag = conditions.all_but("success")

    @describe(
        "getChargeback",
        summary="One chargeback",
        answers={200: ChargebackSerializer},
        refusals=(chargebacks.ChargebackNotFound,),
    )
    def get(self, request: Request, chargeback_id: str) -> Response:
        """Its money was taken when it was opened; a `WON` one has brought it back."""
        chargeback = chargebacks.get(chargeback_id, livemode=cast("ApiRequest", request).livemode)
        return Response({"success": True, **answers.chargeback_fields(chargeback)})
