"""What payments may do with money that an escrow holds (`payments.door`), in one transaction with its own posting.

Payments holds the payment's row; the escrow's row comes after it.
"""

from datetime import datetime

from core.actors import Actor
from escrow.dispute_enums import CauseKind
from escrow.models import Escrow, Part
from escrow.selectors import agreements
from escrow.services import clocks, escrows, funding, joining, movements, parts, refunds
from escrow.states import NETWORK, OPEN, Transition, next_state
from payments.models import Payment


class EscrowDoor:
    def hold(self, payment: Payment, *, for_refund: bool, now: datetime) -> None:
        """Raises EscrowStateForbids (disputed, ended) and EscrowHeld where a refund is wanted."""
        escrow = self._escrow(payment, now)
        if for_refund:
            refunds.require_refundable(escrow)

    def give_back(
        self, payment: Payment, *, net_minor: int, refund_id: str, entry_id: str, actor: Actor, now: datetime
    ) -> None:
        """A refund that was asked of payments. Raises EscrowStateForbids, EscrowHeld, SwitchClosed."""
        escrow = self._escrow(payment, now)
        refunds.require_refundable(escrow)
        escrows.require_movable(escrow, escrows.money(escrow, net_minor), now=now)
        taken = parts.take(escrow, net_minor, now=now, last_first=True)
        movements.note_refund(escrow, taken, refund_id=refund_id, entry_id=entry_id, actor=actor, now=now)

    def take_back(
        self,
        payment: Payment,
        *,
        net_minor: int,
        reference: str,  # noqa: ARG002 (the door's form)
        actor: Actor,  # noqa: ARG002
        now: datetime,
    ) -> int:
        """How much of it is still held; the network asks nobody, so no state stops it."""
        return min(self._escrow(payment, now).held_minor, net_minor)

    def taken(
        self, payment: Payment, *, net_minor: int, reference: str, entry_id: str, actor: Actor, now: datetime
    ) -> None:
        escrow = self._escrow(payment, now)
        taken = parts.take(escrow, net_minor, now=now, last_first=True)
        movements.note_taken(escrow, taken, reference=reference, entry_id=entry_id, actor=actor, now=now)
        joining.join(escrow, kind=CauseKind.CHARGEBACK, reference=reference, amount_minor=net_minor, now=now)

    def restore(
        self,
        payment: Payment,
        *,
        held_minor: int,
        reference: str,
        entry_id: str,  # noqa: ARG002 (the door's form)
        actor: Actor,
        now: datetime,
    ) -> None:
        """A chargeback was won: what was taken is held again, as a new part, and the clocks go on."""
        escrow = self._escrow(payment, now)
        last = Part.objects.filter(escrow=escrow).count()
        Part.objects.create(escrow=escrow, number=last + 1, amount_minor=held_minor, condition_id="", created_at=now)
        escrow.refunded_minor -= held_minor
        if escrow.status not in OPEN:
            escrow.status, escrow.closed_at = next_state(escrow.status, Transition.FUND, by=NETWORK), None
        escrows.save(escrow, "status", "closed_at", "refunded_minor", now=now)
        clocks.wind_again(escrow, agreements.in_force(escrow), now=now)
        escrows.record(escrow, "restored", actor=actor, now=now, amount_minor=held_minor, reference=reference)
        joining.restored(escrow, reference=reference, amount_minor=held_minor, now=now)

    def _escrow(self, payment: Payment, now: datetime) -> Escrow:
        """Its row, held; made first where a refund is faster than the event of the capture."""
        key = Escrow.objects.filter(payment=payment).values_list("pk", flat=True).first()
        if key is None:
            funding.attach(payment_id=payment.public_id, now=now)
            key = Escrow.objects.values_list("pk", flat=True).get(payment=payment)
        return escrows.lock_row(key)
