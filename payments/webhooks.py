"""What a marketplace hears of its payments."""

from typing import Any

from core.webhooks.catalogue import Subject, publishes
from payments.events import PaymentCancelled, PaymentCaptured, PaymentFailed, PaymentRefunded, PaymentReviewOpened

_PAYMENT: dict[str, Any] = {"id": "pay_1703123456789_k2n8m9p1q", "object": "payment", "livemode": False}
_OF_CUSTOMER = {**_PAYMENT, "customerId": "cus_abc123def456"}
_OF_AMOUNT = {**_OF_CUSTOMER, "amount": 50_000, "currency": "USD"}


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
