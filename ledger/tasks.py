"""What the ledger does by itself. `core.work` calls these; the clock is read here."""

from core import clock
from ledger.services import reservations, writer


def roll_up() -> int:
    """Each second: add the deltas of the hot accounts to their balances and seal them."""
    return writer.roll_up(now=clock.now())


def expire_reservations() -> int:
    """Each minute: give back what was reserved for a time that is over."""
    return reservations.expire_due(now=clock.now())
