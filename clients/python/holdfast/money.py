"""Payments, refunds and chargebacks.

An `idempotency_key` is made for a call that brings none; it stands in the answer and in the error.
"""

from typing import Any, Unpack

from holdfast.answers import Answer
from holdfast.listing import Listing
from holdfast.requests import PaymentFilter, PaymentOrder, Place, body
from holdfast.resource import Resource
from holdfast.transport import Operation
from holdfast.types import CancelledPayment, Chargeback, ChargebackRow, Payment, PaymentRow, Refund, Validation


class Payments(Resource):
    def create(self, *, idempotency_key: str | None = None, **order: Unpack[PaymentOrder]) -> Answer[Payment]:
        """Charge a card or a card token. Status 202: the payment waits for a review.

        Raises PaymentRefused where the bank declines, NotAllowed where fraud rules do.
        """
        return self._post(Operation("createPayment", "POST", "/v1/payments"), _order(order), idempotency_key)

    def validate(self, *, idempotency_key: str | None = None, **order: Unpack[PaymentOrder]) -> Answer[Validation]:
        """What `create` would check and cost, without a charge."""
        operation = Operation("validatePayment", "POST", "/v1/payments/validate")
        return self._post(operation, _order(order), idempotency_key)

    def get(self, payment_id: str) -> Answer[Payment]:
        return self._get(Operation("getPayment", "GET", "/v1/payments/{paymentId}"), paymentId=payment_id)

    def list(self, *, at_most: int | None = None, **filters: Unpack[PaymentFilter]) -> Listing[PaymentRow]:
        """Newest first."""
        return self._list(Operation("listPayments", "GET", "/v1/payments"), filters, at_most=at_most)

    def cancel(
        self, payment_id: str, *, idempotency_key: str | None = None, if_match: str | None = None
    ) -> Answer[CancelledPayment]:
        """Let an authorisation go that was not captured. Raises Conflict for a payment that was."""
        return self._post(
            Operation("cancelPayment", "POST", "/v1/payments/{paymentId}/cancel"),
            {},
            idempotency_key,
            if_match=if_match,
            paymentId=payment_id,
        )


class Refunds(Resource):
    def create(
        self,
        payment_id: str,
        *,
        amount: int | None = None,
        reason: str | None = None,
        idempotency_key: str | None = None,
        if_match: str | None = None,
    ) -> Answer[Refund]:
        """Give back `amount` minor units, or all that is left."""
        return self._post(
            Operation("createRefund", "POST", "/v1/payments/{paymentId}/refunds"),
            body(amount=amount, reason=reason),
            idempotency_key,
            if_match=if_match,
            paymentId=payment_id,
        )


class Chargebacks(Resource):
    def get(self, chargeback_id: str) -> Answer[Chargeback]:
        operation = Operation("getChargeback", "GET", "/v1/chargebacks/{chargebackId}")
        return self._get(operation, chargebackId=chargeback_id)

    def list(self, payment_id: str, *, at_most: int | None = None, **place: Unpack[Place]) -> Listing[ChargebackRow]:
        """Those of a payment, newest first."""
        operation = Operation("listChargebacks", "GET", "/v1/payments/{paymentId}/chargebacks")
        return self._list(operation, place, at_most=at_most, paymentId=payment_id)


def _order(order: PaymentOrder) -> dict[str, Any]:
    fields: dict[str, Any] = dict(order)
    card = fields.pop("card", None)
    return body(**fields) | (card.fields() if card is not None else {})
