"""What a marketplace hears of its payments."""

from typing import Any

from core.webhooks.catalogue import Subject, publishes
from payments import transfer_webhooks as transfer_webhooks
from payments.events import (
    ChargebackClosed,
    ChargebackOpened,
    PaymentCancelled,
    PaymentCaptured,
    PaymentFailed,
    PaymentRefunded,
    PaymentReviewOpened,
)

_PAYMENT: dict[str, Any] = {"id": "pay_1703123456789_k2n8m9p1q", "object": "payment", "livemode": False}
_OF_CUSTOMER = {**_PAYMENT, "customerId": "cus_abc123def456"}
_OF_AMOUNT = {**_OF_CUSTOMER, "amount": 50_000, "currency": "USD"}

_CHARGEBACK: dict[str, Any] = {
    "id": "cb_0lq9ilnhwp0123456789abcd", "object": "chargeback", "livemode": False,
    "paymentId": "pay_1703123456789_k2n8m9p1q", "escrowId": "ESC_1703123456789_ABCDEF12", "amount": 50_000,
    "currency": "USD",
}  # fmt: skip


@publishes(
    PaymentCaptured,
    event_type="payment.completed",
    meaning="The money was taken; that of a booking is held in its escrow.",
    example={**_OF_AMOUNT, "transactionId": "txn_1703123456789_x4y7z2a5b", "escrowId": "ESC_1703123456789_ABCDEF12"},
)
def payment_completed(event: PaymentCaptured) -> Subject:
    return Subject(
        id=event.payment_id,
        object="payment",
        livemode=event.livemode,
        occurred_at=event.captured_at,
        data={
            "customer_id": event.payer_id,
            "amount": event.amount_minor,
            "currency": event.currency,
            "transaction_id": event.transaction_id,
            "escrow_id": event.escrow_id,
        },
    )


@publishes(
    PaymentFailed,
    event_type="payment.failed",
    meaning="No money was taken. Ask for the payment to see the code of the refusal.",
    example=_OF_CUSTOMER,
)
def payment_failed(event: PaymentFailed) -> Subject:
    return Subject(event.payment_id, "payment", event.livemode, event.failed_at, {"customer_id": event.payer_id})


@publishes(
    PaymentReviewOpened,
    event_type="payment.review_opened",
    meaning="The money is authorised and waits for a person to decide, at the latest until `captureDeadline`.",
    example={**_OF_AMOUNT, "captureDeadline": "2024-01-22T10:30:45.123Z"},
)
def payment_review_opened(event: PaymentReviewOpened) -> Subject:
    return Subject(
        id=event.payment_id,
        object="payment",
        livemode=event.livemode,
        occurred_at=event.opened_at,
        data={
            "customer_id": event.payer_id,
            "amount": event.amount_minor,
            "currency": event.currency,
            "capture_deadline": event.capture_deadline,
        },
    )


@publishes(
    PaymentCancelled,
    event_type="payment.cancelled",
    meaning="Given back before it was taken. `reason` is CANCELLED (asked for) or LAPSED (nobody decided in time).",
    example={**_OF_CUSTOMER, "reason": "CANCELLED"},
)
def payment_cancelled(event: PaymentCancelled) -> Subject:
    return Subject(
        id=event.payment_id,
        object="payment",
        livemode=event.livemode,
        occurred_at=event.cancelled_at,
        data={"customer_id": event.payer_id, "reason": event.reason},
    )


@publishes(
    PaymentRefunded,
    event_type="refund.succeeded",
    meaning="Part or all of a payment went back; `amount` is fee and net parts together.",
    example={
        "id": "ref_0lq9ilnhwp0123456789abcd", "object": "refund", "livemode": False,
        "paymentId": "pay_1703123456789_k2n8m9p1q", "escrowId": None, "amount": 20_000, "currency": "USD",
    },
)  # fmt: skip
def refund_succeeded(event: PaymentRefunded) -> Subject:
    return Subject(
        id=event.refund_id,
        object="refund",
        livemode=event.livemode,
        occurred_at=event.refunded_at,
        data={
            "payment_id": event.payment_id,
            "escrow_id": event.escrow_id,
            "amount": event.amount_minor,
            "currency": event.currency,
        },
    )


@publishes(
    ChargebackOpened,
    event_type="chargeback.opened",
    meaning="The card network has taken money back. `respondBy` is the last moment to contest it.",
    example={**_CHARGEBACK, "kind": "FRAUD", "respondBy": "2024-02-04T10:30:45.123Z"},
)
def chargeback_opened(event: ChargebackOpened) -> Subject:
    return Subject(
        id=event.chargeback_id,
        object="chargeback",
        livemode=event.livemode,
        occurred_at=event.opened_at,
        data={
            "payment_id": event.payment_id,
            "escrow_id": event.escrow_id,
            "amount": event.amount_minor,
            "currency": event.currency,
            "kind": event.kind,
            "respond_by": event.respond_by,
        },
    )


@publishes(
    ChargebackClosed,
    event_type="chargeback.closed",
    meaning="`outcome` is WON (the money has come back), LOST (the network keeps it) or ACCEPTED (not contested).",
    example={**_CHARGEBACK, "outcome": "WON"},
)
def chargeback_closed(event: ChargebackClosed) -> Subject:
    return Subject(
        id=event.chargeback_id,
        object="chargeback",
        livemode=event.livemode,
        occurred_at=event.closed_at,
        data={
            "payment_id": event.payment_id,
            "escrow_id": event.escrow_id,
            "amount": event.amount_minor,
            "currency": event.currency,
            "outcome": event.outcome,
        },
    )
