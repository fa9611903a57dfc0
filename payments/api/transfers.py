"""ACH transfers in the public API."""

from typing import Any, ClassVar, cast

from rest_framework.request import Request
from rest_framework.response import Response

from ach.services.reversals import ReversalNotAllowed
from ach.services.stops import AccountStopped
from compliance.selectors.parties import PartyNotFound
from compliance.services.parties import PartyNotEligible, PartyTypesDiffer
from core import clock, ids
from core.api import conditions, once
from core.api.filters import choice, moment, text
from core.api.models import ThrottleClass
from core.api.once import run_once
from core.api.owners import ADMINS, One, Rows
from core.api.requests import ApiRequest
from core.api.schema import describe, page_of
from core.api.values import Verbatim
from core.api.views import ApiView
from core.api.wire import to_wire
from core.approvals.refusals import AskedAlready
from core.approvals.services import NobodyCanSign
from core.switches.services import SwitchClosed
from core.vault.envelope import VaultUnavailable
from ledger.services.refusals import AccountOverdrawn
from payments import transfer_answers as answers
from payments import transfer_refusals as refusals
from payments.answers import Answer
from payments.api import transfer_audience as audience
from payments.api import transfer_examples as examples
from payments.api import transfer_serializers as serializers
from payments.models import Transfer as TransferRow
from payments.selectors import transfers as register
from payments.services import transfers
from payments.transfer_enums import Purpose, TransferState, TransferType
from payments.transfer_states import TransferStateForbids

_OWN = One(
    rows=register.list_in_mode,
    variable="transfer_id",
    key="public_id",
    missing=register.TransferNotFound,
    customer="customer__party_id",
    provider="payee__party_id",
)


class Transfers(ApiView):
    scopes: ClassVar = {"GET": "ach:read", "POST": "ach:write"}
    owned_by: ClassVar = {"GET": Rows(customer="customer__party_id", provider="payee__party_id"), "POST": ADMINS}
    paged = True
    filters = (
        *choice("state", TransferState.values),
        *choice("transferType", TransferType.values, "type"),
        *choice("purpose", Purpose.values),
        *text("customerId", "customer__party_id", pattern=ids.PARTY_ID),
        *text("payerId", "payer__party_id", pattern=ids.PARTY_ID),
        *text("payeeId", "payee__party_id", pattern=ids.PARTY_ID),
        *moment("createdAt"),
    )

    @describe(
        "listAchTransfers", summary="List ACH transfers", answers={200: page_of(serializers.TransferRowSerializer)}
    )
    def get(self, request: Request) -> Response:
        """Newest first."""

        def render(transfer: TransferRow) -> dict[str, Any]:
            return Verbatim(audience.shown(request, to_wire(answers.transfer_fields(transfer))))

        return self.page(request, register.list_in_mode(livemode=cast("ApiRequest", request).livemode), render)

    @describe(
        "createAchTransfer",
        summary="Make an ACH transfer",
        takes=serializers.TransferRequestSerializer,
        answers={201: serializers.TransferSerializer},
        refusals=(
            refusals.NachaValidationFailed, refusals.SanctionsMatch, refusals.HighFraudRisk,
            refusals.AccountVerificationFailed, refusals.VelocityLimitExceeded, refusals.TransferAmountAboveLimit,
            AccountStopped, AccountOverdrawn, PartyNotFound, PartyNotEligible, PartyTypesDiffer, SwitchClosed,
            NobodyCanSign, VaultUnavailable, refusals.ProcessingFailed,
        ),
        example=examples.TRANSFER,
    )  # fmt: skip
    def post(self, request: Request) -> Response:
        """`SUBMITTED` when it waits for its cutoff; its `state` says so when it waits for people. What could not be as
        asked (the same day, the date) is flagged with its reason in the trail. A transfer that sanctions or fraud
        forbid is kept and answers the same to the same key. In test mode unknown parties and accounts are entered and
        flagged.
        """
        call = cast("ApiRequest", request)
        order = serializers.TransferRequestSerializer.order(serializers.TransferRequestSerializer.read(request))
        answer = transfers.create(
            order,
            ticket=once.ticket(request, operation="ach_transfers.create"),
            livemode=call.livemode,
            bulk=call.auth.throttle_class == ThrottleClass.BULK,
            actor=call.actor,
            now=clock.now(),
        )
        return _respond(request, answer)


class Transfer(ApiView):
    scopes: ClassVar = {"GET": "ach:read"}
    owned_by: ClassVar = {"GET": _OWN}
    etag = conditions.all_but("success", "audit_trail")

    @describe(
        "getAchTransfer",
        summary="One ACH transfer",
        answers={200: serializers.TransferSerializer},
        refusals=(register.TransferNotFound,),
    )
    def get(self, request: Request, transfer_id: str) -> Response:
        transfer = register.get(transfer_id, livemode=cast("ApiRequest", request).livemode)
        return Response(answers.with_trail(transfer, register.trail(transfer)))

    def finalize_response(self, request: Request, response: Response, *args: Any, **kwargs: Any) -> Response:
        """The tag stands for the whole transfer, so that it holds for every reader; what is shown is the reader's."""
        response = super().finalize_response(request, response, *args, **kwargs)
        if response.status_code == 200:
            response.data = Verbatim(audience.shown(request, to_wire(response.data)))
        return response


class TransferCancellation(ApiView):
    scopes: ClassVar = {"POST": "ach:write"}
    owned_by: ClassVar = {"POST": ADMINS}
    if_match = frozenset({"POST"})

    @describe(
        "cancelAchTransfer",
        summary="Take an ACH transfer back before it leaves",
        answers={200: serializers.TransferSerializer},
        refusals=(register.TransferNotFound, TransferStateForbids),
    )
    def post(self, request: Request, transfer_id: str) -> Response:
        """Until its cutoff. What a file carries is reversed instead."""
        call = cast("ApiRequest", request)
        answer = transfers.cancel(
            transfer_id=transfer_id,
            ticket=once.ticket(request, operation="ach_transfers.cancel"),
            condition=call.condition,
            livemode=call.livemode,
            actor=call.actor,
            now=clock.now(),
        )
        return _respond(request, answer)


class TransferReversal(ApiView):
    scopes: ClassVar = {"POST": "ach:write"}
    owned_by: ClassVar = {"POST": ADMINS}

    @describe(
        "reverseAchTransfer",
        summary="Ask for a transfer to be reversed",
        takes=serializers.ReversalRequestSerializer,
        answers={202: serializers.ReversalSerializer},
        refusals=(
            register.TransferNotFound, TransferStateForbids, ReversalNotAllowed, AskedAlready, NobodyCanSign,
        ),
        example={"cause": "DUPLICATE"},
    )  # fmt: skip
    def post(self, request: Request, transfer_id: str) -> Response:
        """For the causes and within the times of the rules: five banking days after settlement, a day after discovery.
        A person signs it; then an entry of the opposite direction leaves with the next cutoff.
        """
        call, now = cast("ApiRequest", request), clock.now()
        values = serializers.ReversalRequestSerializer.read(request)

        def effect() -> tuple[int, dict[str, Any]]:
            transfer, approval_id = transfers.ask_reversal(
                transfer_id=transfer_id,
                cause=values["cause"],
                discovered_at=values.get("discovered_at", now),
                livemode=call.livemode,
                actor=call.actor,
                now=now,
            )
            body = {"transfer_id": transfer.public_id, "approval_id": approval_id, "state": transfer.state}
            return 202, {"success": True, **body, "livemode": transfer.livemode, "timestamp": now}

        return run_once(request, operation="ach_transfers.reverse", effect=effect, now=now)


def _respond(request: Request, answer: Answer) -> Response:
    body = audience.shown(request, answer.body)
    return once.answered(status=answer.status, body=body, replayed=answer.replayed)
