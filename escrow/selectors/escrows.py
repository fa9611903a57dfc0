"""Reads of escrows."""

from core.errors import Refusal
from core.money import Money
from escrow.models import Escrow
from ledger import chart
from ledger.selectors import balances


class EscrowNotFound(Refusal):
    code = "ESCROW_NOT_FOUND"
    status = 404
    title = "No such escrow"


def get(escrow_id: str, *, livemode: bool) -> Escrow:
    """Raises EscrowNotFound, also for an escrow of the other mode."""
    found = Escrow.objects.select_related("payment", "payer", "payee").filter(livemode=livemode)
    escrow = found.filter(public_id=escrow_id).first()
    if escrow is None:
        raise EscrowNotFound
    return escrow


def held(escrow: Escrow) -> Money:
    """What the ledger holds for this escrow now."""
    return balances.get("live" if escrow.livemode else "test", chart.escrow_held(escrow.public_id)).posted
