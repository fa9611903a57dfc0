"""Escrows in the public API: agreed, listed, and read one by one."""

from typing import Any, ClassVar, cast

from rest_framework.request import Request
from rest_framework.response import Response

from compliance.selectors.parties import PartyNotFound
from compliance.services.parties import PartyNotEligible, PartyTypesDiffer
from core import clock, ids
from core.api.filters import choice, moment, text
from core.api.once import run_once
from core.api.owners import Named, Rows
from core.api.requests import ApiRequest
from core.api.schema import describe, page_of
from core.api.values import Verbatim
from core.api.wire import to_wire
from escrow import answers
from escrow.api import audience, base, examples, serializers
from escrow.api import terms as wire_terms
from escrow.api.base import EscrowApiView
from escrow.enums import EscrowStatus, Side
from escrow.models import Escrow as EscrowRow
from escrow.selectors import escrows, trails
from escrow.selectors.escrows import EscrowNotFound
from escrow.services import adoptions, agreements, refused, terms
from escrow.services.agreements import AmountNotAccepted, ComplianceScreeningFailed, EscrowOrder, UnsafeTerms
from escrow.services.terms import UnableToAmend
from escrow.terms.document import InvalidTerms
from payments.selectors.payments import PaymentNotFound


class Escrows(EscrowApiView):
    scopes: ClassVar = {"GET": "escrows:read", "POST": "escrows:write"}
    owned_by: ClassVar = {
        "GET": Rows(customer="payer__party_id", provider="payee__party_id"),
        "POST": Named(customer="payerId", provider="payeeId"),
    }
    paged = True
    filters = (
        *choice("status", EscrowStatus.values),
        *text("payerId", "payer__party_id", pattern=ids.PARTY_ID),
        *text("payeeId", "payee__party_id", pattern=ids.PARTY_ID),
        *text("bookingId", "booking_id"),
        *moment("createdAt"),
    )

    @describe("listEscrows", summary="List escrows", answers={200: page_of(serializers.EscrowRowSerializer)})
    def get(self, request: Request) -> Response:
        """Newest first."""

        def render(escrow: EscrowRow) -> dict[str, Any]:
            return Verbatim(audience.shown(request, to_wire(answers.escrow_fields(escrow))))

        return self.page(request, escrows.list_in_mode(livemode=cast("ApiRequest", request).livemode), render)

    @describe(
        "createEscrow",
        summary="Agree on an escrow",
        takes=serializers.EscrowRequestSerializer,
        answers={201: serializers.EscrowSerializer},
        refusals=(
            InvalidTerms, UnsafeTerms, AmountNotAccepted, ComplianceScreeningFailed, PartyNotFound, PartyNotEligible,
            PartyTypesDiffer, PaymentNotFound, EscrowNotFound, UnableToAmend,
        ),
        example=examples.ESCROW,
    )  # fmt: skip
    def post(self, request: Request) -> Response:
        """`CREATED`: it waits for its money, by the payment of its booking or by a bank transfer. Both parties are
        screened. You vouch that both agreed, unless `partiesConfirm`; a user agrees for its own side alone. With
        `paymentId` the terms are those of the escrow that this payment has made, while nothing of it has moved.
        """
        call, now = cast("ApiRequest", request), clock.now()
        values = serializers.EscrowRequestSerializer.read(request)
        order = _order(request, values)
        side = audience.side(request, None)

        def effect() -> tuple[int, dict[str, Any]]:
            made = _make(call, order, side, values.get("payment_id", ""))
            return 201, base.answer(made, now=now, message=answers.AGREED, trail=trails.of_creation)

        try:
            return run_once(request, operation="escrows.create", effect=effect, now=now)
        except ComplianceScreeningFailed:
            refused.note(order, livemode=call.livemode, actor=call.actor, now=now)
            raise


class Escrow(EscrowApiView):
    scopes: ClassVar = {"GET": "escrows:read"}
    owned_by: ClassVar = {"GET": audience.BOTH_SIDES}
    etag = base.ETAG

    @describe(
        "getEscrow", summary="One escrow", answers={200: serializers.EscrowSerializer}, refusals=(EscrowNotFound,)
    )
    def get(self, request: Request, escrow_id: str) -> Response:
        """That of a payment appears a moment after its capture, under the id that the payment shows."""
        found = escrows.get(escrow_id, livemode=cast("ApiRequest", request).livemode)
        return Response(base.answer(found, now=clock.now(), trail=base.whole))


def _order(request: Request, values: dict[str, Any]) -> EscrowOrder:
    return EscrowOrder(
        payer_id=values["payer_id"],
        payee_id=values["payee_id"],
        amount_minor=values["amount"],
        currency=values["currency"],
        document=wire_terms.document(request),
        service_id=values.get("service_id", ""),
        booking_id=values.get("booking_id", ""),
        metadata=dict(values.get("metadata", {})),
        parties_confirm=values["parties_confirm"] or audience.party_of(request) is not None,
    )


def _make(call: ApiRequest, order: EscrowOrder, side: Side | None, payment_id: str) -> EscrowRow:
    """In the request's transaction. A party that asks has agreed."""
    now = clock.now()
    if payment_id:
        return adoptions.adopt(
            order, payment_id=payment_id, side=side, livemode=call.livemode, actor=call.actor, now=now
        )
    made = agreements.create(order, livemode=call.livemode, actor=call.actor, now=now)
    if side is not None:
        terms.agree(escrow_id=made.public_id, livemode=call.livemode, version=1, side=side, actor=call.actor, now=now)
    return made
