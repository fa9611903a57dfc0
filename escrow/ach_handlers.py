"""What escrow does about ACH: debts of what came back too late, and debts that new money can pay."""

from datetime import datetime

from compliance.models import Party
from core.outbox import services as outbox
from escrow.services import ach_losses, receivables
from payments.transfer_events import CreditLeftOwed, DebitReleased, DebitReturnedLate, LateReturnUndone


@outbox.handles(DebitReturnedLate)
def on_debit_returned_late(event: DebitReturnedLate, *, now: datetime) -> None:
    ach_losses.note(event, now=now)


@outbox.handles(LateReturnUndone)
def on_late_return_undone(event: LateReturnUndone, *, now: datetime) -> None:
    ach_losses.note_undone(event, now=now)


@outbox.handles(CreditLeftOwed)
def on_credit_left_owed(event: CreditLeftOwed, *, now: datetime) -> None:
    ach_losses.note_owed(
        party_id=event.party_id, entry_id=event.entry_id, amount_minor=event.owed_minor, currency=event.currency,
        livemode=event.livemode, now=now,
    )  # fmt: skip


@outbox.handles(DebitReleased)
def on_debit_released(event: DebitReleased, *, now: datetime) -> None:
    """What the payee has just received pays what it owes."""
    party = Party.objects.get(party_id=event.payee_id, livemode=event.livemode)
    receivables.recover(party=party, now=now, reference=event.transfer_id)
