"""What the API says about transfers, verifications and payouts: the documented fields, snake_case until the wire."""

from collections.abc import Iterable
from typing import Any

from core.api.values import Verbatim
from core.api.wire import to_wire
from payments import transfer_states
from payments.answers import Answer, TrailEntry, problem
from payments.models import AccountVerification, Payout, PayoutSchedule, Transfer
from payments.transfer_enums import TransferState, VerificationMethod
from payments.transfer_refusals import KEPT, ProcessingFailed

COLLECTION = "/v1/ach-transfers"
_REQUIREMENT, _OUTCOME = "requirement", "outcome"


def transfer_fields(transfer: Transfer) -> dict[str, Any]:
    """As documented, and what stands beside it. Parties and accounts are loaded."""
    return {
        "transfer_id": transfer.public_id,
        "ach_tracking_id": f"TR{transfer.trace}" if transfer.trace else None,
        "status": transfer_states.status(transfer.state, was_sent=transfer.trace != ""),
        "state": transfer.state,
        "state_reason": transfer.state_why or None,
        "risk_score": _risk(transfer),
        "compliance_flags": transfer.compliance_flags,
        "estimated_settlement": transfer.estimated_settlement,
        "decline_reason": transfer.decline_reason or None,
        "failure_code": transfer.failure_code or None,
        "return_code": transfer.return_code or None,
        "transfer_type": transfer.type,
        "purpose": transfer.purpose,
        "priority": transfer.priority,
        "sec_code": transfer.sec,
        "amount": transfer.amount_minor,
        "currency": transfer.currency,
        "description": transfer.description,
        "company_description": transfer.company_description,
        "from_account_id": transfer.from_account.account_id if transfer.from_account else transfer.payer.party_id,
        "to_account_id": transfer.to_account.account_id if transfer.to_account else transfer.payee.party_id,
        "payer_id": transfer.payer.party_id,
        "payee_id": transfer.payee.party_id,
        "customer_id": transfer.customer.party_id if transfer.customer else None,
        "escrow_id": transfer.escrow_id or None,
        "effective_date": transfer.requested_on,
        "metadata": Verbatim(transfer.metadata),
        "livemode": transfer.livemode,
        "created_at": transfer.created_at,
        "timestamp": transfer.updated_at,
    }


def with_trail(transfer: Transfer, trail: Iterable[TrailEntry]) -> dict[str, Any]:
    success = transfer.state != TransferState.FAILED
    return {"success": success, **transfer_fields(transfer), "audit_trail": [trail_entry(each) for each in trail]}


def created(transfer: Transfer, trail: Iterable[TrailEntry]) -> Answer:
    """201, or the problem of a transfer that was refused and kept."""
    if transfer.state != TransferState.FAILED:
        return Answer(201, to_wire(with_trail(transfer, trail)))
    refusal = KEPT.get(transfer.failure_code, ProcessingFailed)
    fields = {
        "transfer_id": transfer.public_id,
        # `status` is the HTTP status in a problem.
        "transfer_status": transfer_states.status(transfer.state, was_sent=False),
        "risk_score": _risk(transfer),
        "compliance_flags": transfer.compliance_flags,
        "decline_reason": transfer.decline_reason,
        "livemode": transfer.livemode,
        "audit_trail": [trail_entry(each) for each in trail],
    }
    return problem(refusal(fields=fields), COLLECTION)


def trail_entry(entry: TrailEntry) -> dict[str, Any]:
    details = {name: value for name, value in entry.details.items() if name not in (_REQUIREMENT, _OUTCOME)}
    if "matchScore" in details:
        # Kept as text: what is hashed holds no floating point.
        details["matchScore"] = float(str(details["matchScore"]))
    shown = {
        "timestamp": entry.timestamp,
        "action": entry.action,
        "result": entry.result,
        "details": details,
        "correlation_id": entry.correlation_id,
    }
    if _REQUIREMENT in entry.details:
        shown["regulatory_requirement"] = entry.details[_REQUIREMENT]
    return shown


def verification_fields(verification: AccountVerification) -> dict[str, Any]:
    """Never the amounts."""
    return {
        "verification_id": verification.public_id,
        "account_id": verification.account.account_id,
        "party_id": verification.account.party.party_id,
        "method": verification.method,
        "status": verification.state,
        "reason": verification.why or None,
        "tries_left": verification.tries_left if verification.method == VerificationMethod.MICRO_ENTRIES else None,
        "live_from": verification.live_from,
        "expires_at": verification.expires_at,
        "verified_at": verification.verified_at,
        "livemode": verification.livemode,
        "created_at": verification.created_at,
    }


def payout_fields(payout: Payout) -> dict[str, Any]:
    """With its transfer and party loaded."""
    transfer = payout.transfer
    return {
        "payout_id": payout.public_id,
        "transfer_id": transfer.public_id,
        "party_id": payout.party.party_id,
        "status": transfer_states.status(transfer.state, was_sent=transfer.trace != ""),
        "state": transfer.state,
        "amount": payout.amount_minor,
        "withheld": payout.withheld_minor,
        "currency": payout.currency,
        "trigger": payout.trigger,
        "account_id": transfer.to_account.account_id if transfer.to_account else None,
        "estimated_settlement": transfer.estimated_settlement,
        "decline_reason": transfer.decline_reason or None,
        "return_code": transfer.return_code or None,
        "livemode": payout.livemode,
        "created_at": payout.created_at,
        "timestamp": transfer.updated_at,
    }


def schedule_fields(schedule: PayoutSchedule) -> dict[str, Any]:
    return {
        "party_id": schedule.party.party_id,
        "interval": schedule.interval,
        "anchor": schedule.anchor,
        "minimum": schedule.minimum_minor,
        "reserve": schedule.reserve_minor,
        "currency": schedule.currency,
        "is_active": schedule.is_active,
        "is_paused": schedule.paused_at is not None,
        "pause_reason": schedule.paused_why or None,
        "next_at": schedule.next_at,
        "last_outcome": schedule.last_outcome or None,
        "livemode": schedule.livemode,
        "timestamp": schedule.updated_at,
    }


def _risk(transfer: Transfer) -> float | None:
    return None if transfer.risk_score is None else transfer.risk_score / 1000
