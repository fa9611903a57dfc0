"""When the bypass is closed again: every payment that it let through is judged, and what would have been held is seen.

The money has moved, so nothing is held; a case asks a person. One decision makes up for another once, by constraint.
"""

from datetime import datetime

from django.db import transaction
from django.urls import reverse

from compliance.selectors import parties as register
from core.actors import SYSTEM
from core.outbox import services as outbox
from core.switches import services as switches
from core.switches.enums import Switch
from fraud.decisions import Assessment as Answer
from fraud.decisions import AssessmentRequest
from fraud.enums import CaseCause, Outcome
from fraud.events import AlarmRaised
from fraud.models import Assessment
from fraud.selectors import bypasses
from fraud.services import assessments, cases

AT_ONCE = 200


def make_up(*, now: datetime) -> int:
    """Judge what waits, while the bypass is not open. Returns how many were judged."""
    judged = 0
    while not switches.is_open(Switch.FRAUD_BYPASS, now=now):
        waiting = bypasses.list_waiting(limit=AT_ONCE)
        done = sum(make_up_for(passed, now=now) for passed in waiting)
        judged += done
        if not done:
            break
    return judged


def make_up_for(passed: Assessment, *, now: datetime) -> bool:
    """Judge one decision again and open a case for what would have been held. False where it was done already."""
    with transaction.atomic():
        if Assessment.objects.filter(rescores=passed).exists():
            return False
        answer = assessments.evaluate(request_of(passed), now=now, passed=passed)
        if answer.row_id is None:
            return False
        if answer.outcome != Outcome.APPROVE:
            raise_case(passed, answer, now=now)
    return True


def request_of(row: Assessment) -> AssessmentRequest:
    """What was asked, as far as it was kept; the parties' ages are as of the register."""
    inputs = row.inputs
    parties = [party_id for party_id in (row.customer_id, inputs.get("payee_id")) if party_id]
    known = register.list_by_id(party_ids=parties, livemode=row.livemode)
    payer, payee = known.get(row.customer_id), known.get(inputs.get("payee_id") or "")
    return AssessmentRequest(
        livemode=row.livemode,
        payer_id=row.customer_id,
        payee_id=inputs.get("payee_id"),
        amount_minor=row.amount_minor,
        currency=row.currency,
        payment_id=row.payment_id,
        transaction_id=row.transaction_id,
        payment_method=inputs["payment_method"],
        card_fingerprint=inputs.get("card_fingerprint"),
        card_bin=inputs.get("card_bin"),
        ip_address=inputs.get("ip_address"),
        user_agent=inputs.get("user_agent"),
        device_id=inputs.get("device_id"),
        email_hash=inputs.get("email_hash"),
        billing_country=inputs.get("billing_country"),
        shipping_country=inputs.get("shipping_country"),
        payer_since=payer.created_at if payer else None,
        payee_since=payee.created_at if payee else None,
    )


def raise_case(passed: Assessment, answer: Answer, *, now: datetime) -> None:
    """One case per payment, and one incident per turn of the bypass: somebody looks at what it let through."""
    cases.raise_for(
        cause=CaseCause.RESCORE,
        payment_id=passed.payment_id,
        payer_id=passed.customer_id,
        payee_id=passed.inputs.get("payee_id"),
        livemode=passed.livemode,
        amount_minor=passed.amount_minor,
        currency=passed.currency,
        score=answer.score,
        why="",
        assessment_row_id=answer.row_id,
        opened_by=SYSTEM,
        now=now,
    )
    outbox.publish(
        AlarmRaised(
            alarm="fraud.bypass_let_through",
            subject=f"turn:{passed.bypass_turn}",
            severity="P2",
            summary=f"{answer.outcome}: a payment approved under the bypass would have been held",
            url=reverse("admin:fraud_bypass", args=[passed.bypass_turn]),
            raised_at=now,
        ),
        now=now,
    )
