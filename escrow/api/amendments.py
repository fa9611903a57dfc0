"""Versions of the terms: read, proposed, agreed to by each side, or rejected."""

import re
from typing import Any, ClassVar, cast

from rest_framework.request import Request
from rest_framework.response import Response

from core import clock
from core.api.once import run_once
from core.api.problems import InvalidRequest
from core.api.requests import ApiRequest
from core.api.schema import describe
from core.errors import FieldError
from escrow import answers
from escrow.api import audience, examples, serializers
from escrow.api import terms as wire_terms
from escrow.api.base import EscrowApiView
from escrow.enums import Side
from escrow.models import Terms
from escrow.selectors import agreements, escrows
from escrow.selectors.escrows import EscrowNotFound
from escrow.services import escrows as escrow_services
from escrow.services import terms
from escrow.services.agreements import UnsafeTerms
from escrow.services.parts import UnableToRecut
from escrow.services.terms import UnableToAmend
from escrow.terms.document import InvalidTerms

_REFUSALS = (EscrowNotFound, UnableToAmend, UnableToRecut)


class TermsVersions(EscrowApiView):
    scopes: ClassVar = {"GET": "escrows:read"}
    owned_by: ClassVar = {"GET": audience.BOTH_SIDES}

    @describe(
        "listTerms", summary="Versions of the terms", answers={200: serializers.TermsListSerializer},
        refusals=(EscrowNotFound,),
    )  # fmt: skip
    def get(self, request: Request, escrow_id: str) -> Response:
        """Newest first. `AGREED` is in force; `PROPOSED` waits for a side."""
        escrow = escrows.get(escrow_id, livemode=cast("ApiRequest", request).livemode)
        rows = agreements.list_versions(escrow)
        return Response({"success": True, "data": [answers.terms(row) for row in rows]})


class FirstAgreement(EscrowApiView):
    scopes: ClassVar = {"POST": "escrows:write"}
    owned_by: ClassVar = {"POST": audience.BOTH_SIDES}

    @describe(
        "agreeToTerms",
        summary="Agree to the terms of an escrow",
        takes=serializers.SideRequestSerializer,
        answers={200: serializers.TermsAnswerSerializer},
        refusals=_REFUSALS,
        example={"side": "PAYEE"},
    )
    def post(self, request: Request, escrow_id: str) -> Response:
        """To the first version, where the parties confirm by themselves. With the second side they are in force."""
        return _agree(request, escrow_id, "1", operation="escrows.agree")


class Amendments(EscrowApiView):
    scopes: ClassVar = {"POST": "escrows:write"}
    owned_by: ClassVar = {"POST": audience.BOTH_SIDES}

    @describe(
        "proposeAmendment",
        summary="Propose new terms",
        takes=serializers.AmendmentRequestSerializer,
        answers={201: serializers.TermsAnswerSerializer},
        refusals=(*_REFUSALS, InvalidTerms, UnsafeTerms),
        example={**examples.TERMS, "side": "PAYER", "reason": "One week more"},
    )
    def post(self, request: Request, escrow_id: str) -> Response:
        """The terms in force hold until both sides have agreed; whoever proposes has. It lapses after a week."""
        call, now = cast("ApiRequest", request), clock.now()
        values = serializers.AmendmentRequestSerializer.read(request)
        side = audience.side(request, values.get("side"))

        def effect() -> tuple[int, dict[str, Any]]:
            row = terms.propose(
                escrow_id=escrow_id, livemode=call.livemode, wire=wire_terms.document(request), side=side,
                reason=values.get("reason", ""), actor=call.actor, now=now,
            )  # fmt: skip
            return 201, _answer(row)

        return run_once(request, operation="escrows.amend", effect=effect, now=now)


class AmendmentAgreement(EscrowApiView):
    scopes: ClassVar = {"POST": "escrows:write"}
    owned_by: ClassVar = {"POST": audience.BOTH_SIDES}

    @describe(
        "agreeToAmendment",
        summary="Agree to new terms",
        takes=serializers.SideRequestSerializer,
        answers={200: serializers.TermsAnswerSerializer},
        refusals=_REFUSALS,
        example={"side": "PAYEE"},
    )
    def post(self, request: Request, escrow_id: str, version: str) -> Response:
        """With the second side they are in force, and open questions about the old ones are void."""
        return _agree(request, escrow_id, version, operation="escrows.agree")


class AmendmentRejection(EscrowApiView):
    scopes: ClassVar = {"POST": "escrows:write"}
    owned_by: ClassVar = {"POST": audience.BOTH_SIDES}

    @describe(
        "rejectAmendment",
        summary="Reject new terms",
        takes=serializers.RejectionRequestSerializer,
        answers={200: serializers.TermsAnswerSerializer},
        refusals=_REFUSALS,
        example={},
    )
    def post(self, request: Request, escrow_id: str, version: str) -> Response:
        """One side is enough. The terms in force stay."""
        call, now = cast("ApiRequest", request), clock.now()
        serializers.RejectionRequestSerializer.read(request)

        def effect() -> tuple[int, dict[str, Any]]:
            escrow_services.lock(escrow_id, livemode=call.livemode)
            row = terms.reject(
                escrow_id=escrow_id, livemode=call.livemode, version=_number(version), actor=call.actor, now=now
            )
            return 200, _answer(row)

        return run_once(request, operation="escrows.reject", effect=effect, now=now)


def _agree(request: Request, escrow_id: str, version: str, *, operation: str) -> Response:
    call, now = cast("ApiRequest", request), clock.now()
    values = serializers.SideRequestSerializer.read(request)
    own = audience.side(request, values.get("side"))

    def effect() -> tuple[int, dict[str, Any]]:
        escrow_services.lock(escrow_id, livemode=call.livemode)
        side = _required(own)
        row = terms.agree(
            escrow_id=escrow_id, livemode=call.livemode, version=_number(version), side=side, actor=call.actor, now=now
        )
        return 200, _answer(row)

    return run_once(request, operation=operation, effect=effect, now=now)


def _number(version: str) -> int:
    """Raises UnableToAmend for what is no number of a version."""
    if not re.fullmatch(r"[1-9][0-9]{0,5}", version, re.ASCII):
        raise UnableToAmend("no version waits for agreement under this number")
    return int(version)


def _required(side: Side | None) -> Side:
    if side is None:
        raise InvalidRequest(errors=(FieldError("/side", "says for whom you vouch"),))
    return side


def _answer(row: Terms) -> dict[str, Any]:
    return {"success": True, **answers.terms(row)}
