"""Cases that rules ask for, whatever the score: ordered with the decision, opened after the payment was answered."""

from datetime import datetime

from core.actors import SYSTEM
from core.work import services as work
from fraud.enums import CaseCause, Outcome
from fraud.models import Assessment, ReviewCase
from fraud.rules.scoring import Judgement
from fraud.services import cases

RULE_WORK = "fraud.case_of_rule"


def order(assessment_id: str, payment_id: str | None, judgement: Judgement, *, now: datetime) -> None:
    """In the transaction of the decision. A review holds the payment and has its case without this.

    A trial that is no payment opens nothing.
    """
    if judgement.opens_case and payment_id and judgement.outcome != Outcome.REVIEW:
        work.enqueue(kind=RULE_WORK, key=assessment_id, payload={}, due_at=now, now=now)


def open_for(*, assessment_id: str, now: datetime) -> ReviewCase:
    """One case for each customer, to which later payments come as hits."""
    judged = Assessment.objects.get(assessment_id=assessment_id)
    asking = [hit["description"] for hit in judged.hits if hit.get("opens_case")]
    return cases.raise_for(
        cause=CaseCause.RULE,
        payment_id=judged.payment_id,
        payer_id=judged.customer_id,
        payee_id=judged.inputs.get("payee_id"),
        livemode=judged.livemode,
        amount_minor=judged.amount_minor,
        currency=judged.currency,
        score=judged.score,
        why="; ".join(asking),
        assessment_row_id=judged.pk,
        opened_by=SYSTEM,
        now=now,
    )
