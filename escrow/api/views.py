"""Escrows in the public API: reading, for now; terms and releases follow."""

from typing import ClassVar, cast

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core import ids
from core.api import conditions
from core.api.fields import PatternField
from core.api.owners import One
from core.api.requests import ApiRequest
from core.api.schema import describe
from core.api.views import ApiView
from core.api.wire import WireSerializer
from escrow.enums import EscrowStatus
from escrow.selectors import escrows


class EscrowSerializer(WireSerializer):
    """Money of a booking, held for its payee."""

    success = serializers.BooleanField()
    escrow_id = PatternField(ids.ESCROW_ID)
    status = serializers.ChoiceField(choices=EscrowStatus.values)
    payment_id = PatternField(ids.PAYMENT_ID)
    payer_id = serializers.CharField()
    payee_id = serializers.CharField()
    booking_id = serializers.CharField()
    amount = serializers.IntegerField(help_text="What was put in: the net of the payment.")
    amount_held = serializers.IntegerField(help_text="What the ledger holds for it now.")
    amount_refunded = serializers.IntegerField()
    currency = serializers.CharField()
    livemode = serializers.BooleanField()
    funded_at = serializers.DateTimeField()
    timestamp = serializers.DateTimeField()


class EscrowView(ApiView):
    scopes: ClassVar = {"GET": "escrows:read"}
    owned_by: ClassVar = {
        "GET": One(
            rows=escrows.list_in_mode,
            variable="escrow_id",
            key="public_id",
            missing=escrows.EscrowNotFound,
            customer="payer__party_id",
            provider="payee__party_id",
        )
    }
    etag = conditions.all_but("success")

    @describe("getEscrow", summary="One escrow", answers={200: EscrowSerializer}, refusals=(escrows.EscrowNotFound,))
    def get(self, request: Request, escrow_id: str) -> Response:
        """It appears a moment after its payment is captured."""
        escrow = escrows.get(escrow_id, livemode=cast("ApiRequest", request).livemode)
        return Response(
            {
                "success": True,
                "escrow_id": escrow.public_id,
                "status": escrow.status,
                "payment_id": escrow.payment.public_id,
                "payer_id": escrow.payer.party_id,
                "payee_id": escrow.payee.party_id,
                "booking_id": escrow.booking_id,
                "amount": escrow.amount_minor,
                "amount_held": escrows.held(escrow).minor,
                "amount_refunded": escrow.refunded_minor,
                "currency": escrow.currency,
                "livemode": escrow.livemode,
                "funded_at": escrow.funded_at,
                "timestamp": escrow.updated_at,
            }
        )
