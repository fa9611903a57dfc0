"""What escrow does about captured and refunded payments."""

from datetime import datetime

from core.outbox import services as outbox
from escrow.services import funding
from payments.events import PaymentCaptured, PaymentRefunded


@outbox.handles(PaymentCaptured)
def on_payment_captured(event: PaymentCaptured, *, now: datetime) -> None:
    funding.attach(payment_id=event.payment_id, now=now)


@outbox.handles(PaymentRefunded)
def on_payment_refunded(event: PaymentRefunded, *, now: datetime) -> None:
    funding.note_refunds(payment_id=event.payment_id, now=now)
