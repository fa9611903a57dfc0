"""The second half of a refund: what the network says becomes status, ledger entry, audit and event.

Accepted: it is paid out of the ledger. Refused: the net goes back where it came from, unless that was an escrow, whose
part has ended with the refund. Then the refund is stranded: its money stays set aside for the customer and is sent
again when somebody asks for it (`refunds.retry_stranded`). Refunds asked for directly and ordered by escrow are alike.
Where a chargeback has brought the customer the same money meanwhile, the refund is over: it pays what is owed for that.
"""

from datetime import datetime

from django.db.models import F

from core.actors import Actor
from core.audit import services as audit
from core.audit.chain import JSON
from core.errors import Refusal
from core.money import Currency, Money
from core.outbox import services as outbox
from ledger.services import journal, reversals
from payments.enums import RefundStatus
from payments.events import PaymentRefunded, RefundStranded
from payments.gateways.port import NetworkRefund
from payments.models import Payment, Refund
from payments.selectors import chargebacks
from payments.services import chargeback_money, entries


class RefundDeclined(Refusal):
    code = "REFUND_DECLINED"
    status = 402
    title = "The card network refused the refund"


def settle(refund: Refund, payment: Payment, answer: NetworkRefund, *, actor: Actor, now: datetime) -> bool:
    """Write down what the network says. False where another process was faster; `refund` is then as that one left it.

    In the caller's transaction.
    """
    # The payment first: the order in which every refund takes its locks.
    locked = Payment.objects.select_for_update(of=("self",), no_key=True).get(pk=payment.pk)
    replacing = None if answer.accepted else chargeback_money.find_replacing(payment, refund)
    stranded = not answer.accepted and replacing is None and _cannot_go_back(payment)
    changes = {
        "status": RefundStatus.COMPLETED if answer.accepted else RefundStatus.FAILED,
        "network_id": answer.network_id,
        "resume_at": None,
        "completed_at": now if answer.accepted else None,
        "failure_code": "" if answer.accepted else RefundDeclined.code,
        "stranded": stranded,
        "chargeback": replacing,
    }
    pending = Refund.objects.filter(pk=refund.pk, status=RefundStatus.PENDING, tries=refund.tries)
    if pending.update(**changes) != 1:
        refund.refresh_from_db()
        return False
    for name, value in changes.items():
        setattr(refund, name, value)
    payment.refunded_minor = locked.refunded_minor
    if answer.accepted:
        _complete(refund, payment, now=now)
    elif replacing:
        chargeback_money.replace_refund(payment, refund, now=now)
    elif stranded:
        outbox.publish(_stranded(refund, payment, now))
    else:
        _put_back(refund, payment, now=now)
    _audit(refund, payment, answer, actor=actor, now=now)
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


def strand_again(refund: Refund, payment: Payment, *, now: datetime) -> None:
    """The chargeback that had replaced the refund was won: the customer waits for it again."""
    refund.stranded, refund.chargeback = True, None
    refund.save(update_fields=["stranded", "chargeback"])
    outbox.publish(_stranded(refund, payment, now))


def _cannot_go_back(payment: Payment) -> bool:
    """The part of the escrow has ended; or the customer owes for a chargeback, and nobody else may have the money."""
    return bool(payment.escrow_id) or bool(chargebacks.find_owed(payment))


def _stranded(refund: Refund, payment: Payment, now: datetime) -> RefundStranded:
    return RefundStranded(
        refund_id=refund.public_id,
        payment_id=payment.public_id,
        escrow_id=payment.escrow_id,
        payer_id=payment.customer.party_id,
        amount_minor=refund.amount_minor,
        net_minor=refund.net_minor,
        currency=refund.currency,
        livemode=refund.livemode,
        stranded_at=now,
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


def _audit(refund: Refund, payment: Payment, answer: NetworkRefund, *, actor: Actor, now: datetime) -> None:
    details: dict[str, JSON] = {
        "refund_id": refund.public_id,
        "amount_minor": refund.amount_minor,
        "fee_minor": refund.fee_minor,
        "currency": refund.currency,
        "network_code": answer.code,
    }
    audit.record(
        actor=actor,
        action="payments.refund.completed" if answer.accepted else "payments.refund.declined",
        subject=payment.public_id,
        at=now,
        details=details | {name: True for name, told in _told(refund) if told},
        result="SUCCESS" if answer.accepted else "FAILURE",
        correlation_id=refund.request_id or None,
    )


def _told(refund: Refund) -> list[tuple[str, bool]]:
    return [("stranded", refund.stranded), ("paid_by_chargeback", refund.chargeback_id is not None)]
