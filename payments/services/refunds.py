"""Give captured money back, in parts or whole, once.

transaction 1   lock the payment, check what may be refunded, set it aside in the ledger, store the refund
no transaction  ask the gateway, by the refund's own reference
transaction 2   pay it out of the ledger, or put it back where the gateway refuses
"""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import F

from core import ids
from core.actors import SYSTEM, Actor
from core.api.conditions import UNCONDITIONAL, Condition
from core.api.once import Ticket
from core.api.wire import to_wire
from core.audit import services as audit
from core.errors import FieldError, Refusal
from core.idempotency import services as idempotency
from core.idempotency.services import Replay
from core.money import Currency, Money
from core.outbox import services as outbox
from core.switches import services as switches
from core.switches.enums import Switch
from core.telemetry import context
from core.work import failpoints
from ledger.services import journal, reversals
from payments import answers, fees
from payments.answers import Answer
from payments.enums import Operation, PaymentStatus, RefundStatus
from payments.events import PaymentRefunded
from payments.fees import GivenBack, Split
from payments.gateways import registry
from payments.gateways.lines import Line
from payments.gateways.port import GatewayError, NetworkRefund
from payments.models import Payment, Refund
from payments.selectors import payments as register
from payments.services import acceptance, entries, outcomes
from payments.services.payments import StillUnknown

RESUME = "payments.resume_refund"


class PaymentNotRefundable(Refusal):
    code = "PAYMENT_NOT_REFUNDABLE"
    status = 409
    title = "Only a captured payment can be refunded"


class RefundExceedsRefundable(Refusal):
    code = "REFUND_EXCEEDS_REFUNDABLE"
    status = 422
    title = "More than what is left of the payment cannot be refunded"


class RefundMoneyIsGone(Refusal):
    """The escrow was released or the provider paid out: the ledger does not hold the money any more."""

    code = "REFUND_FUNDS_UNAVAILABLE"
    status = 409
    title = "The money has already been passed on"


class RefundDeclined(Refusal):
    code = "REFUND_DECLINED"
    status = 402
    title = "The card network refused the refund"


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
    RefundExceedsRefundable, RefundMoneyIsGone, SwitchClosed; these keep nothing.
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
    amount = _refundable_amount(payment, order.amount_minor)
    provider_id = payment.provider.party_id if payment.provider else None
    parts = acceptance.scopes(payment.gateway, payment.customer.party_id, provider_id)
    switches.require_open(Switch.REFUNDS, now=now, scopes=parts, amount=amount)
    part = fees.split_refund(_split(payment), before=_given_back(payment), refund=amount)
    refund_id = ids.prefixed("re", now)
    try:
        reserved = journal.post(
            book=entries.book(livemode),
            kind="payments.refund_reserved",
            legs=entries.refund_reserved(payment, fee=part.fee, net=part.net),
            reference=payment.public_id,
            idempotency_key=f"refund.reserve:{refund_id}",
            effective_at=now,
            now=now,
        )
    except journal.AccountOverdrawn as error:
        raise RefundMoneyIsGone from error
    Payment.objects.filter(pk=payment.pk).update(
        refunded_minor=F("refunded_minor") + amount.minor,
        refunded_fee_minor=F("refunded_fee_minor") + part.fee.minor,
        updated_at=now,
    )
    payment.refunded_minor += amount.minor
    payment.refunded_fee_minor += part.fee.minor
    return Refund.objects.create(
        public_id=refund_id,
        payment=payment,
        livemode=livemode,
        status=RefundStatus.PENDING,
        amount_minor=amount.minor,
        fee_minor=part.fee.minor,
        net_minor=part.net.minor,
        currency=payment.currency,
        reason=order.reason,
        reserve_entry=reserved.entry_id,
        resume_at=now + acceptance.resume_after(now),
        claim_id=claim_id,
        created_by=str(actor),
        request_id=context.request_id() or "",
        created_at=now,
    )


def _refundable_amount(payment: Payment, asked: int | None) -> Money:
    if payment.status != PaymentStatus.COMPLETED:
        raise PaymentNotRefundable(f"The payment is {payment.status}.")
    left = payment.refundable_minor
    amount = left if asked is None else asked
    if left == 0 or amount > left:
        raise RefundExceedsRefundable(
            f"{left} can be refunded.",
            errors=(FieldError("/amount", f"must be at most {left}"),),
            fields={"refundable": left},
        )
    return Money(amount, Currency[payment.currency])


def _pay_out(refund: Refund, *, actor: Actor, now: datetime) -> Answer:
    payment = refund.payment
    line = registry.line(payment.gateway, now=now)
    answer = _ask(refund, line)
    failpoints.reach("refunds.paid_out")
    with transaction.atomic():
        outcomes.keep_attempts(payment, line.attempts, reference=refund.public_id)
        if answer is None:
            return _answer(refund, payment)
        settled = _settle(refund, payment, answer, actor=actor, now=now)
        result = _answer(refund, payment)
        if settled and refund.claim_id is not None:
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
                reference=refund.public_id,
                money=Money(refund.amount_minor, Currency[refund.currency]),
                timeout_seconds=timeout,
                now=line.now,
            ),
        )
    except GatewayError:
        return None


def _settle(refund: Refund, payment: Payment, answer: NetworkRefund, *, actor: Actor, now: datetime) -> bool:
    """False where another process was faster."""
    changes = {
        "status": RefundStatus.COMPLETED if answer.accepted else RefundStatus.FAILED,
        "network_id": answer.network_id,
        "resume_at": None,
        "completed_at": now if answer.accepted else None,
        "failure_code": "" if answer.accepted else RefundDeclined.code,
    }
    # The payment first: the order in which every refund takes its locks.
    locked = Payment.objects.select_for_update(of=("self",)).get(pk=payment.pk)
    if Refund.objects.filter(pk=refund.pk, status=RefundStatus.PENDING).update(**changes) != 1:
        refund.refresh_from_db()
        return False
    for name, value in changes.items():
        setattr(refund, name, value)
    payment.refunded_minor = locked.refunded_minor
    if answer.accepted:
        _complete(refund, payment, now=now)
    else:
        _put_back(refund, payment, now=now)
    audit.record(
        actor=actor,
        action="payments.refund.completed" if answer.accepted else "payments.refund.declined",
        subject=payment.public_id,
        at=now,
        details={
            "refund_id": refund.public_id,
            "amount_minor": refund.amount_minor,
            "fee_minor": refund.fee_minor,
            "currency": refund.currency,
            "network_code": answer.code,
        },
        result="SUCCESS" if answer.accepted else "FAILURE",
        correlation_id=refund.request_id or None,
    )
    return True


def _complete(refund: Refund, payment: Payment, *, now: datetime) -> None:
    journal.post(
        book=entries.book(refund.livemode),
        kind="payments.refund_paid",
        legs=entries.refund_paid(payment, amount=Money(refund.amount_minor, Currency[refund.currency])),
        reference=payment.public_id,
        idempotency_key=f"refund.pay:{refund.public_id}",
        effective_at=now,
        now=now,
    )
    outbox.publish(
        PaymentRefunded(
            payment_id=payment.public_id,
            refund_id=refund.public_id,
            escrow_id=payment.escrow_id,
            amount_minor=refund.amount_minor,
            fee_minor=refund.fee_minor,
            net_minor=refund.net_minor,
            currency=refund.currency,
            livemode=refund.livemode,
            refunded_at=now,
        )
    )


def _put_back(refund: Refund, payment: Payment, *, now: datetime) -> None:
    reversals.reverse(
        entry_id=refund.reserve_entry,
        reason="the card network refused the refund",
        idempotency_key=f"refund.put_back:{refund.public_id}",
        now=now,
    )
    Payment.objects.filter(pk=payment.pk).update(
        refunded_minor=F("refunded_minor") - refund.amount_minor,
        refunded_fee_minor=F("refunded_fee_minor") - refund.fee_minor,
        updated_at=now,
    )
    payment.refunded_minor -= refund.amount_minor


def _answer(refund: Refund, payment: Payment) -> Answer:
    fields = answers.refund_fields(refund, payment)
    if refund.status == RefundStatus.FAILED:
        shown = {name: fields[name] for name in ("refund_id", "payment_id", "amount", "currency", "livemode")}
        shown["refund_status"] = refund.status
        return answers.problem(RefundDeclined(fields=shown), f"{answers.COLLECTION}/{payment.public_id}/refunds")
    return Answer(202 if refund.status == RefundStatus.PENDING else 201, to_wire(fields))


def _split(payment: Payment) -> Split:
    currency = Currency[payment.currency]
    return Split(payment.fee_basis_points, Money(payment.fee_minor, currency), Money(payment.net_minor, currency))


def _given_back(payment: Payment) -> GivenBack:
    currency = Currency[payment.currency]
    net = payment.refunded_minor - payment.refunded_fee_minor
    return GivenBack(Money(payment.refunded_fee_minor, currency), Money(net, currency))
