"""What the API says about escrows: the documented fields and ours, in snake_case until the wire."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, ClassVar

from core.api.values import Verbatim
from core.approvals import presentation
from core.errors import Refusal
from escrow.enums import HOLDS, ConditionState, EscrowStatus
from escrow.models import Condition, Escrow, Terms
from escrow.selectors.pages import Standing
from escrow.selectors.trails import UNTOLD, TrailEntry
from escrow.services import escrows, signing
from escrow.terms.words import Act

MESSAGES = {
    EscrowStatus.CREATED: "Escrow waits for its funds",
    EscrowStatus.FUNDED: "Escrow funds are held",
    EscrowStatus.LOCKED: "Escrow funds are held and locked",
    EscrowStatus.RELEASED: "Escrow funds released successfully",
    EscrowStatus.REFUNDED: "Escrow funds refunded successfully",
    EscrowStatus.DISPUTED: "Escrow is disputed",
}
AGREED = "Escrow account created successfully"
RELEASED_IN_PART = "Escrow funds released in part"
REFUNDED_IN_PART = "Escrow funds refunded in part"
CANCELLED = "Escrow cancelled; nothing was held"
LOOKED_AT = "The escrow is being looked at: nothing moves until a person has decided."


class MultiSigApprovalRequired(Refusal):
    """The question is put to the people who sign; nothing moved yet. Ask again to see what is still missing.

    `approvalRequestId` names the question, `requiredApprovals` say who or what is missing, `given` of `needed` have
    signed, unsigned it lapses at `expiresAt`.
    """

    code: ClassVar[str] = "MULTI_SIG_APPROVAL_REQUIRED"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "Large amount requires multiple approvals"


def escrow_fields(escrow: Escrow) -> dict[str, Any]:
    """An escrow as a row of a list. Its payment and parties are loaded."""
    return {
        "escrow_id": escrow.public_id,
        "status": escrow.status,
        "payment_id": escrow.payment.public_id if escrow.payment else None,
        "payer_id": escrow.payer.party_id,
        "payee_id": escrow.payee.party_id,
        "booking_id": escrow.booking_id or None,
        "service_id": escrow.service_id or None,
        "amount": escrow.amount_minor,
        "fees": escrow.fee_minor,
        "amount_held": escrow.held_minor,
        "amount_released": escrow.released_minor,
        "amount_refunded": escrow.refunded_minor,
        "currency": escrow.currency,
        "funding_rail": escrow.funding_rail or None,
        "available_at": escrow.available_at,
        "available_why": escrow.available_why or None,
        "risk_score": escrow.risk_score / 1000,
        "compliance_flags": list(escrow.compliance_flags),
        "metadata": Verbatim(escrow.metadata),
        "next_due_at": escrow.next_due_at,
        "version": escrow.version,
        "livemode": escrow.livemode,
        "created_at": escrow.created_at,
        "funded_at": escrow.funded_at,
        "closed_at": escrow.closed_at,
        "timestamp": escrow.updated_at,
    }


def escrow(found: Standing, trail: Iterable[TrailEntry], *, now: datetime, message: str = "") -> dict[str, Any]:
    """One escrow whole. `message` where what was done says more than the status."""
    row = found.escrow
    return {
        "success": True,
        **escrow_fields(row),
        "message": message or MESSAGES[EscrowStatus(row.status)],
        "terms_version": found.terms.terms.version if found.terms else None,
        "terms_digest": found.terms.terms.digest if found.terms else None,
        "conditions": [condition(each) for each in found.terms.conditions.values()] if found.terms else [],
        "locks": sorted({UNTOLD if lock.reason in HOLDS else lock.reason for lock in found.open_locks}),
        "approval_request_id": found.question.request.request_id if found.question else None,
        "required_approvals": required_approvals(found, now=now),
        "next_action": next_action(found),
        "audit_trail": [entry.fields() for entry in trail],
    }


def condition(row: Condition) -> dict[str, Any]:
    return {
        "condition_id": row.condition_id,
        "type": row.type,
        "state": row.state,
        "due_at": row.due_at if row.state == ConditionState.OPEN else None,
        "met_at": row.met_at,
        "inspection_ends_at": row.inspection_ends_at,
        "evidence": [Verbatim(each) for each in row.evidence],
    }


def required_approvals(found: Standing, *, now: datetime) -> list[str]:
    """Who or what is missing before the money may go: of the open question, else of one that would be put."""
    if found.question:
        return [presentation.missing_in_words(found.question)]
    row = found.escrow
    if found.terms is None or row.closed_at is not None:
        return []
    amount = escrows.money(row, row.held_minor or row.amount_minor - row.fee_minor)
    return list(signing.needed(row, found.terms.agreed, amount, now=now).reasons)


def next_action(found: Standing) -> dict[str, Any]:
    """If nobody acts. Of a hold no more is told than that there is one."""
    action = found.next_action
    held = any(lock.reason in HOLDS for lock in found.open_locks) and action.action == Act.ESCALATE
    return {"action": action.action.value, "at": action.at, "why": LOOKED_AT if held else action.why}


def multi_sig(found: Standing, *, reasons: Iterable[str] = ()) -> MultiSigApprovalRequired:
    """The documented answer to a release that waits for signatures."""
    assert found.question is not None, "a question was put or found in this transaction"
    request, given = found.question.request, len(found.question.counted)
    missing = presentation.missing_in_words(found.question)
    return MultiSigApprovalRequired(
        f"{given} of {request.needed} have signed; missing: {missing}",
        fields={
            "escrow_id": found.escrow.public_id,
            "approval_request_id": request.request_id,
            "required_approvals": [missing],
            "reasons": list(reasons),
            "given": given,
            "needed": request.needed,
            "expires_at": request.expires_at,
        },
    )


def terms(row: Terms) -> dict[str, Any]:
    """A version of the terms; its document as it was agreed."""
    return {
        "version": row.version,
        "state": row.state,
        "digest": row.digest,
        "document": Verbatim(row.document),
        "reason": row.reason or None,
        "payer_agreed_at": row.payer_agreed_at,
        "payee_agreed_at": row.payee_agreed_at,
        "created_at": row.created_at,
        "in_force_at": row.in_force_at,
        "ended_at": row.ended_at,
    }
