"""What the ledger does by itself."""

from datetime import datetime, timedelta

from core.work import services as work
from ledger.services import reservations, writer


@work.periodic("ledger.roll_up", every=timedelta(seconds=1))
def roll_up(*, now: datetime) -> None:
    """Add the deltas of the hot accounts to their balances and seal them."""
    writer.roll_up(now=now)


@work.periodic("ledger.expire_reservations", every=timedelta(minutes=1))
def expire_reservations(*, now: datetime) -> None:
    """Give back what was reserved for a time that is over."""
    reservations.expire_due(now=now)
