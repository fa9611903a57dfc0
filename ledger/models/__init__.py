"""Read models of the ledger.

The function `ledger_post` is the only writer: the application role may not insert here.
"""

from ledger.models.accounts import Account, AccountKind
from ledger.models.balances import Balance, Delta, OpenReservation, Seal
from ledger.models.entries import Entry, PendingLeg, Posting

__all__ = ["Account", "AccountKind", "Balance", "Delta", "Entry", "OpenReservation", "PendingLeg", "Posting", "Seal"]
