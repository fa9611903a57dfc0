"""What a marketplace hears of its escrows."""

from core.webhooks.catalogue import Subject, publishes
from escrow.events import EscrowFunded


@publishes(
    EscrowFunded,
    event_type="escrow.funded",
    meaning="The net of a booking's payment is held for its payee.",
    example={
        "id": "ESC_1703123456789_ABCDEF12", "object": "escrow", "livemode": False,
        "paymentId": "pay_1703123456789_k2n8m9p1q", "amount": 47_500, "currency": "USD",
    },
)  # fmt: skip
def escrow_funded(event: EscrowFunded) -> Subject:
    return Subject(
        id=event.escrow_id,
        object="escrow",
        livemode=event.livemode,
        occurred_at=event.funded_at,
        data={"payment_id": event.payment_id, "amount": event.amount_minor, "currency": event.currency},
    )
