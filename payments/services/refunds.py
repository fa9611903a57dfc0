"""Give captured money back, in parts or whole, once.

transaction 1   lock the payment, check what may be refunded, set it aside in the ledger, store the refund
no transaction  ask the gateway, by the refund's own reference
transaction 2   pay it out of the ledger; or put it back or leave it stranded, where the gateway refuses

Whoever asks directly waits for the gateway; a refund that escrow orders is sent by a worker once escrow has committed.
"""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from core.actors import SYSTEM, Actor
from core.api.conditions import UNCONDITIONAL, Condition
from core.api.once import Ticket
from core.api.wire import to_wire
from core.audit import services as audit
from core.errors import Refusal
from core.idempotency import services as idempotency
from core.idempotency.services import Replay
from core.money import Currency, Money
from core.work import failpoints
from core.work import services as work
from payments import answers, door
from payments.answers import Answer
from payments.enums import Operation, RefundStatus
from payments.gateways import registry
from payments.gateways.lines import Line
from payments.gateways.port import GatewayError, NetworkRefund
from payments.models import Payment, Refund
from payments.selectors import chargebacks
from payments.selectors import payments as register
from payments.services import acceptance, outcomes, refund_outcomes, refund_reserves
from payments.services.payments import StillUnknown
from payments.services.refund_outcomes import RefundDeclined as RefundDeclined
from payments.services.refund_reserves import PaymentNotRefundable as PaymentNotRefundable
from payments.services.refund_reserves import RefundExceedsRefundable as RefundExceedsRefundable
from payments.services.refund_reserves import RefundMoneyIsGone as RefundMoneyIsGone
from payments.services.refund_reserves import Why

RESUME = "payments.resume_refund"


class RefundOrderedOtherwise(Refusal):
    """The reference has ordered another refund before: another payment or another amount."""

    code = "REFUND_ORDERED_OTHERWISE"
    status = 409
    title = "This reference has ordered another refund"


class RefundBehindChargeback(Refusal):
    """The network has taken what was being refunded: money goes back once."""

    code = "REFUND_BEHIND_CHARGEBACK"
    status = 409
    title = "A chargeback has brought the customer this money"


@dataclass(frozen=True, slots=True)
class RefundOrder:
    """`amount_minor` None refunds all that is left."""

    payment_id: str
    amount_minor: int | None
    reason: str


def create(
    order: RefundOrder,
    *,
    ticket: Ticket,
    livemode: bool,
    actor: Actor,
    now: datetime,
    condition: Condition = UNCONDITIONAL,
) -> Answer:
    """Refund a payment: 201 done, 202 not yet known, 402 refused by the network (kept and replayed).

    `condition` is about the payment. Raises PaymentNotFound, PreconditionFailed, PaymentNotRefundable,
    RefundExceedsRefundable, RefundMoneyIsGone, SwitchClosed, and what escrow refuses; these keep nothing.
    """
    with transaction.atomic():
        claim = idempotency.claim(**ticket.fields(), now=now)
        if isinstance(claim, Replay):
            return Answer(claim.status, claim.body, replayed=True)
        refund = register.find_refund_by_claim(claim.id) if claim.recovered else None
        if refund is None:
            refund = _accept(order, claim_id=claim.id, condition=condition, livemode=livemode, actor=actor, now=now)
        failpoints.reach("refunds.before_accepted")
    failpoints.reach("refunds.accepted")
    return _pay_out(refund, actor=actor, now=now)


def accept_for_escrow(
    *, payment: Payment, net_minor: int, reference: str, reason: str, actor: Actor, now: datetime
) -> Refund:
    """A refund that escrow orders, in escrow's transaction, which holds the payment's row. Sent after it has committed.

    `net_minor` is what leaves the escrow's account; the fee goes back in proportion. Escrow settles its own parts: the
    door is not asked. The same reference again is the same refund. Raises PaymentNotRefundable,
    RefundExceedsRefundable, RefundMoneyIsGone, RefundOrderedOtherwise, SwitchClosed.
    """
    known = register.find_refund_of_escrow(reference)
    if known is not None:
        if (known.payment_id, known.net_minor) != (payment.pk, net_minor):
            raise RefundOrderedOtherwise
        return known
    part = refund_reserves.by_net(payment, net_minor)
    why = Why(reason, escrow_reference=reference)
    refund = refund_reserves.reserve(payment, part, why, actor=actor, now=now)
    work.enqueue(kind=RESUME, key=refund.public_id, payload={}, due_at=now, now=now)
    return refund


def retry_stranded(*, refund_id: str, livemode: bool, actor: Actor, now: datetime) -> Refund:
    """Send a stranded refund again, under another reference. One that is not stranded (any more) is left as it is.

    Raises RefundNotFound, RefundBehindChargeback, SwitchClosed.
    """
    found = register.find_refund(refund_id, livemode=livemode)
    if found is None:
        raise register.RefundNotFound
    with transaction.atomic():
        payment = register.lock(found.payment.public_id, livemode=livemode)
        refund = Refund.objects.select_for_update().get(pk=found.pk)
        if not refund.stranded:
            return refund
        if chargebacks.find_owed(payment):
            raise RefundBehindChargeback
        refund_reserves.require_open(payment, Money(refund.amount_minor, Currency[refund.currency]), now=now)
        refund.status, refund.stranded, refund.failure_code = RefundStatus.PENDING, False, ""
        refund.tries, refund.resume_at = refund.tries + 1, now + acceptance.resume_after(now)
        refund.save(update_fields=["status", "stranded", "failure_code", "tries", "resume_at"])
        work.enqueue(kind=RESUME, key=refund.public_id, payload={}, due_at=now, now=now)
        audit.record(
            actor=actor,
            action="payments.refund.retried",
            subject=payment.public_id,
            at=now,
            details={"refund_id": refund.public_id, "amount_minor": refund.amount_minor, "try": refund.tries},
        )
    return refund


def resume(*, refund_id: str, now: datetime) -> None:
    """Take up a refund where it was left. Raises StillUnknown while the gateway does not say."""
    refund = register.get_refund(refund_id)
    if refund.status != RefundStatus.PENDING:
        return
    _pay_out(refund, actor=SYSTEM, now=now)
    if refund.status == RefundStatus.PENDING:
        raise StillUnknown(refund.public_id)


def _accept(
    order: RefundOrder, *, claim_id: int, condition: Condition, livemode: bool, actor: Actor, now: datetime
) -> Refund:
    payment = register.lock(order.payment_id, livemode=livemode)
    condition.require(answers.payment_fields(payment))
    part = refund_reserves.by_amount(payment, order.amount_minor)
    if payment.escrow_id and part.net.minor:
        door.current().hold(payment, for_refund=True, now=now)
    refund = refund_reserves.reserve(payment, part, Why(order.reason, claim_id=claim_id), actor=actor, now=now)
    if payment.escrow_id and refund.net_minor:
        door.current().give_back(
            payment,
            net_minor=refund.net_minor,
            refund_id=refund.public_id,
            entry_id=refund.reserve_entry,
            actor=actor,
            now=now,
        )
    return refund


def _pay_out(refund: Refund, *, actor: Actor, now: datetime) -> Answer:
    payment = refund.payment
    line = registry.line(payment.gateway, now=now)
    answer = _ask(refund, line)
    failpoints.reach("refunds.paid_out")
    with transaction.atomic():
        outcomes.keep_attempts(payment, line.attempts, reference=refund.network_reference)
        if answer is None:
            return _answer(refund, payment)
        settled = refund_outcomes.settle(refund, payment, answer, actor=actor, now=now)
        result = _answer(refund, payment)
        # A second try answers nobody: whoever asked has had the answer of the first.
        if settled and refund.claim_id is not None and refund.tries == 1:
            idempotency.finish(claim_id=refund.claim_id, status=result.status, body=result.body, now=now)
        failpoints.reach("refunds.before_settled")
    failpoints.reach("refunds.settled")
    return result


def _ask(refund: Refund, line: Line) -> NetworkRefund | None:
    try:
        return line.ask(
            Operation.REFUND,
            lambda timeout: line.gateway.refund(
                charge_reference=refund.payment.public_id,
                reference=refund.network_reference,
                money=Money(refund.amount_minor, Currency[refund.currency]),
                timeout_seconds=timeout,
                now=line.now,
            ),
        )
    except GatewayError:
        return None


def _answer(refund: Refund, payment: Payment) -> Answer:
    fields = answers.refund_fields(refund, payment)
    if refund.status == RefundStatus.FAILED:
        shown = {name: fields[name] for name in ("refund_id", "payment_id", "amount", "currency", "livemode")}
        shown |= {"refund_status": refund.status, "stranded": refund.stranded}
        return answers.problem(RefundDeclined(fields=shown), f"{answers.COLLECTION}/{payment.public_id}/refunds")
    return Answer(202 if refund.status == RefundStatus.PENDING else 201, to_wire(fields))
