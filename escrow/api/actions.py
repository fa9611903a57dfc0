"""What is done with an escrow: funded, its conditions met, its money released or given back."""

from typing import Any, ClassVar, cast

from rest_framework.request import Request
from rest_framework.response import Response

from core import clock
from core.api import problems
from core.api.once import run_once
from core.api.owners import ADMINS, CLOSED
from core.api.problems import InvalidRequest
from core.api.requests import ApiRequest
from core.api.schema import describe
from core.api.values import Verbatim
from core.approvals.refusals import AskedAlready, NobodyCanSign, NotAllowedToAsk
from core.errors import FieldError
from core.switches.services import SwitchClosed
from escrow import answers
from escrow.answers import MultiSigApprovalRequired
from escrow.api import audience, base, examples, serializers
from escrow.api.base import EscrowApiView
from escrow.enums import EscrowStatus
from escrow.models import Escrow
from escrow.selectors import agreements, pages
from escrow.selectors.agreements import TermsNotAgreed
from escrow.selectors.escrows import EscrowNotFound
from escrow.services import conditions, funding, refunds, releases
from escrow.services.conditions import ConditionNotFound, UnableToSatisfy
from escrow.services.parts import InsufficientBalance
from escrow.services.refunds import PayeeMustAgree
from escrow.services.releases import EscrowHeld, PartialReleaseNotAllowed, ReleaseConditionsNotMet
from escrow.states import EscrowStateForbids
from payments.services.refunds import PaymentNotRefundable


class Funding(EscrowApiView):
    scopes: ClassVar = {"POST": "escrows:fund"}
    dangerous_scopes = frozenset({"escrows:fund"})
    owned_by: ClassVar = {"POST": CLOSED}
    if_match = frozenset({"POST"})

    @describe(
        "fundEscrow",
        summary="Fund an escrow by bank transfer",
        takes=serializers.FundingRequestSerializer,
        answers={200: serializers.EscrowSerializer},
        refusals=(EscrowNotFound, TermsNotAgreed, EscrowStateForbids, SwitchClosed),
        example={"source": "BANK_TRANSFER", "reference": "WIRE-20240115-77"},
    )
    def post(self, request: Request, escrow_id: str) -> Response:
        """You say that its amount has arrived on the trust account. Reconciliation holds it against the bank."""
        call, now = cast("ApiRequest", request), clock.now()
        values = serializers.FundingRequestSerializer.read(request)

        def effect() -> tuple[int, dict[str, Any]]:
            escrow = base.hold(request, escrow_id, now=now)
            funded = funding.fund_by_bank(
                escrow_id=escrow.public_id, livemode=call.livemode, reference=values["reference"], actor=call.actor,
                now=now,
            )  # fmt: skip
            return 200, base.answer(funded, now=now)

        return run_once(request, operation="escrows.fund", effect=effect, now=now)


class Satisfaction(EscrowApiView):
    scopes: ClassVar = {"POST": "escrows:write"}
    owned_by: ClassVar = {"POST": audience.BOTH_SIDES}
    if_match = frozenset({"POST"})

    @describe(
        "satisfyCondition",
        summary="Say that a condition is met",
        takes=serializers.SatisfactionRequestSerializer,
        answers={200: serializers.EscrowSerializer},
        refusals=(EscrowNotFound, ConditionNotFound, UnableToSatisfy, EscrowStateForbids, TermsNotAgreed),
        example=examples.EVIDENCE,
    )
    def post(self, request: Request, escrow_id: str, condition_id: str) -> Response:
        """Before its hour. Where the terms name people, `by` is one of them; a user says so for itself and only where
        the terms name it. An inspection begins with it, where one was agreed.
        """
        call, now = cast("ApiRequest", request), clock.now()
        values = serializers.SatisfactionRequestSerializer.read(request)
        by = audience.speaker(request, values.get("by", ""))

        def effect() -> tuple[int, dict[str, Any]]:
            escrow = base.hold(request, escrow_id, now=now)
            audience.require_named(request, _named(escrow, condition_id))
            met = conditions.satisfy(
                escrow_id=escrow.public_id, condition_id=condition_id, livemode=call.livemode, by=by,
                evidence=values.get("evidence", []), actor=call.actor, now=now,
            )  # fmt: skip
            return 200, base.answer(met, now=now)

        return run_once(request, operation="escrows.satisfy", effect=effect, now=now)


class Acceptance(EscrowApiView):
    scopes: ClassVar = {"POST": "escrows:write"}
    owned_by: ClassVar = {"POST": audience.THE_PAYER}
    if_match = frozenset({"POST"})

    @describe(
        "acceptCondition",
        summary="End an inspection early",
        takes=serializers.AcceptanceRequestSerializer,
        answers={200: serializers.EscrowSerializer},
        refusals=(EscrowNotFound, ConditionNotFound, UnableToSatisfy, EscrowStateForbids, TermsNotAgreed),
        example={},
    )
    def post(self, request: Request, escrow_id: str, condition_id: str) -> Response:
        """The payer has looked and has nothing to object."""
        call, now = cast("ApiRequest", request), clock.now()
        values = serializers.AcceptanceRequestSerializer.read(request)
        by = audience.speaker(request, values.get("by", ""))

        def effect() -> tuple[int, dict[str, Any]]:
            escrow = base.hold(request, escrow_id, now=now)
            accepted = conditions.accept(
                escrow_id=escrow.public_id, condition_id=condition_id, livemode=call.livemode, by=by,
                actor=call.actor, now=now,
            )  # fmt: skip
            return 200, base.answer(accepted, now=now)

        return run_once(request, operation="escrows.accept", effect=effect, now=now)


class Release(EscrowApiView):
    scopes: ClassVar = {"POST": "escrows:write"}
    owned_by: ClassVar = {"POST": ADMINS}
    if_match = frozenset({"POST"})

    @describe(
        "releaseEscrow",
        summary="Release to the payee",
        takes=serializers.ReleaseRequestSerializer,
        answers={200: serializers.EscrowSerializer},
        refusals=(
            EscrowNotFound, ReleaseConditionsNotMet, MultiSigApprovalRequired, InsufficientBalance,
            PartialReleaseNotAllowed, EscrowStateForbids, EscrowHeld, SwitchClosed, TermsNotAgreed, NobodyCanSign,
            NotAllowedToAsk, AskedAlready,
        ),
        example={"action": "RELEASE", "reason": "Photographs delivered"},
    )  # fmt: skip
    def post(self, request: Request, escrow_id: str) -> Response:
        """All that is held, a milestone's part, or an amount where the terms allow parts. Where signatures are needed
        the question is put and the answer is `MULTI_SIG_APPROVAL_REQUIRED`: it is kept under the Idempotency-Key; ask
        with a new one to see what is still missing.
        """
        call, now = cast("ApiRequest", request), clock.now()
        values = serializers.ReleaseRequestSerializer.read(request)

        def effect() -> tuple[int, dict[str, Any]]:
            escrow = base.hold(request, escrow_id, now=now)
            _require_the_same(escrow, values)
            try:
                asked = releases.release(
                    escrow_id=escrow.public_id, livemode=call.livemode, actor=call.actor, now=now,
                    reason=values.get("reason", ""), amount_minor=values.get("amount"),
                    condition_id=values.get("condition_id", ""),
                )  # fmt: skip
            except AskedAlready:
                return _waits(request, escrow, ())
            if asked.request_id:
                return _waits(request, asked.escrow, asked.reasons)
            is_over = asked.escrow.status == EscrowStatus.RELEASED
            return 200, base.answer(asked.escrow, now=now, message="" if is_over else answers.RELEASED_IN_PART)

        return run_once(request, operation="escrows.release", effect=effect, now=now)


class Refund(EscrowApiView):
    scopes: ClassVar = {"POST": "escrows:write"}
    owned_by: ClassVar = {"POST": ADMINS}
    if_match = frozenset({"POST"})

    @describe(
        "refundEscrow",
        summary="Give back to the payer",
        takes=serializers.EscrowRefundRequestSerializer,
        answers={200: serializers.EscrowSerializer},
        refusals=(
            EscrowNotFound, PayeeMustAgree, InsufficientBalance, PartialReleaseNotAllowed, EscrowStateForbids,
            EscrowHeld, SwitchClosed, TermsNotAgreed, PaymentNotRefundable,
        ),
        example={"reason": "The photographer fell ill"},
    )  # fmt: skip
    def post(self, request: Request, escrow_id: str) -> Response:
        """To the card that paid, with its share of the fee, or owed to whoever paid by bank. Once the terms are met
        the payee must agree. An escrow that nobody funded just ends.
        """
        call, now = cast("ApiRequest", request), clock.now()
        values = serializers.EscrowRefundRequestSerializer.read(request)

        def effect() -> tuple[int, dict[str, Any]]:
            escrow = base.hold(request, escrow_id, now=now, with_payment=True)
            was_funded = escrow.funded_at is not None
            back = refunds.refund(
                escrow_id=escrow.public_id, livemode=call.livemode, actor=call.actor, now=now,
                reason=values["reason"], amount_minor=values.get("amount"), payee_agrees=values["payee_agrees"],
            )  # fmt: skip
            message = "" if back.closed_at else answers.REFUNDED_IN_PART
            return 200, base.answer(back, now=now, message=message if was_funded else answers.CANCELLED)

        return run_once(request, operation="escrows.refund", effect=effect, now=now)


def _named(escrow: Escrow, condition_id: str) -> tuple[str, ...]:
    agreed = agreements.in_force(escrow).agreed
    found = next((each for each in agreed.conditions if each.condition_id == condition_id), None)
    if found is None:
        raise ConditionNotFound(f"there is no condition {condition_id}")
    return found.required_approvers


def _require_the_same(escrow: Escrow, values: dict[str, Any]) -> None:
    """The documented request names what the address names already."""
    known = {
        "escrow_id": (escrow.public_id, escrow.account),
        "payer_id": (escrow.payer.party_id,),
        "payee_id": (escrow.payee.party_id,),
    }
    pointers = {"escrow_id": "/escrowId", "payer_id": "/payerId", "payee_id": "/payeeId"}
    faults = [
        FieldError(pointers[name], "is not that of this escrow")
        for name, allowed in known.items()
        if name in values and values[name] not in allowed
    ]
    if faults:
        raise InvalidRequest(errors=tuple(faults))


def _waits(request: Request, escrow: Escrow, reasons: tuple[str, ...]) -> tuple[int, dict[str, Any]]:
    """Kept like an answer, since the question is: a refusal that is raised would take it back."""
    found = pages.standing(escrow, now=clock.now())
    if found.question is None:
        raise AskedAlready(found.open_locks[0].reference)
    refusal = answers.multi_sig(found, reasons=reasons)
    return refusal.status, Verbatim(problems.body(refusal, request.path))
