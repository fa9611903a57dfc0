"""What fraud does about its own events: what a person found or a marketplace reported is a label, and what became
known is told to the feature store after commit.
"""

from datetime import datetime

from core.outbox import services as outbox
from fraud.enums import CaseOutcome
from fraud.events import CaseConcluded, CaseDecided, FraudReported, PaymentLabelled
from fraud.services import labels, memory


@outbox.handles(CaseDecided)
def on_case_decided(event: CaseDecided, *, now: datetime) -> None:
    """A case without a payment labels nothing. Who decided may have had a clock that is ahead of this one."""
    if event.payment_id:
        labels.take_decision(
            livemode=event.livemode,
            payment_id=event.payment_id,
            case_id=event.case_id,
            outcome=CaseOutcome(event.outcome),
            decided_at=event.decided_at,
            now=max(now, event.decided_at),
        )


@outbox.handles(FraudReported)
def on_fraud_reported(event: FraudReported, *, now: datetime) -> None:
    labels.take_report(report_id=event.report_id, now=max(now, event.reported_at))
    memory.order(kind=memory.REPORT, key=event.report_id, now=now)


@outbox.handles(PaymentLabelled)
def on_payment_labelled(event: PaymentLabelled, *, now: datetime) -> None:
    memory.order(kind=memory.LABEL, key=event.label_id, now=now)


@outbox.handles(CaseConcluded)
def on_case_concluded(event: CaseConcluded, *, now: datetime) -> None:
    """What a person found about a payment that was not held."""
    if event.payment_id:
        labels.take_decision(
            livemode=event.livemode,
            payment_id=event.payment_id,
            case_id=event.case_id,
            outcome=CaseOutcome(event.outcome),
            decided_at=event.decided_at,
            now=now,
        )
