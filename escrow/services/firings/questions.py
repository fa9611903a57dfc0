"""A question for signatures ends without them: the escrow is free again, and somebody hears that nobody signed."""

from datetime import datetime

from core.actors import SYSTEM
from core.approvals.models import ApprovalRequest
from core.approvals.services import requests
from core.approvals.states import State, Transition
from core.outbox import services as outbox
from escrow import parameters
from escrow.enums import LockReason, TimerKind, TimerState
from escrow.events import EscrowWarned
from escrow.models import Escrow, Timer
from escrow.selectors import agreements
from escrow.services import locks, timers
from escrow.services.firings.registry import fires
from escrow.states import OPEN
from escrow.terms import timeline

SIGNATURES = "SIGNATURES"
"""What EscrowWarned says where nobody signed in time."""


@fires(TimerKind.APPROVAL_TIMEOUT)
def end_question(escrow: Escrow, timer: Timer, *, now: datetime) -> str:
    """`key` is the request. Whoever signs holds the escrow first, so its row is taken second here too."""
    request = ApprovalRequest.objects.select_for_update().filter(request_id=timer.key).first()
    if request is None or request.state not in (State.PENDING, State.EXPIRED):
        return "It was answered"
    if request.state == State.PENDING:
        requests.close(request, Transition.EXPIRE, actor=SYSTEM, reason=requests.NOBODY_ACTED, now=now)
    free(escrow, timer.key, State.EXPIRED, now=now)
    return f"Nobody signed {timer.key} in time"


def free(escrow: Escrow, request_id: str, state: str, *, now: datetime) -> bool:
    """In a transaction that holds the escrow. False where that question does not lock it (any more).

    Expired, it is told to whoever escalates, and asked again later if the terms are still met.
    """
    lock = locks.find(escrow, LockReason.APPROVALS)
    if lock is None or lock.reference != request_id:
        return False
    locks.lift(escrow, LockReason.APPROVALS, note=f"{request_id} {state.lower()}", actor=SYSTEM, now=now)
    timers.stop(escrow, TimerKind.APPROVAL_TIMEOUT, now=now, why="it was answered")
    if state == State.EXPIRED and escrow.status in OPEN:
        outbox.publish(EscrowWarned(escrow.public_id, SIGNATURES, now, 0, escrow.livemode, now), now=now)
        _ask_again(escrow, now=now)
    return True


def _ask_again(escrow: Escrow, *, now: datetime) -> None:
    terms = agreements.in_force(escrow)
    waits = Timer.objects.filter(escrow=escrow, kind=TimerKind.AUTO_RELEASE, state=TimerState.PENDING)
    is_met = timeline.satisfied(terms.agreed, terms.states)
    if is_met and terms.agreed.timeouts.auto_release_after_hours and not waits.exists():
        again = now + parameters.hours("escrow.ask_again_hours", now)
        timers.set_(escrow, TimerKind.AUTO_RELEASE, again, now=now)
