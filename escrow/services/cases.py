"""The row of a dispute: opened, locked after its escrow, moved, ended. In the transaction of whoever decides it.

Locks are taken in one order: payment, escrow, dispute.
"""

import contextlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from core import ids
from core.actors import Actor
from core.approvals import services as approvals
from core.approvals.refusals import ApprovalClosed
from core.outbox import services as outbox
from escrow import parameters
from escrow.dispute_enums import CauseKind, DisputeOutcome, DisputeReason, DisputeSide, DisputeState
from escrow.dispute_events import DisputeRaised, DisputeWithdrawn
from escrow.dispute_states import next_state
from escrow.enums import EscrowStatus, LockReason, TimerKind
from escrow.models import Dispute, DisputeCause, Escrow
from escrow.selectors import agreements
from escrow.selectors import disputes as register
from escrow.selectors.agreements import InForce
from escrow.selectors.disputes import DisputeNotFound
from escrow.services import clocks, escrows, locks, signing, timers
from escrow.states import Transition, whose
from escrow.states import next_state as next_status

STOPPED = (TimerKind.AUTO_RELEASE, TimerKind.AUTO_REFUND, TimerKind.WARNING, TimerKind.TIME_LOCK_END)
"""What does not happen by itself while a dispute is open."""
OWN = (TimerKind.EVIDENCE_DUE, TimerKind.AUTO_RESOLUTION)


@dataclass(frozen=True, slots=True)
class Complaint:
    """Who disputes how much, and why. `reference` is what caused it, where that is not the dispute itself."""

    side: DisputeSide
    reason: DisputeReason
    text: str
    amount_minor: int


def lock(dispute_id: str, *, livemode: bool, with_payment: bool = False) -> Dispute:
    """With its escrow in `escrow`, both held until the transaction ends. Raises DisputeNotFound."""
    found = Dispute.objects.filter(public_id=dispute_id, livemode=livemode)
    key = found.values_list("pk", "escrow_id", "escrow__payment_id").first()
    if key is None:
        raise DisputeNotFound
    escrow = escrows.lock_row(key[1], payment_pk=key[2] if with_payment else None)
    return _held(escrow, key[0])


def lock_open(escrow: Escrow) -> Dispute | None:
    """The open dispute of an escrow that the caller holds."""
    found = register.find_open(escrow)
    return _held(escrow, found.pk) if found else None


def open_(escrow: Escrow, terms: InForce, complaint: Complaint, *, actor: Actor, now: datetime) -> Dispute:
    """The escrow is DISPUTED from here on: what waits for signatures is void, what happens by itself is stopped."""
    _stop_release(escrow, actor=actor, now=now)
    escrow.status = next_status(escrow.status, Transition.DISPUTE, by=whose(actor))
    escrows.save(escrow, "status", now=now)
    timers.stop(escrow, *STOPPED, now=now, why="a dispute is open")
    end = now + timedelta(days=terms.agreed.disputes.auto_resolution_days)
    why = _above_threshold(escrow, terms, complaint.amount_minor)
    dispute = Dispute.objects.create(
        public_id=ids.prefixed("dsp", now),
        escrow=escrow,
        livemode=escrow.livemode,
        state=DisputeState.ESCALATED if why else DisputeState.OPEN,
        side=complaint.side,
        raised_by=str(actor),
        reason=complaint.reason,
        text=complaint.text,
        amount_minor=complaint.amount_minor,
        currency=escrow.currency,
        opened_at=now,
        evidence_due_at=min(now + parameters.hours("escrow.evidence_hours", now), end),
        auto_resolution_at=end,
        auto_outcome=DisputeOutcome(terms.agreed.disputes.auto_resolution.value),
        escalated_at=now if why else None,
        escalated_why=why,
    )
    add_cause(dispute, CauseKind.ESCROW, dispute.public_id, complaint.amount_minor, now=now)
    timers.set_(escrow, TimerKind.EVIDENCE_DUE, dispute.evidence_due_at, now=now, key=dispute.public_id)
    timers.set_(escrow, TimerKind.AUTO_RESOLUTION, end, now=now, key=dispute.public_id)
    _tell(escrow, dispute, actor=actor, now=now)
    return dispute


def why_signed(escrow: Escrow, terms: InForce, release_minor: int, *, now: datetime) -> str:
    """Why one person alone does not award so much to the payee; empty where one may."""
    if not release_minor:
        return ""
    return " ".join(signing.needed(escrow, terms.agreed, escrows.money(escrow, release_minor), now=now).reasons)[:500]


def add_cause(dispute: Dispute, kind: CauseKind, reference: str, amount_minor: int, *, now: datetime) -> None:
    DisputeCause.objects.create(dispute=dispute, kind=kind, reference=reference, amount_minor=amount_minor, at=now)


def move(dispute: Dispute, to: DisputeState, *fields: str) -> None:
    """Raises DisputeStateForbids."""
    dispute.state = next_state(dispute.state, to)
    dispute.save(update_fields=sorted({"state", *fields}))


def void_question(dispute: Dispute, *, reason: str, actor: Actor, now: datetime) -> None:
    """A proposal that waits for signatures makes no sense any more."""
    if dispute.state == DisputeState.PROPOSED:
        _void(dispute.approval_id, reason=reason, actor=actor, now=now)


def fall_back(dispute: Dispute) -> None:
    """Nothing is proposed any more: the mediator has it again. Raises DisputeStateForbids."""
    dispute.outcome, dispute.release_minor, dispute.refund_minor, dispute.approval_id = "", None, None, ""
    move(dispute, DisputeState.ESCALATED, "outcome", "release_minor", "refund_minor", "approval_id")


def withdraw(dispute: Dispute, *, actor: Actor, now: datetime) -> None:
    """End it without a decision; the terms go on. Raises DisputeStateForbids."""
    void_question(dispute, reason="the dispute was withdrawn", actor=actor, now=now)
    dispute.outcome, dispute.release_minor, dispute.refund_minor = "", None, None
    dispute.ended_by, dispute.ended_at = str(actor), now
    move(dispute, DisputeState.WITHDRAWN, "outcome", "release_minor", "refund_minor", "ended_by", "ended_at")
    resume(dispute.escrow, actor=actor, now=now)
    escrows.record(dispute.escrow, "dispute_withdrawn", actor=actor, now=now, dispute_id=dispute.public_id)
    outbox.publish(DisputeWithdrawn(dispute.public_id, dispute.escrow.public_id, dispute.livemode, now), now=now)


def resume(escrow: Escrow, *, actor: Actor, now: datetime) -> None:
    """The dispute has ended: its clocks stop, and where money is still held the terms go on."""
    if escrow.status != EscrowStatus.DISPUTED:
        return
    timers.stop(escrow, *OWN, now=now, why="the dispute has ended")
    to = EscrowStatus.LOCKED if locks.reasons(escrow) else EscrowStatus.FUNDED
    escrow.status = next_status(escrow.status, Transition.WITHDRAW, by=whose(actor), to=to)
    escrows.save(escrow, "status", now=now)
    clocks.wind_again(escrow, agreements.in_force(escrow), now=now)


def _held(escrow: Escrow, pk: int) -> Dispute:
    dispute = Dispute.objects.select_for_update().get(pk=pk)
    dispute.escrow = escrow
    return dispute


def _above_threshold(escrow: Escrow, terms: InForce, amount_minor: int) -> str:
    threshold = terms.agreed.disputes.escalation_threshold_minor
    if amount_minor <= threshold:
        return ""
    return f"{escrows.money(escrow, amount_minor)} is more than the {escrows.money(escrow, threshold)} of the terms."


def _stop_release(escrow: Escrow, *, actor: Actor, now: datetime) -> None:
    if lock := locks.find(escrow, LockReason.APPROVALS):
        if lock.reference:
            _void(lock.reference, reason="a dispute was raised", actor=actor, now=now)
        timers.stop(escrow, TimerKind.APPROVAL_TIMEOUT, now=now, why="a dispute is open")
        locks.lift(escrow, LockReason.APPROVALS, note="a dispute was raised", actor=actor, now=now)
    locks.lift(escrow, LockReason.TIME_LOCK, note="a dispute was raised", actor=actor, now=now)


def _void(request_id: str, *, reason: str, actor: Actor, now: datetime) -> None:
    """One that has ended meanwhile stays as it ended."""
    with contextlib.suppress(ApprovalClosed):
        approvals.void(request_id, reason=reason, actor=actor, now=now)


def _tell(escrow: Escrow, dispute: Dispute, *, actor: Actor, now: datetime) -> None:
    escrows.record(
        escrow, "disputed", actor=actor, now=now, dispute_id=dispute.public_id, side=dispute.side,
        reason=dispute.reason, amount_minor=dispute.amount_minor, escalated=dispute.escalated_why,
    )  # fmt: skip
    outbox.publish(
        DisputeRaised(
            dispute.public_id, escrow.public_id, dispute.side, dispute.amount_minor, dispute.currency,
            dispute.evidence_due_at, dispute.auto_resolution_at, escrow.livemode, now,
        ),
        now=now,
    )  # fmt: skip
