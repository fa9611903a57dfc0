"""A debit that came back as unauthorized teaches the scores what it was."""

from datetime import datetime

from ach.enums import Direction
from ach.events import EntryReturned
from core.actors import SYSTEM
from fraud.models import Observation
from fraud.services import labels
from payments.models import Booking


def note(event: EntryReturned, *, now: datetime) -> None:
    """Nothing of a credit, nor where no observation of the transfer is kept: it was made before scores looked at it."""
    if event.direction != Direction.DEBIT:
        return
    booking = Booking.objects.select_related("transfer").filter(entry__public_id=event.entry_id).first()
    if booking is None or booking.transfer is None:
        return
    transfer_id = booking.transfer.public_id
    if Observation.objects.filter(payment_id=transfer_id).exists():
        labels.take_ach_return(
            livemode=event.livemode, payment_id=transfer_id, code=event.code, reference=event.item_id,
            known_at=min(event.returned_at, now), actor=SYSTEM, now=now,
        )  # fmt: skip
