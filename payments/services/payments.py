"""Take a payment, finish what was left unfinished, decide a held one, cancel one.

    no transaction  ask the memory of fraud decisions                             (services/looks.py)
    transaction 1   claim the key, check, tokenise, judge, store the payment      (services/acceptance.py)
    no transaction  ask the gateway, by our reference                             (services/conversations.py)
    transaction 2   status, ledger, audit, event, stored answer                   (services/outcomes.py)

A crash anywhere leaves a payment whose `step` says what to ask next and whose `resume_at` says from when anybody may.
The card is only ever in memory; whoever comes later asks the gateway by reference and needs no card.
"""

import contextlib
from datetime import datetime

from django.db import transaction

from core.actors import SYSTEM, Actor
from core.api.conditions import UNCONDITIONAL, Condition
from core.api.once import Ticket
from core.api.wire import to_wire
from core.errors import Refusal
from core.idempotency import services as idempotency
from core.idempotency.services import Replay
from core.vault import cards
from core.vault.cards import CardData
from core.work import failpoints
from fraud.enums import CaseDecision, CaseOutcome
from fraud.selectors import cases as review_cases
from fraud.services import cases
from payments import answers, states
from payments.answers import Answer
from payments.enums import PaymentStatus, Step, VoidReason
from payments.gateways import registry
from payments.gateways.lines import Attempt
from payments.models import Payment
from payments.selectors import payments as register
from payments.services import acceptance, conversations, looks, outcomes
from payments.services.orders import PaymentOrder
from payments.states import Transition

RESUME = "payments.resume"


class PaymentNotCancellable(Refusal):
    """Captured money is refunded, not cancelled; a failed payment has nothing to give back."""

    code = "PAYMENT_NOT_CANCELLABLE"
    status = 409
    title = "The payment can no longer be cancelled"


class PaymentInProgress(Refusal):
    code = "PAYMENT_IN_PROGRESS"
    status = 409
    title = "The card network is being asked about this payment; try again shortly"


class StillUnknown(Exception):
    """The gateway does not say yet what became of a payment. The work is tried again later."""


def create(order: PaymentOrder, *, ticket: Ticket, livemode: bool, actor: Actor, now: datetime) -> Answer:
    """Take a payment. Raises a Refusal and keeps nothing where it cannot be made; everything else is an Answer.

    201 captured or held for review, 202 not yet known, 402/403/409/503/504 a failed payment, kept and replayed.
    """
    gateway = registry.name_for(livemode=livemode)
    looked = looks.look(
        order, ticket=ticket, parts=acceptance.scopes(gateway, order.customer_id, order.provider_id),
        livemode=livemode, now=now,
    )  # fmt: skip
    with transaction.atomic():
        claim = idempotency.claim(**ticket.fields(), now=now)
        if isinstance(claim, Replay):
            return Answer(claim.status, claim.body, replayed=True)
        stored = register.find_by_claim(claim.id) if claim.recovered else None
        if stored is None:
            registry.require_available(gateway, now=now)
            accepted = acceptance.accept(
                order, looked=looked, claim_id=claim.id, gateway=gateway, livemode=livemode, actor=actor, now=now
            )
            payment, card = accepted.payment, accepted.card
            if payment.status == PaymentStatus.FAILED:
                return outcomes.block(payment, actor=actor, now=now)
            failpoints.reach("payments.before_accepted")
        else:
            payment, card = stored, _card_again(order, stored, actor=actor, now=now)
    failpoints.reach("payments.accepted")
    return _authorise(payment, card, actor=actor, now=now)


def resume(*, payment_id: str, now: datetime) -> None:
    """Take up a payment where it was left. Raises StillUnknown while the gateway does not say."""
    payment = register.get(payment_id)
    if payment.status != PaymentStatus.PROCESSING:
        return
    _take_step(payment, actor=SYSTEM, now=now)
    if payment.status == PaymentStatus.PROCESSING:
        raise StillUnknown(payment.public_id)


def decide(*, payment_id: str, approve: bool, automatic: bool, now: datetime) -> bool:
    """Send a held payment to be captured or voided, as its case was decided. In the caller's transaction.

    False where it is not held any more: it was cancelled, or the decision was heard before.
    """
    payment = register.lock(payment_id)
    if payment.step != Step.HOLD:
        return False
    if approve:
        _submit(payment, Step.CAPTURE, now=now)
    else:
        _submit(payment, Step.VOID, now=now, reason=VoidReason.LAPSED if automatic else VoidReason.DECLINED)
    return True


def lapse(*, payment_id: str, now: datetime) -> bool:
    """Give back a held payment whose capture deadline has passed, whatever became of its case."""
    payment = register.lock(payment_id)
    if payment.step != Step.HOLD or payment.capture_deadline is None or payment.capture_deadline > now:
        return False
    _submit(payment, Step.VOID, now=now, reason=VoidReason.LAPSED)
    return True


def cancel(
    *,
    payment_id: str,
    ticket: Ticket,
    livemode: bool,
    actor: Actor,
    now: datetime,
    condition: Condition = UNCONDITIONAL,
) -> Answer:
    """Give an authorised payment back before capture. Cancelling a cancelled payment answers it as it is.

    Raises PaymentNotFound, PreconditionFailed, PaymentNotCancellable (captured or failed), PaymentInProgress.
    """
    with transaction.atomic():
        claim = idempotency.claim(**ticket.fields(), now=now)
        if isinstance(claim, Replay):
            return Answer(claim.status, claim.body, replayed=True)
        payment = register.lock(payment_id, livemode=livemode)
        condition.require(answers.payment_fields(payment))
        if payment.step == Step.HOLD:
            _submit(payment, Step.VOID, now=now, reason=VoidReason.CANCELLED)
            _withdraw_case(payment, actor=actor, now=now)
        elif payment.status in (PaymentStatus.COMPLETED, PaymentStatus.FAILED):
            raise PaymentNotCancellable(f"The payment is {payment.status}.")
        elif payment.status == PaymentStatus.PROCESSING and payment.void_reason != VoidReason.CANCELLED:
            raise PaymentInProgress
    failpoints.reach("payments.cancel_accepted")
    if payment.status == PaymentStatus.PROCESSING:
        _take_step(payment, actor=actor, now=now)
    body = to_wire({"success": True, **answers.payment_fields(payment)})
    answer = Answer(202 if payment.status == PaymentStatus.PROCESSING else 200, body)
    with transaction.atomic():
        idempotency.finish(claim_id=claim.id, status=answer.status, body=answer.body, now=now)
    return answer


def _authorise(payment: Payment, card: CardData, *, actor: Actor, now: datetime) -> Answer:
    if payment.step != Step.AUTHORISE:
        return answers.created(payment, ())
    line = registry.line(payment.gateway, now=now)
    charge = conversations.authorise(payment, card, line)
    failpoints.reach("payments.authorised")
    if charge is None:
        _keep_attempts(payment, line.attempts)
        return answers.created(payment, ())
    return outcomes.settle(payment, charge, attempts=line.attempts, actor=actor, now=now)


def _take_step(payment: Payment, *, actor: Actor, now: datetime) -> None:
    line = registry.line(payment.gateway, now=now)
    charge = conversations.take_step(payment, line)
    failpoints.reach("payments.step_taken")
    if charge is None:
        _keep_attempts(payment, line.attempts)
    else:
        outcomes.settle(payment, charge, attempts=line.attempts, actor=actor, now=now)


def _submit(payment: Payment, step: Step, *, now: datetime, reason: VoidReason | None = None) -> None:
    """Note what the gateway is to be asked. The row is locked by the caller, and committed before anybody asks."""
    payment.status = states.next_state(payment.status, Transition.SUBMIT)
    payment.step, payment.void_reason = step, reason or ""
    payment.resume_at, payment.updated_at = now + acceptance.resume_after(now), now
    payment.save(update_fields=["status", "step", "void_reason", "resume_at", "updated_at"])


def _keep_attempts(payment: Payment, attempts: list[Attempt]) -> None:
    with transaction.atomic():
        outcomes.keep_attempts(payment, attempts)


def _card_again(order: PaymentOrder, payment: Payment, *, actor: Actor, now: datetime) -> CardData:
    """A retry brings the card again; a payment by token opens the vault again."""
    if order.card is not None:
        return order.card
    reason = f"authorisation of {payment.public_id}"
    return cards.reveal(token=payment.card_token, reason=reason, actor=actor, now=now, livemode=payment.livemode)


def _withdraw_case(payment: Payment, *, actor: Actor, now: datetime) -> None:
    """Nobody needs to decide a payment that is being given back. A case in an analyst's hands is left there."""
    case = review_cases.find_for_payment(payment_id=payment.public_id)
    if case is None:
        return
    with contextlib.suppress(cases.UnableToDecide):
        cases.decide(
            case_id=case.case_id,
            decision=CaseDecision.DECLINE,
            outcome=CaseOutcome.UNDETERMINED,
            reason="The payment was cancelled by its client",
            actor=actor,
            now=now,
        )
