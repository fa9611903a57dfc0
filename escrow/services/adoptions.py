"""Give the escrow that a payment has made the terms its parties agreed to, in place of the configured ones."""

from datetime import datetime

from django.db import transaction

from compliance.services import screening
from core.actors import Actor
from core.errors import FieldError
from escrow.enums import EscrowStatus, Side, TermsState
from escrow.models import Escrow, Terms
from escrow.services import agreements, escrows, funding, terms
from escrow.services.agreements import ATTESTED, AmountNotAccepted, ComplianceScreeningFailed, EscrowOrder
from escrow.services.terms import UnableToAmend
from payments.models import Payment
from payments.selectors import payments

REASON = "terms of the booking"


def adopt(
    order: EscrowOrder, *, payment_id: str, side: Side | None, livemode: bool, actor: Actor, now: datetime
) -> Escrow:
    """In force at once where the marketplace vouches for both sides, else once both have agreed (`side` has).

    The amount is the payment's, before or after fees. Raises PaymentNotFound, EscrowNotFound (the payment makes none),
    AmountNotAccepted, UnableToAmend (something moved, or terms were agreed before), ComplianceScreeningFailed, and
    what unsafe terms raise.
    """
    with transaction.atomic():
        payment = payments.get(payment_id, livemode=livemode)
        funding.attach(payment_id=payment_id, now=now)
        escrow = escrows.lock(payment.escrow_id or "", livemode=livemode)
        _require_the_same(order, escrow, payment)
        _require_untouched(escrow)
        found = screening.screen([escrow.payer, escrow.payee], now=now)
        if not found.passed:
            raise ComplianceScreeningFailed
        amount = escrows.money(escrow, order.amount_minor)
        read = agreements.read_terms(order.document, payer=escrow.payer, payee=escrow.payee, amount=amount, now=now)
        escrow.compliance_flags, escrow.risk_score = read.flags, found.risk_score
        escrow.service_id, escrow.metadata = order.service_id, dict(order.metadata)
        escrows.save(escrow, "compliance_flags", "risk_score", "service_id", "metadata", now=now)
        agreements.note_checks(escrow, found, actor=actor, now=now)
        if order.parties_confirm:
            terms.propose(
                escrow_id=escrow.public_id, livemode=livemode, wire=order.document, side=side, reason=REASON,
                actor=actor, now=now,
            )  # fmt: skip
        else:
            _attest(escrow, order, actor=actor, now=now)
    return escrow


def _attest(escrow: Escrow, order: EscrowOrder, *, actor: Actor, now: datetime) -> None:
    row = agreements.keep(
        escrow, order.document, state=TermsState.PROPOSED, proposed_by=str(actor), reason=REASON, now=now
    )
    row.payer_agreed_at = row.payee_agreed_at = now
    row.payer_agreed_by = row.payee_agreed_by = ATTESTED
    row.save(update_fields=["payer_agreed_at", "payer_agreed_by", "payee_agreed_at", "payee_agreed_by"])
    terms.put_in_force(escrow, row, actor=actor, now=now)


def _require_the_same(order: EscrowOrder, escrow: Escrow, payment: Payment) -> None:
    faults = [
        FieldError(pointer, "is not that of the payment")
        for pointer, is_same in (
            ("/payerId", order.payer_id == escrow.payer.party_id),
            ("/payeeId", order.payee_id == escrow.payee.party_id),
            ("/amount", order.amount_minor in (payment.amount_minor, escrow.amount_minor)),
            ("/currency", order.currency == escrow.currency),
            ("/bookingId", order.booking_id in ("", escrow.booking_id)),
        )
        if not is_same
    ]
    if faults:
        raise AmountNotAccepted(errors=tuple(faults))


def _require_untouched(escrow: Escrow) -> None:
    if escrow.status != EscrowStatus.FUNDED or escrow.released_minor or escrow.refunded_minor:
        raise UnableToAmend("the terms of a booking are given before anything moves")
    in_force = Terms.objects.get(escrow=escrow, state=TermsState.AGREED)
    if in_force.proposed_by != funding.DEFAULT:
        raise UnableToAmend("its terms were agreed already: propose an amendment")
