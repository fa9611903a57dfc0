"""Reservations whose time is over give their money back by themselves."""

from datetime import datetime

from ledger.enums import Phase
from ledger.models import OpenReservation
from ledger.services import writer
from ledger.services.refusals import ReservationSettled
from ledger.services.writer import Request

EXPIRED = "EXPIRED"


def expire_due(*, now: datetime, limit: int = 200) -> int:
    """Void what expired, oldest first. Returns how many; one that was captured meanwhile is left to its capture."""
    due = OpenReservation.objects.filter(expires_at__lte=now).order_by("expires_at")
    ended = 0
    for entry_id in due.values_list("entry__public_id", flat=True)[:limit]:
        request = Request(
            settles=entry_id,
            phase=Phase.VOID.value,
            idempotency_key=f"ledger.expired:{entry_id}",
            effective_at=now,
            description=EXPIRED,
        )
        try:
            writer.write(request, now=now)
        except ReservationSettled:
            continue
        ended += 1
    return ended
