"""Disputes in the public API: raised and withdrawn by a side, evidence staged and submitted, what became of them."""

from typing import Any, ClassVar, cast

from rest_framework.request import Request
from rest_framework.response import Response

from core import clock
from core.api.once import run_once
from core.api.owners import NotYourOwn
from core.api.problems import InvalidRequest
from core.api.requests import ApiRequest
from core.api.schema import describe
from core.api.views import ApiView
from core.errors import FieldError
from escrow.api import audience, base
from escrow.api.dispute_serializers import (
    DisputeListSerializer,
    DisputeRequestSerializer,
    DisputeSerializer,
    EvidenceRequestSerializer,
    WithdrawalRequestSerializer,
)
from escrow.dispute_enums import DisputeReason, DisputeSide
from escrow.dispute_states import DisputeStateForbids
from escrow.enums import Side
from escrow.models import Dispute
from escrow.selectors import disputes as register
from escrow.selectors import escrows as escrow_register
from escrow.selectors.agreements import TermsNotAgreed
from escrow.selectors.disputes import DisputeNotFound, Story
from escrow.selectors.escrows import EscrowNotFound
from escrow.services import disputes, evidence
from escrow.services.evidence import Document
from escrow.services.parts import InsufficientBalance
from escrow.states import EscrowStateForbids


class DisputeView(ApiView):
    scopes: ClassVar = {"POST": "escrows:write"}
    owned_by: ClassVar = {"POST": audience.BOTH_SIDES}

    @describe(
        "raiseDispute",
        summary="Raise a dispute",
        takes=DisputeRequestSerializer,
        answers={201: DisputeSerializer},
        refusals=(
            EscrowNotFound, disputes.DisputesNotAllowed, disputes.DisputeWindowClosed, disputes.DisputeAlreadyOpen,
            disputes.SaleAlreadyChargedBack, disputes.NotAllowedToDispute, InsufficientBalance, EscrowStateForbids,
            TermsNotAgreed, NotYourOwn,
        ),
        example={"by": "PAYER", "reason": "NOT_AS_AGREED", "description": "Half of the photographs are missing"},
    )  # fmt: skip
    def post(self, request: Request, escrow_id: str) -> Response:
        """Within the window of the terms. From here on nothing of the escrow moves, and what would happen by itself is
        stopped, until somebody has decided or the terms do at their day.
        """
        call, now = cast("ApiRequest", request), clock.now()
        values = DisputeRequestSerializer.read(request)
        side = audience.side(request, values.get("by"))

        def effect() -> tuple[int, dict[str, Any]]:
            escrow = base.hold(request, escrow_id, now=now)
            dispute = disputes.raise_(
                escrow_id=escrow.public_id, livemode=call.livemode, side=_require(side), actor=call.actor, now=now,
                reason=DisputeReason(values["reason"]), text=values["description"], amount_minor=values.get("amount"),
            )  # fmt: skip
            return 201, _answer(dispute)

        return run_once(request, operation="escrows.dispute", effect=effect, now=now)


class DisputeWithdrawal(ApiView):
    scopes: ClassVar = {"POST": "escrows:write"}
    owned_by: ClassVar = {"POST": audience.BOTH_SIDES}

    @describe(
        "withdrawDispute",
        summary="Take a dispute back",
        takes=WithdrawalRequestSerializer,
        answers={200: DisputeSerializer},
        refusals=(
            EscrowNotFound, DisputeNotFound, disputes.NotAllowedToDispute, DisputeStateForbids, TermsNotAgreed,
            NotYourOwn,
        ),
        example={"by": "PAYER"},
    )  # fmt: skip
    def post(self, request: Request, escrow_id: str) -> Response:
        """By the side that raised it. The terms go on, and hours that are past by then come due at once."""
        call, now = cast("ApiRequest", request), clock.now()
        side = audience.side(request, WithdrawalRequestSerializer.read(request).get("by"))

        def effect() -> tuple[int, dict[str, Any]]:
            escrow = base.hold(request, escrow_id, now=now)
            dispute = disputes.withdraw_open(
                escrow_id=escrow.public_id, livemode=call.livemode, side=_require(side), actor=call.actor, now=now
            )
            return 200, _answer(dispute)

        return run_once(request, operation="escrows.withdraw_dispute", effect=effect, now=now)


class EvidenceView(ApiView):
    scopes: ClassVar = {"POST": "escrows:write"}
    owned_by: ClassVar = {"POST": audience.BOTH_SIDES}

    @describe(
        "addEvidence",
        summary="Stage or submit evidence",
        takes=EvidenceRequestSerializer,
        answers={200: DisputeSerializer},
        refusals=(
            EscrowNotFound, DisputeNotFound, evidence.EvidenceTooLate, evidence.EvidenceAlreadySubmitted,
            evidence.EvidenceNotAccepted, NotYourOwn,
        ),
        example={
            "by": "PAYER",
            "statement": "Half of the photographs are missing.",
            "documents": [{"name": "order.pdf", "sha256": "ab" * 32, "note": "page 2 lists them"}],
            "submit": True,
        },
    )  # fmt: skip
    def post(self, request: Request, escrow_id: str) -> Response:
        """For the open dispute. What is staged again under a name replaces what was; `submit` closes the side, once.
        Send hashes: the documents stay with you, and can be proved later to be what was meant.
        """
        call, now = cast("ApiRequest", request), clock.now()
        values = EvidenceRequestSerializer.read(request)
        side = audience.side(request, values.get("by"))

        def effect() -> tuple[int, dict[str, Any]]:
            escrow = base.hold(request, escrow_id, now=now)
            dispute = evidence.add(
                escrow_id=escrow.public_id, livemode=call.livemode, side=_require(side), actor=call.actor, now=now,
                statement=values.get("statement", ""), submit=values["submit"],
                documents=[_document(each) for each in values.get("documents", [])],
            )  # fmt: skip
            return 200, _answer(dispute)

        return run_once(request, operation="escrows.evidence", effect=effect, now=now)


class Disputes(ApiView):
    scopes: ClassVar = {"GET": "escrows:read"}
    owned_by: ClassVar = {"GET": audience.BOTH_SIDES}

    @describe(
        "listDisputes",
        summary="Disputes of an escrow",
        answers={200: DisputeListSerializer},
        refusals=(EscrowNotFound,),
    )
    def get(self, request: Request, escrow_id: str) -> Response:
        """Newest first. Both sides see what the other has said."""
        escrow = escrow_register.get(escrow_id, livemode=cast("ApiRequest", request).livemode)
        return Response({"success": True, "data": _rows(register.list_of_escrow(escrow))})


def _require(side: Side | None) -> DisputeSide:
    """Whose word it is: keys and admins say `by`. After the escrow is found, so that others' ids say nothing."""
    if side is None:
        raise InvalidRequest(errors=(FieldError("/by", "says for whom: PAYER or PAYEE"),))
    return DisputeSide(side)


def _document(values: dict[str, Any]) -> Document:
    return Document(
        name=values["name"],
        sha256=values["sha256"],
        media_type=values.get("media_type", ""),
        size_bytes=values.get("size"),
        note=values.get("note", ""),
    )


def _answer(dispute: Dispute) -> dict[str, Any]:
    (row,) = _rows([dispute])
    return {"success": True, **row, "timestamp": dispute.ended_at or dispute.opened_at}


def _rows(found: list[Dispute]) -> list[dict[str, Any]]:
    """In a number of statements that does not grow with them."""
    told, causes = register.stories_of(found), register.causes_of(found)
    return [
        {
            **_fields(dispute),
            "causes": [
                {"kind": cause.kind, "reference": cause.reference, "amount": cause.amount_minor, "at": cause.at}
                for cause in causes[dispute.pk]
            ],
            "payer_evidence": _story(told[dispute.pk][DisputeSide.PAYER]),
            "payee_evidence": _story(told[dispute.pk][DisputeSide.PAYEE]),
        }
        for dispute in found
    ]


def _fields(dispute: Dispute) -> dict[str, Any]:
    ended = not dispute.is_open
    return {
        "dispute_id": dispute.public_id,
        "escrow_id": dispute.escrow.public_id,
        "status": dispute.state,
        "raised_by": dispute.side,
        "reason": dispute.reason,
        "description": dispute.text,
        "amount": dispute.amount_minor,
        "amount_taken_back": dispute.taken_minor,
        "currency": dispute.currency,
        "needs_signatures": dispute.needs_signatures,
        "opened_at": dispute.opened_at,
        "evidence_due_at": dispute.evidence_due_at,
        "auto_resolution_at": dispute.auto_resolution_at,
        "auto_resolution": dispute.auto_outcome,
        "outcome": (dispute.outcome or None) if ended else None,
        "amount_released": dispute.release_minor if ended else None,
        "amount_refunded": dispute.refund_minor if ended else None,
        "resolved_how": dispute.resolved_how or None,
        "resolution_reason": (dispute.resolution_reason or None) if ended else None,
        "ended_at": dispute.ended_at,
        "livemode": dispute.livemode,
    }


def _story(story: Story) -> dict[str, Any]:
    return {
        "statement": story.statement,
        "documents": [
            {
                "name": each.name,
                "sha256": each.sha256,
                "media_type": each.media_type,
                "size": each.size_bytes,
                "note": each.text,
            }
            for each in story.documents
        ],
        "submitted": story.submission is not None,
        "submitted_at": story.submission.at if story.submission else None,
        "digest": story.submission.digest if story.submission else None,
    }
