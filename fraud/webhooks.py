"""What a marketplace hears of reviews: that one is over and what follows, never why it was opened."""

from core.webhooks.catalogue import Subject, publishes
from fraud.events import CaseDecided


@publishes(
    CaseDecided,
    event_type="review.closed",
    meaning="A held payment may be taken (`decision` APPROVE) or is given back (DECLINE); its own event follows.",
    example={
        "id": "case_0lq9ilnhwp0123456789abcd", "object": "review", "livemode": False,
        "paymentId": "pay_1703123456789_k2n8m9p1q", "decision": "APPROVE",
    },
)  # fmt: skip
def review_closed(event: CaseDecided) -> Subject:
    return Subject(
        id=event.case_id,
        object="review",
        livemode=event.livemode,
        occurred_at=event.decided_at,
        data={"payment_id": event.payment_id, "decision": event.decision},
    )
