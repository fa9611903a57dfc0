"""The last transaction of a payment's step: what the network says becomes status, ledger entry, audit and event.

Whoever comes first writes; a second one (a retry, the completer, a late answer) finds the step taken and writes
nothing. Everything about one outcome is in one transaction, so money and ledger cannot part.
"""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction

from core.actors import Actor
from core.audit import services as audit
from core.database import rows
from core.idempotency import services as idempotency
from core.money import Currency, Money
from core.outbox import services as outbox
from core.parameters import services as parameters
from core.telemetry import context
from core.work import failpoints
from fraud.enums import AttemptOutcome as ObservedOutcome
from fraud.services import cases, observations
from fraud.services.cases import NewCase
from fraud.services.observations import Observation
from ledger.services import journal
from payments import answers, metrics, refusals, states
from payments.answers import Answer, TrailEntry
from payments.enums import ChargeState, Step, VoidReason
from payments.events import PaymentCancelled, PaymentCaptured, PaymentFailed, PaymentReviewOpened
from payments.gateways.lines import Attempt
from payments.gateways.port import Charge
from payments.models import GatewayAttempt, Payment
from payments.services import entries
from payments.states import Transition

logger = logging.getLogger(__name__)


class UnexpectedCharge(Exception):
    """The network says something that cannot follow from what was asked. Nothing is written; a person looks."""


def settle(payment: Payment, charge: Charge, *, attempts: Sequence[Attempt], actor: Actor, now: datetime) -> Answer:
    """Write down what became of the payment's step and answer its request. `payment` is refreshed where lost."""
    answers_request = payment.step == Step.AUTHORISE
    with transaction.atomic():
        keep_attempts(payment, attempts)
        trail = _settle(payment, charge, actor=actor, now=now)
        answer = answers.created(payment, trail)
        if trail and answers_request:
            _finish_claim(payment, answer, now=now)
        failpoints.reach("payments.before_settled")
    failpoints.reach("payments.settled")
    if trail:
        metrics.count(payment)
    return answer


def block(payment: Payment, *, actor: Actor, now: datetime) -> Answer:
    """A payment that the fraud decision stopped: the end of it, in the transaction that stores it."""
    _observe(payment, ObservedOutcome.BLOCKED)
    outbox.publish(_failed_event(payment, now))
    trail = [_audit(payment, "payments.payment.blocked", "DENIED", actor=actor, now=now)]
    answer = answers.created(payment, trail)
    _finish_claim(payment, answer, now=now)
    metrics.count(payment)
    return answer


def keep_attempts(payment: Payment, attempts: Sequence[Attempt], *, reference: str = "") -> None:
    """One row per try."""
    for attempt in attempts:
        rows.insert(
            GatewayAttempt(
                payment=payment,
                reference=reference or payment.public_id,
                operation=attempt.operation,
                outcome=attempt.outcome,
                code=attempt.code,
                duration_ms=attempt.duration_ms,
                at=attempt.at,
            )
        )


def _settle(payment: Payment, charge: Charge, *, actor: Actor, now: datetime) -> list[TrailEntry]:
    """Empty where another process was faster; `payment` then shows what that one wrote."""
    match Step(payment.step), charge.state:
        case ((Step.AUTHORISE | Step.CAPTURE), ChargeState.CAPTURED):
            return _complete(payment, charge, actor=actor, now=now)
        case Step.AUTHORISE, ChargeState.AUTHORISED:
            return _hold(payment, charge, actor=actor, now=now)
        case Step.AUTHORISE, (ChargeState.DECLINED | ChargeState.VOIDED):
            return _fail(payment, refusals.code_for(charge), charge.code, actor=actor, now=now)
        case Step.CAPTURE, (ChargeState.DECLINED | ChargeState.VOIDED):
            return _fail(payment, refusals.CaptureFailed.code, charge.code, actor=actor, now=now)
        case Step.VOID, ChargeState.VOIDED:
            if payment.void_reason == VoidReason.DECLINED:
                return _fail(payment, refusals.PaymentBlocked.code, charge.code, actor=actor, now=now)
            return _cancel(payment, actor=actor, now=now)
    raise UnexpectedCharge(f"{payment.public_id}: {payment.step} answered with {charge.state}")


def _complete(payment: Payment, charge: Charge, *, actor: Actor, now: datetime) -> list[TrailEntry]:
    if charge.money.minor != payment.amount_minor:
        raise UnexpectedCharge(f"{payment.public_id}: another amount was charged")
    if not _move(payment, Transition.COMPLETE, Step.DONE, now=now, network_id=charge.network_id, captured_at=now):
        return []
    if payment.ledger_hold:
        journal.capture_pending(
            entry_id=payment.ledger_hold,
            idempotency_key=f"payment.capture:{payment.public_id}",
            effective_at=now,
            now=now,
        )
    else:
        amount, fee = _amounts(payment)
        journal.post(
            book=entries.book(payment.livemode),
            kind="payments.captured",
            legs=entries.captured(payment, amount=amount, fee=fee),
            reference=payment.public_id,
            idempotency_key=f"payment.capture:{payment.public_id}",
            effective_at=now,
            now=now,
        )
        _observe(payment, ObservedOutcome.APPROVED)
    outbox.publish(_captured_event(payment, now))
    return [_audit(payment, "payments.payment.captured", "SUCCESS", actor=actor, now=now)]


def _hold(payment: Payment, charge: Charge, *, actor: Actor, now: datetime) -> list[TrailEntry]:
    deadline = now + timedelta(hours=parameters.read("payments.capture_deadline_hours", at=now))
    amount, fee = _amounts(payment)
    moved = _move(payment, Transition.HOLD, Step.HOLD, now=now, network_id=charge.network_id, capture_deadline=deadline)
    if not moved:
        return []
    pending = journal.post_pending(
        book=entries.book(payment.livemode),
        kind="payments.captured",
        legs=entries.captured(payment, amount=amount, fee=fee),
        reference=payment.public_id,
        idempotency_key=f"payment.hold:{payment.public_id}",
        effective_at=now,
        now=now,
    )
    payment.ledger_hold = pending.entry_id
    rows.update(Payment, where={"pk": payment.pk}, values={"ledger_hold": pending.entry_id})
    cases.open(case=_new_case(payment, deadline), assessment_row_id=payment.assessment_id, now=now)
    _observe(payment, ObservedOutcome.HELD)
    outbox.publish(
        PaymentReviewOpened(
            payment_id=payment.public_id,
            payer_id=payment.customer.party_id,
            amount_minor=payment.amount_minor,
            currency=payment.currency,
            capture_deadline=deadline,
            livemode=payment.livemode,
            opened_at=now,
        )
    )
    return [_audit(payment, "payments.payment.held", "SUCCESS", actor=actor, now=now)]


def _fail(payment: Payment, code: str, network_code: str, *, actor: Actor, now: datetime) -> list[TrailEntry]:
    if not _move(payment, Transition.FAIL, Step.DONE, now=now, failure_code=code, resume_at=None):
        return []
    if payment.ledger_hold:
        _void_ledger_hold(payment, code, now=now)
    else:
        declined = ObservedOutcome.DECLINED if network_code and code not in _OURS else ObservedOutcome.FAILED
        _observe(payment, declined)
    outbox.publish(_failed_event(payment, now))
    details = {"code": code, "network_code": network_code}
    return [_audit(payment, "payments.payment.failed", "FAILURE", actor=actor, now=now, details=details)]


def _cancel(payment: Payment, *, actor: Actor, now: datetime) -> list[TrailEntry]:
    if not _move(payment, Transition.CANCEL, Step.DONE, now=now):
        return []
    if payment.ledger_hold:
        _void_ledger_hold(payment, payment.void_reason, now=now)
    outbox.publish(
        PaymentCancelled(
            payment_id=payment.public_id,
            payer_id=payment.customer.party_id,
            reason=payment.void_reason,
            livemode=payment.livemode,
            cancelled_at=now,
        )
    )
    details = {"reason": payment.void_reason}
    return [_audit(payment, "payments.payment.cancelled", "SUCCESS", actor=actor, now=now, details=details)]


_OURS = frozenset({refusals.GatewayTimeout.code, refusals.GatewayFailed.code})


def _move(payment: Payment, transition: Transition, step: Step, *, now: datetime, **changes: object) -> bool:
    """Take the row from the step it was seen in; False, and the row as it is, where somebody else has."""
    values = {
        "status": states.next_state(payment.status, transition),
        "step": step,
        "updated_at": now,
        "resume_at": None,
        **changes,
    }
    seen = {"pk": payment.pk, "status": payment.status, "step": payment.step}
    if rows.update(Payment, where=seen, values=values) != 1:
        payment.refresh_from_db()
        return False
    for name, value in values.items():
        setattr(payment, name, value)
    return True


def _void_ledger_hold(payment: Payment, reason: str, *, now: datetime) -> None:
    journal.void_pending(
        entry_id=payment.ledger_hold, reason=reason, idempotency_key=f"payment.void:{payment.public_id}", now=now
    )


def _amounts(payment: Payment) -> tuple[Money, Money]:
    currency = Currency[payment.currency]
    return Money(payment.amount_minor, currency), Money(payment.fee_minor, currency)


def _finish_claim(payment: Payment, answer: Answer, *, now: datetime) -> None:
    if payment.claim_id is None:
        return
    try:
        idempotency.finish(claim_id=payment.claim_id, status=answer.status, body=answer.body, now=now)
    except idempotency.ClaimLost:
        # The answer is a courtesy, the booking of taken money is not: it must not be rolled back for this.
        logger.warning("payment %s has no open request to answer", payment.public_id)


def _audit(
    payment: Payment,
    action: str,
    result: str,
    *,
    actor: Actor,
    now: datetime,
    details: dict[str, str] | None = None,
) -> TrailEntry:
    facts = {
        "amount_minor": payment.amount_minor,
        "currency": payment.currency,
        "fraud_score": payment.fraud_score,
        "fraud_outcome": str(payment.fraud_outcome),
        **(details or {}),
    }
    correlation = payment.request_id or context.request_id() or ""
    audit.record(
        actor=actor,
        action=action,
        subject=payment.public_id,
        at=now,
        details=facts,
        result=result,
        correlation_id=correlation or None,
    )
    return TrailEntry(now, action, result, facts, correlation)


def _observe(payment: Payment, outcome: ObservedOutcome) -> None:
    client = payment.client
    observations.record(
        Observation(
            payment_id=payment.public_id,
            transaction_id=payment.transaction_id,
            livemode=payment.livemode,
            payer_id=payment.customer.party_id,
            payee_id=payment.provider.party_id if payment.provider else None,
            amount_minor=payment.amount_minor,
            currency=payment.currency,
            outcome=outcome,
            at=payment.created_at,
            payment_method=payment.payment_method,
            card_fingerprint=client.get("card_fingerprint"),
            card_brand=payment.card_brand,
            card_bin=client.get("card_bin"),
            ip_address=client.get("ip_address"),
            device_id=client.get("device_id"),
            email_hash=client.get("email_hash"),
            billing_country=client.get("billing_country"),
        )
    )


def _new_case(payment: Payment, deadline: datetime) -> NewCase:
    reasons = payment.assessment.reason_codes if payment.assessment else ["no fraud advice"]
    return NewCase(
        payment_id=payment.public_id,
        transaction_id=payment.transaction_id,
        livemode=payment.livemode,
        payer_id=payment.customer.party_id,
        payee_id=payment.provider.party_id if payment.provider else None,
        amount_minor=payment.amount_minor,
        currency=payment.currency,
        score=payment.fraud_score,
        why=", ".join(reasons),
        capture_deadline=deadline,
    )


def _captured_event(payment: Payment, now: datetime) -> PaymentCaptured:
    return PaymentCaptured(
        payment_id=payment.public_id,
        transaction_id=payment.transaction_id,
        escrow_id=payment.escrow_id,
        payer_id=payment.customer.party_id,
        payee_id=payment.provider.party_id if payment.provider else None,
        amount_minor=payment.amount_minor,
        currency=payment.currency,
        fees_minor=payment.fee_minor,
        livemode=payment.livemode,
        captured_at=now,
    )


def _failed_event(payment: Payment, now: datetime) -> PaymentFailed:
    return PaymentFailed(
        payment_id=payment.public_id,
        payer_id=payment.customer.party_id,
        code=payment.failure_code,
        livemode=payment.livemode,
        failed_at=now,
    )
