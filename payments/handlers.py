"""What payments do about the decisions of the layers below."""

from datetime import datetime

from core import ids
from core.outbox import services as outbox
from core.work import services as work
from fraud.enums import CaseDecision
from fraud.events import CaseDecided
from payments import ach_handlers as ach_handlers
from payments.services import payments, transfer_decisions


@outbox.handles(CaseDecided)
def on_case_decided(event: CaseDecided, *, now: datetime) -> None:
    approve = event.decision == CaseDecision.APPROVE
    if ids.ACH_TRANSFER_ID.fullmatch(event.payment_id):
        why = "nobody judged it in time" if event.automatic else f"{event.case_id}: {event.decision.lower()}"
        transfer_decisions.decide(transfer_id=event.payment_id, approve=approve, why=why, now=now)
        return
    if payments.decide(payment_id=event.payment_id, approve=approve, automatic=event.automatic, now=now):
        # The gateway is asked outside this transaction, after it has committed.
        work.enqueue(kind=payments.RESUME, key=event.payment_id, payload={}, due_at=now, now=now)
