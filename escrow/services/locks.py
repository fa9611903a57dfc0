"""Reasons why the money of an escrow stays. The first locks it, the last one lifted frees it."""

from datetime import datetime
from typing import ClassVar

from django.db import transaction

from core.actors import Actor
from core.errors import Refusal
from core.outbox import services as outbox
from core.staff import roles
from escrow.enums import HOLDS, EscrowStatus, LockReason
from escrow.events import EscrowLocked, EscrowUnlocked
from escrow.models import Escrow, Lock
from escrow.services import escrows, timers
from escrow.states import OPEN, Transition, next_state, whose

PERMISSION = "escrow.lock_escrow"


class UnableToLock(Refusal):
    code: ClassVar[str] = "ESCROW_LOCK_REFUSED"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "The escrow cannot be locked or unlocked this way"


class NotAllowedToLock(Refusal):
    code: ClassVar[str] = "NOT_ALLOWED"
    status: ClassVar[int] = 403
    title: ClassVar[str] = "Locking an escrow is not yours to do"


def hold(*, escrow_id: str, livemode: bool, reason: LockReason, note: str, actor: Actor, now: datetime) -> Lock:
    """A person, or a check of the program, stops an escrow for compliance, fraud or reconciliation."""
    _require_allowed(actor, reason, note)
    with transaction.atomic():
        return place(escrows.lock(escrow_id, livemode=livemode), reason, note=note, actor=actor, now=now)


def free(*, escrow_id: str, livemode: bool, reason: LockReason, note: str, actor: Actor, now: datetime) -> Escrow:
    """Another person than whoever placed it lifts it. Raises UnableToLock."""
    _require_allowed(actor, reason, note)
    with transaction.atomic():
        escrow = escrows.lock(escrow_id, livemode=livemode)
        found = find(escrow, reason)
        if found is None:
            raise UnableToLock(f"it is not locked for {reason.lower()}")
        if found.placed_by == str(actor):
            raise UnableToLock("whoever placed a hold does not lift it")
        lift(escrow, reason, note=note, actor=actor, now=now)
    return escrow


def place(escrow: Escrow, reason: LockReason, *, note: str, actor: Actor, now: datetime, reference: str = "") -> Lock:
    """In the caller's transaction, which holds the escrow. The same reason again changes nothing."""
    if escrow.status not in OPEN:
        raise UnableToLock(f"the escrow is {escrow.status}")
    if found := find(escrow, reason):
        return found
    lock = Lock.objects.create(
        escrow=escrow, reason=reason, note=note[:500], reference=reference, placed_by=str(actor), placed_at=now
    )
    if escrow.status == EscrowStatus.FUNDED:
        escrow.status = next_state(escrow.status, Transition.LOCK, by=whose(actor))
    escrows.save(escrow, "status", now=now)
    timers.refresh(escrow)
    escrows.record(escrow, "locked", actor=actor, now=now, reason=reason, note=note, reference=reference)
    outbox.publish(EscrowLocked(escrow.public_id, reason, escrow.livemode, now), now=now)
    return lock


def lift(escrow: Escrow, reason: LockReason, *, note: str, actor: Actor, now: datetime) -> bool:
    """In the caller's transaction. False where there is no such lock."""
    found = find(escrow, reason)
    if found is None:
        return False
    found.lifted_by, found.lifted_at, found.lifted_note = str(actor), now, note[:500]
    found.save(update_fields=["lifted_by", "lifted_at", "lifted_note"])
    if escrow.status == EscrowStatus.LOCKED and not reasons(escrow):
        escrow.status = next_state(escrow.status, Transition.UNLOCK, by=whose(actor))
    escrows.save(escrow, "status", now=now)
    timers.refresh(escrow)
    escrows.record(escrow, "unlocked", actor=actor, now=now, reason=reason, note=note)
    outbox.publish(EscrowUnlocked(escrow.public_id, reason, escrow.livemode, now), now=now)
    return True


def find(escrow: Escrow, reason: LockReason) -> Lock | None:
    return Lock.objects.filter(escrow=escrow, reason=reason, lifted_at__isnull=True).first()


def reasons(escrow: Escrow) -> frozenset[str]:
    """Why it is locked now."""
    return frozenset(Lock.objects.filter(escrow=escrow, lifted_at__isnull=True).values_list("reason", flat=True))


def _require_allowed(actor: Actor, reason: LockReason, note: str) -> None:
    if reason not in HOLDS or not note.strip():
        raise UnableToLock("a hold is for compliance, fraud or reconciliation, and says why")
    if actor.kind == "SYSTEM":
        return
    if actor.kind != "STAFF" or not roles.grants(actor.roles, PERMISSION):
        raise NotAllowedToLock
