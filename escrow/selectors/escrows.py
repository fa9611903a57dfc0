"""Reads of escrows."""

from django.db.models import QuerySet

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
    escrow = list_in_mode(livemode=livemode).filter(public_id=escrow_id).first()
    if escrow is None:
        raise EscrowNotFound
    return escrow


def list_in_mode(*, livemode: bool) -> QuerySet[Escrow]:
    """All escrows of a mode, with payment and parties."""
    return Escrow.objects.select_related("payment", "payer", "payee").filter(livemode=livemode)


def held(escrow: Escrow) -> Money:
    """What the ledger holds for this escrow now."""
    return balances.get("live" if escrow.livemode else "test", chart.escrow_held(escrow.public_id)).posted
