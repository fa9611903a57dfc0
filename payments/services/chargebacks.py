"""Chargebacks: the network takes money back, and in the end keeps it or gives it back. One transaction each.

A chargeback is a fact of the network's. It is booked whatever became of the money: what is still held is taken, what
was released is owed by the payee, what had been refunded is owed by the payer. It is never refused for want of money.
"""

import contextlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F

from core import ids
from core.actors import Actor
from core.errors import Refusal
from core.money import Currency, Money
from core.outbox import services as outbox
from core.parameters import services as parameters
from fraud.services import labels
from payments import door, fees, reasons, states
from payments.enums import ChargebackKind, ChargebackState, PaymentStatus
from payments.fees import GivenBack
from payments.models import Chargeback, Payment, Refund
from payments.selectors import chargebacks
from payments.selectors import payments as register
from payments.services import chargeback_money, chargeback_records, refund_outcomes, refund_reserves
from payments.services.chargeback_money import Opening, Taken


class ChargebackNotOfPayment(Refusal):
    """More than the payment took, another currency or gateway, or a payment that took nothing."""

    code = "CHARGEBACK_NOT_OF_PAYMENT"
    status = 422
    title = "The payment cannot have been charged back so"


class ChargebackAlreadyOpen(Refusal):
    code = "CHARGEBACK_ALREADY_OPEN"
    status = 409
    title = "Another chargeback of the payment is not decided yet"


class ChargebackKnownOtherwise(Refusal):
    code = "CHARGEBACK_KNOWN_OTHERWISE"
    status = 409
    title = "The network's reference names another chargeback"


class ChargebackEnded(Refusal):
    code = "CHARGEBACK_ENDED"
    status = 409
    title = "The chargeback has ended"


@dataclass(frozen=True, slots=True)
class Notice:
    """What a network says when it takes money back. `network_reference` is its own name of it."""

    gateway: str
    network_reference: str
    payment_id: str
    amount_minor: int
    currency: str
    reason_code: str
    opened_at: datetime


def open_(notice: Notice, *, actor: Actor, now: datetime, livemode: bool | None = None) -> Chargeback:
    """Book what the network has taken. The same notice again is the same chargeback.

    Raises PaymentNotFound, ChargebackNotOfPayment, ChargebackAlreadyOpen, ChargebackKnownOtherwise.
    """
    with transaction.atomic():
        payment = register.lock(notice.payment_id, livemode=livemode)
        known = chargebacks.find(gateway=notice.gateway, network_reference=notice.network_reference)
        if known is not None:
            if (known.payment_id, known.amount_minor) != (payment.pk, notice.amount_minor):
                raise ChargebackKnownOtherwise
            return known
        _require_possible(payment, notice)
        opening = _measure(payment, notice, now=now)
        taken = _take(payment, opening, actor=actor, now=now)
        chargeback = _store(payment, notice, opening, taken, actor=actor, now=now)
        _count(payment, chargeback, sign=1, now=now)
        Refund.objects.filter(pk__in=[refund.pk for refund in opening.replaced]).update(
            stranded=False, chargeback=chargeback
        )
        _label(chargeback, actor=actor, now=now)
        chargeback_records.record("opened", chargeback, actor=actor, now=now)
        outbox.publish(chargeback_records.opened(chargeback))
    return chargeback


def close(*, chargeback_id: str, outcome: ChargebackState, actor: Actor, now: datetime) -> Chargeback:
    """What the network decided, or (ACCEPTED) that nobody contests. The same end again changes nothing.

    WON brings all of it back. Raises ChargebackNotFound, ChargebackEnded where it ended otherwise.
    """
    payment_id = chargebacks.get(chargeback_id).payment.public_id
    with transaction.atomic():
        payment = register.lock(payment_id)
        chargeback = chargebacks.get(chargeback_id)
        accepted_before = (chargeback.state, outcome) == (ChargebackState.ACCEPTED, ChargebackState.LOST)
        if chargeback.state == outcome or accepted_before:
            return chargeback
        if not states.ends(chargeback.state, outcome):
            raise ChargebackEnded(f"the chargeback is {chargeback.state}")
        if outcome == ChargebackState.WON:
            _give_back(payment, chargeback, actor=actor, now=now)
        chargeback.state, chargeback.closed_at, chargeback.closed_by = outcome, now, str(actor)
        chargeback.save(update_fields=["state", "closed_at", "closed_by", "return_entry_id"])
        chargeback_records.record(outcome.lower(), chargeback, actor=actor, now=now)
        outbox.publish(chargeback_records.closed(chargeback, now))
    return chargeback


def _require_possible(payment: Payment, notice: Notice) -> None:
    fits = payment.gateway == notice.gateway and payment.currency == notice.currency
    if payment.status != PaymentStatus.COMPLETED or not fits or not 0 < notice.amount_minor <= payment.amount_minor:
        raise ChargebackNotOfPayment
    if Chargeback.objects.filter(payment=payment, state=ChargebackState.OPEN).exists():
        raise ChargebackAlreadyOpen


def _measure(payment: Payment, notice: Notice, *, now: datetime) -> Opening:
    """Money goes back once: what had gone back before is beyond, and owed by the payer."""
    currency = Currency[payment.currency]
    covered = min(notice.amount_minor, payment.refundable_minor)
    part = GivenBack(Money(0, currency), Money(0, currency))
    if covered:
        part = fees.split_refund(
            refund_reserves.split_of(payment),
            before=refund_reserves.given_back(payment),
            refund=Money(covered, currency),
        )
    left = beyond = notice.amount_minor - covered
    replaced = []
    for refund in chargebacks.list_stranded(payment):
        if refund.amount_minor <= left:
            replaced.append(refund)
            left -= refund.amount_minor
    return Opening(ids.prefixed("cb", now), part, Money(beyond, currency), tuple(replaced))


def _take(payment: Payment, opening: Opening, *, actor: Actor, now: datetime) -> Taken:
    net_minor, reference = opening.part.net.minor, opening.chargeback_id
    if not (payment.escrow_id and net_minor):
        held = 0 if payment.escrow_id else None
        return chargeback_money.take(payment, opening, held_by_escrow=held, now=now)
    escrow = door.current()
    held = escrow.take_back(payment, net_minor=net_minor, reference=reference, actor=actor, now=now)
    taken = chargeback_money.take(payment, opening, held_by_escrow=held, now=now)
    if held:
        escrow.taken(payment, net_minor=held, reference=reference, entry_id=taken.entry_id, actor=actor, now=now)
    return taken


def _store(
    payment: Payment, notice: Notice, opening: Opening, taken: Taken, *, actor: Actor, now: datetime
) -> Chargeback:
    days = parameters.read("payments.chargeback_response_days", at=notice.opened_at)
    return Chargeback.objects.create(
        public_id=opening.chargeback_id,
        payment=payment,
        livemode=payment.livemode,
        gateway=notice.gateway,
        network_reference=notice.network_reference,
        state=ChargebackState.OPEN,
        kind=reasons.kind_of(notice.reason_code),
        reason_code=notice.reason_code,
        amount_minor=notice.amount_minor,
        currency=payment.currency,
        fee_minor=opening.part.fee.minor,
        held_minor=taken.held.minor,
        late_minor=taken.late.minor,
        beyond_minor=opening.beyond.minor,
        entry_id=taken.entry_id,
        opened_at=notice.opened_at,
        respond_by=notice.opened_at + timedelta(days=days),
        created_by=str(actor),
        created_at=now,
    )


def _count(payment: Payment, chargeback: Chargeback, *, sign: int, now: datetime) -> None:
    Payment.objects.filter(pk=payment.pk).update(
        disputed_minor=F("disputed_minor") + sign * chargeback.disputed_minor,
        disputed_fee_minor=F("disputed_fee_minor") + sign * chargeback.fee_minor,
        dispute_id=chargeback.public_id,
        updated_at=now,
    )


def _give_back(payment: Payment, chargeback: Chargeback, *, actor: Actor, now: datetime) -> None:
    """Refunds it had replaced are owed again, and stranded as before."""
    replaced = list(Refund.objects.filter(chargeback=chargeback).order_by("id"))
    total = sum(refund.amount_minor for refund in replaced)
    if payment.escrow_id and chargeback.held_minor:
        door.current().hold(payment, for_refund=False, now=now)
    entry_id = chargeback_money.give_back(payment, chargeback, replaced_minor=total, now=now)
    chargeback.return_entry_id = entry_id
    _count(payment, chargeback, sign=-1, now=now)
    for refund in replaced:
        refund_outcomes.strand_again(refund, payment, now=now)
    if payment.escrow_id and chargeback.held_minor:
        door.current().restore(
            payment,
            held_minor=chargeback.held_minor,
            reference=chargeback.public_id,
            entry_id=entry_id,
            actor=actor,
            now=now,
        )


def _label(chargeback: Chargeback, *, actor: Actor, now: datetime) -> None:
    """A dispute of fraud says who did not pay. What fraud has never seen cannot be labelled."""
    if chargeback.kind != ChargebackKind.FRAUD:
        return
    with contextlib.suppress(labels.PaymentNotObserved):
        labels.take_chargeback(
            livemode=chargeback.livemode,
            payment_id=chargeback.payment.public_id,
            reference=chargeback.public_id,
            known_at=now,
            actor=actor,
            now=now,
        )
