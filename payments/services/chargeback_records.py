"""What is kept and told of a chargeback: the audit row and the events."""

from datetime import datetime

from core.actors import Actor
from core.audit import services as audit
from core.audit.chain import JSON
from payments.events import ChargebackClosed, ChargebackOpened
from payments.models import Chargeback


def record(verb: str, chargeback: Chargeback, *, actor: Actor, now: datetime) -> None:
    details: dict[str, JSON] = {
        "chargeback_id": chargeback.public_id,
        "network_reference": chargeback.network_reference,
        "reason_code": chargeback.reason_code,
        "amount_minor": chargeback.amount_minor,
        "fee_minor": chargeback.fee_minor,
        "held_minor": chargeback.held_minor,
        "late_minor": chargeback.late_minor,
        "beyond_minor": chargeback.beyond_minor,
        "currency": chargeback.currency,
    }
    audit.record(
        actor=actor,
        action=f"payments.chargeback.{verb}",
        subject=chargeback.payment.public_id,
        at=now,
        details=details,
    )


def opened(chargeback: Chargeback) -> ChargebackOpened:
    payment = chargeback.payment
    return ChargebackOpened(
        chargeback_id=chargeback.public_id,
        payment_id=payment.public_id,
        escrow_id=payment.escrow_id,
        payer_id=payment.customer.party_id,
        payee_id=payment.provider.party_id if payment.provider else None,
        amount_minor=chargeback.amount_minor,
        fee_minor=chargeback.fee_minor,
        held_minor=chargeback.held_minor,
        late_minor=chargeback.late_minor,
        beyond_minor=chargeback.beyond_minor,
        currency=chargeback.currency,
        kind=str(chargeback.kind),
        reason_code=chargeback.reason_code,
        respond_by=chargeback.respond_by,
        livemode=chargeback.livemode,
        opened_at=chargeback.opened_at,
    )


def closed(chargeback: Chargeback, now: datetime) -> ChargebackClosed:
    payment = chargeback.payment
    return ChargebackClosed(
        chargeback_id=chargeback.public_id,
        payment_id=payment.public_id,
        escrow_id=payment.escrow_id,
        payer_id=payment.customer.party_id,
        payee_id=payment.provider.party_id if payment.provider else None,
        outcome=str(chargeback.state),
        amount_minor=chargeback.amount_minor,
        fee_minor=chargeback.fee_minor,
        held_minor=chargeback.held_minor,
        late_minor=chargeback.late_minor,
        beyond_minor=chargeback.beyond_minor,
        currency=chargeback.currency,
        livemode=chargeback.livemode,
        closed_at=now,
    )
