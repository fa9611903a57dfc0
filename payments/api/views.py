"""The payment operations of the public API."""

from dataclasses import replace
from typing import Any, ClassVar, cast

from rest_framework.request import Request
from rest_framework.response import Response

from compliance.selectors.parties import PartyNotFound
from compliance.services.parties import PartyNotEligible, PartyTypesDiffer
from core import clock, ids
from core.api import conditions, once
from core.api.filters import choice, moment, text
from core.api.once import Ticket
from core.api.owners import ADMINS, Named, One, Rows
from core.api.requests import ApiRequest
from core.api.schema import describe, page_of
from core.api.values import Verbatim
from core.api.views import ApiView
from core.api.wire import to_wire
from core.oidc.users import User
from core.switches.services import SwitchClosed
from core.telemetry import context
from core.vault.cards import CardDataEncryptionFailed, CardTokenNotFound, InvalidCardData
from core.vault.envelope import VaultUnavailable
from payments import answers, refusals
from payments.answers import Answer
from payments.api import audience, examples, serializers
from payments.enums import PaymentStatus
from payments.gateways.registry import NoGateway
from payments.models import Payment as PaymentRow
from payments.selectors import payments as register
from payments.selectors import trails
from payments.services import orders, payments, refunds
from payments.services.orders import PaymentOrder
from payments.services.refunds import RefundOrder

_ORDER_REFUSALS = (
    InvalidCardData,
    orders.PaymentMethodNotSupported,
    orders.CurrencyNotSupported,
    orders.AmountAboveLimit,
)

_BUYERS = One(
    rows=register.list_in_mode,
    variable="payment_id",
    key="public_id",
    missing=register.PaymentNotFound,
    customer="customer__party_id",
)
_BUYERS_AND_SELLERS = replace(_BUYERS, provider="provider__party_id")


class Payments(ApiView):
    scopes: ClassVar = {"GET": "payments:read", "POST": "payments:write"}
    owned_by: ClassVar = {
        "GET": Rows(customer="customer__party_id", provider="provider__party_id"),
        "POST": Named(customer="customerId"),
    }
    throttle: ClassVar = {"POST": "payments.create"}
    paged = True
    filters = (
        *choice("status", PaymentStatus.values),
        *text("customerId", "customer__party_id", pattern=ids.PARTY_ID),
        *text("providerId", "provider__party_id", pattern=ids.PARTY_ID),
        *moment("createdAt"),
    )

    @describe("listPayments", summary="List payments", answers={200: page_of(serializers.PaymentRowSerializer)})
    def get(self, request: Request) -> Response:
        """Newest first."""
        call = cast("ApiRequest", request)

        def render(payment: PaymentRow) -> dict[str, Any]:
            return Verbatim(audience.shown(request, to_wire(answers.payment_fields(payment))))

        return self.page(request, register.list_in_mode(livemode=call.livemode), render)

    @describe(
        "createPayment",
        summary="Take a payment",
        takes=serializers.PaymentRequestSerializer,
        answers={201: serializers.PaymentSerializer, 202: serializers.PaymentSerializer},
        refusals=(
            *_ORDER_REFUSALS, PartyNotFound, PartyNotEligible, PartyTypesDiffer, CardTokenNotFound, SwitchClosed,
            NoGateway, CardDataEncryptionFailed, *refusals.FAILURES.values(),
        ),
        example=examples.PAYMENT,
        answer_example=examples.PAYMENT_ANSWER,
    )  # fmt: skip
    def post(self, request: Request) -> Response:
        """`COMPLETED` when captured, `PENDING` when held for review. 202: the network has not answered yet; the payment
        finishes by itself, ask for it. A payment that failed is kept and answers the same to the same key.
        """
        call = cast("ApiRequest", request)
        order = _seen_from_here(
            call, serializers.PaymentRequestSerializer.order(serializers.PaymentRequestSerializer.read(request))
        )
        answer = payments.create(
            order,
            ticket=ticket_without_cvc(request, "payments.create"),
            livemode=call.livemode,
            actor=call.actor,
            now=clock.now(),
        )
        return respond(request, answer)


class Payment(ApiView):
    scopes: ClassVar = {"GET": "payments:read"}
    owned_by: ClassVar = {"GET": _BUYERS_AND_SELLERS}
    etag = conditions.all_but("success", "audit_trail")

    @describe(
        "getPayment",
        summary="One payment",
        answers={200: serializers.PaymentSerializer},
        refusals=(register.PaymentNotFound,),
    )
    def get(self, request: Request, payment_id: str) -> Response:
        payment = register.get(payment_id, livemode=cast("ApiRequest", request).livemode)
        return Response(answers.with_trail(payment, trails.list_for_payment(payment)))

    def finalize_response(self, request: Request, response: Response, *args: Any, **kwargs: Any) -> Response:
        """The tag stands for the whole payment, so that it holds for every reader; what is shown is the reader's."""
        response = super().finalize_response(request, response, *args, **kwargs)
        if response.status_code == 200:
            response.data = Verbatim(audience.shown(request, to_wire(response.data)))
        return response


class PaymentValidation(ApiView):
    scopes: ClassVar = {"POST": "payments:write"}
    owned_by: ClassVar = {"POST": Named(customer="customerId")}
    throttle: ClassVar = {"POST": "payments.validate"}

    @describe(
        "validatePayment",
        summary="Check a payment without making it",
        takes=serializers.PaymentRequestSerializer,
        answers={200: serializers.ValidationSerializer},
        refusals=_ORDER_REFUSALS,
        example=examples.PAYMENT,
    )
    def post(self, request: Request) -> Response:
        """Nothing is stored, nobody is asked. What is refused here would be refused by a payment."""
        now = clock.now()
        values = serializers.PaymentRequestSerializer.read(request)
        split = orders.validate(serializers.PaymentRequestSerializer.order(values), now=now)
        body: dict[str, Any] = {
            "success": True,
            "valid": True,
            "amount": values["amount"],
            "currency": values["currency"],
            "fees": split.fee.minor,
            "net_amount": split.net.minor,
            "livemode": cast("ApiRequest", request).livemode,
            "timestamp": now,
        }
        return Response(body)


class PaymentCancellation(ApiView):
    scopes: ClassVar = {"POST": "payments:write"}
    owned_by: ClassVar = {"POST": _BUYERS}
    if_match = frozenset({"POST"})

    @describe(
        "cancelPayment",
        summary="Give an authorised payment back",
        takes=serializers.CancelRequestSerializer,
        answers={200: serializers.CancelledPaymentSerializer, 202: serializers.CancelledPaymentSerializer},
        refusals=(register.PaymentNotFound, payments.PaymentNotCancellable, payments.PaymentInProgress),
    )
    def post(self, request: Request, payment_id: str) -> Response:
        """Before capture, that is while it is held for review. Captured money is refunded instead."""
        call = cast("ApiRequest", request)
        serializers.CancelRequestSerializer.read(request)
        answer = payments.cancel(
            payment_id=payment_id,
            ticket=once.ticket(request, operation="payments.cancel"),
            condition=call.condition,
            livemode=call.livemode,
            actor=call.actor,
            now=clock.now(),
        )
        return respond(request, answer)


class Refunds(ApiView):
    scopes: ClassVar = {"POST": "refunds:write"}
    owned_by: ClassVar = {"POST": ADMINS}
    if_match = frozenset({"POST"})

    @describe(
        "createRefund",
        summary="Refund a payment in part or whole",
        takes=serializers.RefundRequestSerializer,
        answers={201: serializers.RefundSerializer, 202: serializers.RefundSerializer},
        refusals=(
            register.PaymentNotFound, refunds.PaymentNotRefundable, refunds.RefundExceedsRefundable,
            refunds.RefundMoneyIsGone, refunds.RefundDeclined, SwitchClosed,
        ),
        example={"amount": 10000, "reason": "one hour less than booked"},
    )  # fmt: skip
    def post(self, request: Request, payment_id: str) -> Response:
        """The fee goes back in proportion. What can be refunded is captured less refunded less disputed."""
        call = cast("ApiRequest", request)
        values = serializers.RefundRequestSerializer.read(request)
        answer = refunds.create(
            RefundOrder(payment_id, values.get("amount"), values.get("reason", "")),
            ticket=once.ticket(request, operation="refunds.create"),
            condition=call.condition,
            livemode=call.livemode,
            actor=call.actor,
            now=clock.now(),
        )
        return respond(request, answer)


def _seen_from_here(call: ApiRequest, order: PaymentOrder) -> PaymentOrder:
    """A user pays from where the request comes from; only a marketplace's backend knows better than the network."""
    if not isinstance(call.auth, User):
        return order
    return replace(order, client=replace(order.client, ip_address=context.origin()))


def ticket_without_cvc(request: Request, operation: str) -> Ticket:
    """The request's ticket after its security code has left it: not even a keyed hash of the code is kept."""
    cast("ApiRequest", request).data.pop("cvc", None)
    try:
        return once.ticket(request, operation=operation)
    except VaultUnavailable as error:
        # The request of a card payment is hashed with a key of the vault, as its card will be locked with one.
        raise CardDataEncryptionFailed from error


def respond(request: Request, answer: Answer) -> Response:
    body = audience.shown(request, answer.body)
    return once.answered(status=answer.status, body=body, replayed=answer.replayed)
