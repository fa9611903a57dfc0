"""A chargeback is over or under way: the rest of the sale waits with it, and what was released already is owed."""

from datetime import datetime

from django.db import transaction

from compliance.models import Party
from escrow.dispute_enums import CauseKind
from escrow.models import Escrow
from escrow.services import escrows, joining, receivables
from payments.enums import ChargebackState
from payments.events import ChargebackClosed, ChargebackOpened
from payments.models import Chargeback, Payment, Refund


def note(event: ChargebackOpened, *, now: datetime) -> None:
    """Dispute the rest where something is still held; open what payee and payer owe, and pay it from what is there.

    News come in any order: of one that was won meanwhile nothing is noted.
    """
    with transaction.atomic():
        escrow = _escrow(event.payment_id)
        if Chargeback.objects.filter(public_id=event.chargeback_id, state=ChargebackState.WON).exists():
            return
        if escrow is not None:
            joining.join_or_open(
                escrow, kind=CauseKind.CHARGEBACK, reference=event.chargeback_id, taken_minor=event.held_minor, now=now
            )
        for party_id, amount in ((event.payee_id, event.late_minor), (event.payer_id, _lent(event))):
            if party_id and amount:
                party = Party.objects.get(party_id=party_id, livemode=event.livemode)
                receivables.open_(
                    party=party, escrow=escrow, cause=event.chargeback_id, amount_minor=amount,
                    currency=event.currency, now=now,
                )  # fmt: skip
                receivables.recover(party=party, now=now, reference=event.chargeback_id)


def note_end(event: ChargebackClosed, *, now: datetime) -> None:
    """Won: what was owed for it is not owed any more, and a case that began with it ends."""
    if event.outcome != ChargebackState.WON:
        return
    with transaction.atomic():
        escrow = _escrow(event.payment_id)
        if escrow is not None:
            joining.restored(escrow, reference=event.chargeback_id, amount_minor=0, now=now)
        for party in Party.objects.filter(party_id__in=[event.payee_id, event.payer_id], livemode=event.livemode):
            receivables.settle(party=party, cause=event.chargeback_id, now=now)
            receivables.recover(party=party, now=now, reference=event.chargeback_id)


def _escrow(payment_id: str) -> Escrow | None:
    """Of the payment, held after it."""
    payment = Payment.objects.select_for_update().filter(public_id=payment_id).first()
    key = Escrow.objects.filter(payment=payment).values_list("pk", flat=True).first() if payment else None
    return escrows.lock_row(key) if key else None


def _lent(event: ChargebackOpened) -> int:
    """What the payer has twice: refunded before and charged back, less refunds that never reached it."""
    replaced = Refund.objects.filter(chargeback__public_id=event.chargeback_id).values_list("amount_minor", flat=True)
    return event.beyond_minor - sum(replaced)
