"""What payments ask before a payout and when a debit's hold is over (`payments.ach_door`), in their transaction."""

from datetime import datetime

from django.db import transaction

from compliance.models import Party
from core.actors import SYSTEM
from core.errors import Refusal
from escrow.enums import EscrowStatus, Rail
from escrow.models import Escrow
from escrow.services import escrows, funding, receivables
from ledger import chart


class AchDoor:
    def withhold(self, party: Party, *, reference: str, now: datetime) -> int:
        return receivables.recover(party=party, now=now, reference=reference)

    def fund(self, *, escrow_id: str, payee: Party, amount_minor: int, transfer_id: str, now: datetime) -> str:
        """It begins if it is the payee's and waits for exactly this amount; else the money is owed like any other."""
        escrow = Escrow.objects.filter(public_id=escrow_id, payee=payee).first()
        if escrow is None:
            return ""
        try:
            with transaction.atomic():
                locked = escrows.lock(escrow_id, livemode=payee.livemode)
                if locked.status != EscrowStatus.CREATED or locked.amount_minor != amount_minor:
                    return ""
                escrows.require_movable(locked, escrows.money(locked, amount_minor), now=now)
                funding.begin(locked, Rail.ACH, funded_at=now, actor=SYSTEM, now=now, reference=transfer_id)
        except Refusal:
            return ""
        return chart.escrow_held(locked.account)
