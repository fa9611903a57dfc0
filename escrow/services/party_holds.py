"""A party was blocked: what is held with it stays where it is until a person of compliance lifts the hold."""

from datetime import datetime

from django.db.models import Q

from core.actors import SYSTEM
from core.work import services as work
from escrow.enums import LockReason
from escrow.models import Escrow
from escrow.services import locks
from escrow.states import OPEN

WORK = "escrow.hold_of_party"
NOTE = "compliance looks into a party"


def order(*, party_id: str, livemode: bool, now: datetime) -> None:
    """In the caller's transaction: a seller may have thousands of escrows, each held in a transaction of its own."""
    work.enqueue(kind=WORK, key=f"{'live' if livemode else 'test'}:{party_id}", payload={}, due_at=now, now=now)


def hold_all(*, party_id: str, livemode: bool, now: datetime) -> int:
    """Bears repetition: what is held for compliance already is passed over. Returns how many were not."""
    concerned = Escrow.objects.filter(
        Q(payer__party_id=party_id) | Q(payee__party_id=party_id), livemode=livemode, status__in=sorted(OPEN)
    ).exclude(locks__reason=LockReason.COMPLIANCE, locks__lifted_at__isnull=True)
    found = list(concerned.order_by("id").values_list("public_id", flat=True))
    held = 0
    for escrow_id in found:
        try:
            locks.hold(
                escrow_id=escrow_id, livemode=livemode, reason=LockReason.COMPLIANCE, note=NOTE, actor=SYSTEM, now=now
            )
        except locks.UnableToLock:
            continue  # it ended meanwhile
        held += 1
    return held
