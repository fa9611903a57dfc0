"""What is left to do when a question for signatures, or an escrow, has ended."""

import contextlib
from datetime import datetime, timedelta

from django.db import transaction

from core.actors import SYSTEM
from core.approvals import services as approvals
from escrow.enums import LockReason
from escrow.models import Escrow
from escrow.services import conditions, escrows, locks
from escrow.services.firings import questions
from escrow.states import OPEN


def end_question(*, escrow_id: str, request_id: str, state: str, now: datetime) -> bool:
    """Denied, withdrawn, expired or void: the escrow no longer waits for signatures. False where it does not anyway."""
    livemode = Escrow.objects.filter(public_id=escrow_id).values_list("livemode", flat=True).first()
    if livemode is None:
        return False
    with transaction.atomic():
        escrow = escrows.lock(escrow_id, livemode=livemode)
        return questions.free(escrow, request_id, state, now=now)


def void_question(*, escrow_id: str, livemode: bool, reason: str, now: datetime) -> bool:
    """What is asked is about terms or parts that are no more. Where they are met all the same, it is asked anew."""
    with transaction.atomic():
        escrow = escrows.lock(escrow_id, livemode=livemode)
        if not _void(escrow, reason, now=now):
            return False
        if escrow.status in OPEN:
            conditions.wake_release(escrow, now=now)
    return True


def tidy(*, escrow_id: str, livemode: bool, now: datetime) -> int:
    """An escrow that has ended waits for nobody: its question is void, its locks are lifted. Returns how many."""
    with transaction.atomic():
        escrow = escrows.lock(escrow_id, livemode=livemode)
        if escrow.closed_at is None:
            return 0
        lifted = int(_void(escrow, "the escrow has ended", now=now))
        for number, reason in enumerate(sorted(locks.reasons(escrow)), start=1):
            # Each at a moment of its own: endpoints hear of an event by its kind and moment, once.
            at = now + timedelta(microseconds=number)
            lifted += locks.lift(escrow, LockReason(reason), note="the escrow has ended", actor=SYSTEM, now=at)
    return lifted


def _void(escrow: Escrow, reason: str, *, now: datetime) -> bool:
    """The escrow is held; whoever signs holds it too before the request."""
    lock = locks.find(escrow, LockReason.APPROVALS)
    if lock is None:
        return False
    # Answered a moment ago: what followed from that is on its way.
    with contextlib.suppress(approvals.ApprovalClosed, approvals.ApprovalNotFound), transaction.atomic():
        approvals.void(lock.reference, reason=reason, actor=SYSTEM, now=now)
    return questions.free(escrow, lock.reference, "VOIDED", now=now)
