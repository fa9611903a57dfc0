"""ACH money that came back after its release: taken from the escrow it funded as far as it is there, owed beyond it.

Payments has posted all of it to `returns_receivable:<payee>`.
"""

from datetime import datetime

from django.db import transaction

from compliance.models import Party
from core.actors import SYSTEM
from escrow.enums import Rail
from escrow.models import Escrow, Movement
from escrow.services import escrows, joining, movements, parts, receivables
from escrow.states import OPEN
from ledger import chart
from ledger.services import journal
from ledger.services.journal import Leg
from payments.transfer_events import DebitReturnedLate, LateReturnUndone


def note(event: DebitReturnedLate, *, now: datetime) -> None:
    """Open the debt, pay it from the escrow, dispute what is left of that, then pay the rest from what is owed."""
    with transaction.atomic():
        party = Party.objects.get(party_id=event.payee_id, livemode=event.livemode)
        escrow = _funded(event)
        receivables.open_(
            party=party, escrow=escrow, cause=event.entry_id, amount_minor=event.late_minor, currency=event.currency,
            now=now,
        )  # fmt: skip
        if escrow is not None:
            _take_held(escrow, event, now=now)
        receivables.recover(party=party, now=now, reference=event.entry_id)


def note_undone(event: LateReturnUndone, *, now: datetime) -> None:
    """The bank has given it back: payments has paid what was still owed for it."""
    with transaction.atomic():
        party = Party.objects.get(party_id=event.payee_id, livemode=event.livemode)
        receivables.settle(party=party, cause=event.entry_id, now=now)
        receivables.recover(party=party, now=now, reference=event.entry_id)


def note_owed(*, party_id: str, entry_id: str, amount_minor: int, currency: str, livemode: bool, now: datetime) -> None:
    """Money of a party has left that its balance did not have."""
    with transaction.atomic():
        party = Party.objects.get(party_id=party_id, livemode=livemode)
        receivables.open_(
            party=party, escrow=None, cause=f"{entry_id}:left", amount_minor=amount_minor, currency=currency, now=now
        )
        receivables.recover(party=party, now=now, reference=entry_id)


def _funded(event: DebitReturnedLate) -> Escrow | None:
    """The escrow that this very debit has funded, held."""
    if not event.escrow_id:
        return None
    found = Escrow.objects.filter(public_id=event.escrow_id, livemode=event.livemode, funding_rail=Rail.ACH).first()
    return escrows.lock_row(found.pk) if found else None


def _take_held(escrow: Escrow, event: DebitReturnedLate, *, now: datetime) -> None:
    """Once for a return: the movement says so."""
    taken = min(escrow.held_minor, event.late_minor) if escrow.status in OPEN else 0
    known = Movement.objects.filter(escrow=escrow, reference=event.entry_id).exists()
    if not taken or known:
        return
    amount = escrows.money(escrow, taken)
    posted = journal.post(
        book=escrows.book(escrow.livemode),
        kind="escrow.ach_returned",
        legs=[
            Leg.debit(chart.escrow_held(escrow.account), amount),
            Leg.credit(chart.returns_receivable(escrow.payee.party_id), amount),
        ],
        reference=escrow.public_id,
        idempotency_key=f"escrow.ach_returned:{event.entry_id}",
        effective_at=now,
        now=now,
    )
    gone = parts.take(escrow, taken, now=now, last_first=True)
    movements.note_taken(escrow, gone, reference=event.entry_id, entry_id=posted.entry_id, actor=SYSTEM, now=now)
    if event.unauthorized:
        joining.join_ach_return(escrow, reference=event.entry_id, taken_minor=taken, now=now)
