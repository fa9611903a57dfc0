"""What happens to a dispute by itself: evidence closes at its deadline, the terms decide at its day.

Called by whoever fires timers, in its transaction; the sentence returned is kept with the timer.
"""

from datetime import datetime

from django.db import transaction

from core.actors import SYSTEM
from core.errors import Refusal
from core.switches.services import SwitchClosed
from escrow import parameters
from escrow.dispute_enums import DisputeOutcome, DisputeState, ResolvedHow
from escrow.enums import TimerKind
from escrow.models import Dispute, Escrow, Timer
from escrow.services import cases, evidence, resolutions, timers
from escrow.services.awards import Award
from escrow.services.firings.registry import fires
from payments.models import Payment


@fires(TimerKind.EVIDENCE_DUE)
def fire_evidence_due(escrow: Escrow, timer: Timer, *, now: datetime) -> str:
    """What was staged counts as submitted; from now on the mediator may decide."""
    dispute = _find(escrow, timer)
    if dispute is None:
        return "the dispute has ended"
    closed = evidence.close(dispute, now=now)
    return f"evidence is closed; taken as submitted: {', '.join(closed) or 'nothing'}"


@fires(TimerKind.AUTO_RESOLUTION, with_payment=True)
def fire_auto_resolution(escrow: Escrow, timer: Timer, *, now: datetime) -> str:
    """The terms' outcome for all that is left, unless something else is pending: then it is looked at again."""
    dispute = _find(escrow, timer)
    if dispute is None:
        return "the dispute has ended"
    if dispute.state == DisputeState.PROPOSED:
        return _again(escrow, dispute, "signatures are waited for", now=now)
    if dispute.disposable_minor == 0:
        return _again(escrow, dispute, "nothing is left to dispose of", now=now)
    if escrow.payment_id is not None:
        # Whoever fires holds it already; whoever does not must not wait for it behind the escrow.
        Payment.objects.select_for_update(nowait=True, of=("self",)).get(pk=escrow.payment_id)
    try:
        with transaction.atomic():
            return _resolve(dispute, now=now)
    except SwitchClosed:
        raise
    except Refusal as refused:
        return _again(escrow, dispute, refused.detail, now=now)


def _resolve(dispute: Dispute, *, now: datetime) -> str:
    everything = dispute.disposable_minor
    to_payee = dispute.auto_outcome == DisputeOutcome.RELEASE
    award = Award(everything, 0) if to_payee else Award(0, everything)
    reason = "nobody decided; the terms do at this day"
    if to_payee and resolutions.why_signed(dispute, award, now=now):
        resolutions.put_question(dispute, award, reason=reason, actor=SYSTEM, now=now)
        return _again(dispute.escrow, dispute, "signatures are asked for", now=now)
    resolutions.settle(dispute, award, ResolvedHow.CLOCK, reason=reason, actor=SYSTEM, now=now)
    return f"{'released' if to_payee else 'refunded'} by the terms"


def _again(escrow: Escrow, dispute: Dispute, why: str, *, now: datetime) -> str:
    """A timer of its own: the one that fires ends with this sentence."""
    at = now + parameters.hours("escrow.resolution_pause_hours", now)
    key = f"{dispute.public_id}:{at:%Y%m%d%H%M}"
    timers.set_(escrow, TimerKind.AUTO_RESOLUTION, at, now=now, key=key)
    return f"{why[:200]}; looked at again at {at:%Y-%m-%d %H:%M} UTC"


def _find(escrow: Escrow, timer: Timer) -> Dispute | None:
    """The open dispute that the timer was set for."""
    dispute = cases.lock_open(escrow)
    return dispute if dispute and timer.key.startswith(dispute.public_id) else None
