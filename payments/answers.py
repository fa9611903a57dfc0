"""What the API says about payments and refunds: the documented fields, in snake_case until the wire."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from core.api import problems
from core.api.values import Verbatim
from core.api.wire import to_wire
from core.errors import Refusal
from payments.enums import PaymentStatus
from payments.models import Chargeback, Payment, Refund
from payments.refusals import FAILURES, GatewayFailed

COLLECTION = "/v1/payments"


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP status and a body in wire form; `replayed` says that it was given before."""

    status: int
    body: dict[str, Any]
    replayed: bool = False


@dataclass(frozen=True, slots=True)
class TrailEntry:
    """One line of the documented `auditTrail`."""

    timestamp: datetime
    action: str
    result: str
    details: dict[str, Any]
    correlation_id: str


def payment_fields(payment: Payment) -> dict[str, Any]:
    """A payment as documented. `payment.customer` and `payment.provider` are loaded."""
    has_money = payment.status in (PaymentStatus.COMPLETED, PaymentStatus.PENDING)
    return {
        "payment_id": payment.public_id,
        "transaction_id": payment.transaction_id,
        "status": payment.status,
        "amount": payment.amount_minor,
        "currency": payment.currency,
        "fees": payment.fee_minor,
        "net_amount": payment.net_minor,
        "fraud_score": payment.fraud_score,
        "fraud_recommendation": payment.fraud_recommendation,
        "customer_id": payment.customer.party_id,
        "provider_id": payment.provider.party_id if payment.provider else None,
        "booking_id": payment.booking_id or None,
        "service_id": payment.service_id or None,
        "escrow_id": payment.escrow_id if has_money else None,
        "payment_method": payment.payment_method,
        "card": {"token": payment.card_token, "brand": payment.card_brand, "last4": payment.card_last4},
        "metadata": Verbatim(payment.metadata),
        "amount_refunded": payment.refunded_minor,
        "dispute_id": payment.dispute_id,
        "compliance_flags": payment.compliance_flags,
        "failure_code": payment.failure_code or None,
        "capture_deadline": payment.capture_deadline if payment.status == PaymentStatus.PENDING else None,
        "livemode": payment.livemode,
        "created_at": payment.created_at,
        "timestamp": payment.updated_at,
    }


def with_trail(payment: Payment, trail: Iterable[TrailEntry]) -> dict[str, Any]:
    return {"success": True, **payment_fields(payment), "audit_trail": [_trail_entry(entry) for entry in trail]}


def created(payment: Payment, trail: Iterable[TrailEntry]) -> Answer:
    """What POST answers once it is known how the payment went, or that it is not known yet (202)."""
    if payment.status == PaymentStatus.FAILED:
        return failed(payment, trail)
    status = 202 if payment.status == PaymentStatus.PROCESSING else 201
    return Answer(status, to_wire(with_trail(payment, trail)))


def failed(payment: Payment, trail: Iterable[TrailEntry]) -> Answer:
    refusal = FAILURES.get(payment.failure_code, GatewayFailed)(fields=_failure_fields(payment, trail))
    return problem(refusal)


def problem(refusal: Refusal, instance: str = COLLECTION) -> Answer:
    return Answer(refusal.status, problems.body(refusal, instance))


def refund_fields(refund: Refund, payment: Payment) -> dict[str, Any]:
    return {
        "success": True,
        "refund_id": refund.public_id,
        "payment_id": payment.public_id,
        "status": refund.status,
        "amount": refund.amount_minor,
        "currency": refund.currency,
        "fees_reversed": refund.fee_minor,
        "net_reversed": refund.net_minor,
        "reason": refund.reason or None,
        "amount_refunded": payment.refunded_minor,
        "failure_code": refund.failure_code or None,
        "stranded": refund.stranded,
        "livemode": refund.livemode,
        "created_at": refund.created_at,
        "timestamp": refund.completed_at or refund.created_at,
    }


def chargeback_fields(chargeback: Chargeback) -> dict[str, Any]:
    """A chargeback with its payment loaded. The evidence is not told: it may speak of people."""
    return {
        "chargeback_id": chargeback.public_id,
        "payment_id": chargeback.payment.public_id,
        "escrow_id": chargeback.payment.escrow_id,
        "status": chargeback.state,
        "kind": chargeback.kind,
        "reason_code": chargeback.reason_code,
        "amount": chargeback.amount_minor,
        "currency": chargeback.currency,
        "fees_reversed": chargeback.fee_minor,
        "amount_held": chargeback.held_minor,
        "amount_late": chargeback.late_minor,
        "amount_refunded_before": chargeback.beyond_minor,
        "contested_at": chargeback.contested_at,
        "respond_by": chargeback.respond_by,
        "opened_at": chargeback.opened_at,
        "closed_at": chargeback.closed_at,
        "livemode": chargeback.livemode,
        "timestamp": chargeback.closed_at or chargeback.contested_at or chargeback.opened_at,
    }


def _failure_fields(payment: Payment, trail: Iterable[TrailEntry]) -> dict[str, Any]:
    names = (
        "payment_id", "transaction_id", "amount", "currency", "fees", "net_amount", "fraud_score",
        "fraud_recommendation", "compliance_flags", "livemode",
    )  # fmt: skip
    known = payment_fields(payment)
    return {
        # `status` is the HTTP status in a problem.
        "payment_status": payment.status,
        **{name: known[name] for name in names},
        "audit_trail": [_trail_entry(entry) for entry in trail],
    }


def _trail_entry(entry: TrailEntry) -> dict[str, Any]:
    return {
        "timestamp": entry.timestamp,
        "action": entry.action,
        "result": entry.result,
        "details": entry.details,
        "correlation_id": entry.correlation_id,
    }
