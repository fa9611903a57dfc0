"""What payments do about the decisions of the layers below."""

from datetime import datetime

from core.outbox import services as outbox
from core.work import services as work
from fraud.enums import CaseDecision
from fraud.events import CaseDecided
from payments.services import payments


@outbox.handles(CaseDecided)
def on_case_decided(event: CaseDecided, *, now: datetime) -> None:
    approve = event.decision == CaseDecision.APPROVE
    if payments.decide(payment_id=event.payment_id, approve=approve, automatic=event.automatic, now=now):
        # The gateway is asked outside this transaction, after it has committed.
        work.enqueue(kind=payments.RESUME, key=event.payment_id, payload={}, due_at=now, now=now)
