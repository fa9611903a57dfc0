"""One case across rails: what a network takes back of a disputed sale counts as given back, so it goes back once.

In the transaction of whoever booked it, which holds payment and escrow.
"""

from datetime import datetime

from django.db import transaction

from core.actors import SYSTEM
from core.outbox import services as outbox
from escrow.dispute_enums import (
    TAKING,
    CauseKind,
    DisputeOutcome,
    DisputeReason,
    DisputeSide,
    DisputeState,
    ResolvedHow,
)
from escrow.dispute_events import DisputeResolved
from escrow.enums import EscrowStatus
from escrow.models import Dispute, DisputeCause, Escrow
from escrow.selectors import agreements
from escrow.services import cases, escrows, timers
from escrow.services.cases import Complaint

BY_NETWORK = "the network has given the money back"


def join(escrow: Escrow, *, kind: CauseKind, reference: str, amount_minor: int, now: datetime) -> Dispute | None:
    """Note that `amount_minor` of what was held was taken, on the open dispute; None where there is none.

    Nothing left to decide: RESOLVED as a refund by the network. The same reference again changes nothing.
    """
    known = DisputeCause.objects.select_related("dispute").filter(kind=kind, reference=reference).first()
    if known is not None:
        return known.dispute
    dispute = cases.lock_open(escrow)
    if dispute is None:
        return None
    cases.add_cause(dispute, kind, reference, amount_minor, now=now)
    _count(dispute, amount_minor, why="a network took money back", now=now)
    if dispute.disposable_minor == 0:
        _resolve(dispute, now=now)
    escrows.record(
        escrow, "dispute_joined", actor=SYSTEM, now=now, dispute_id=dispute.public_id, cause=kind, reference=reference,
        amount_minor=amount_minor, left_minor=dispute.disposable_minor,
    )  # fmt: skip
    return dispute


def join_ach_return(escrow: Escrow, *, reference: str, taken_minor: int, now: datetime) -> Dispute | None:
    """An unauthorised return of the debit that funded it: joined where a dispute is open, else the rest is disputed."""
    return join_or_open(escrow, kind=CauseKind.ACH_RETURN, reference=reference, taken_minor=taken_minor, now=now)


def join_or_open(escrow: Escrow, *, kind: CauseKind, reference: str, taken_minor: int, now: datetime) -> Dispute | None:
    """Joined; or, where nobody disputes and something is still held, the rest waits until somebody has decided."""
    joined = join(escrow, kind=kind, reference=reference, amount_minor=taken_minor, now=now)
    if joined is not None or escrow.status not in (EscrowStatus.FUNDED, EscrowStatus.LOCKED):
        return joined
    complaint = Complaint(
        DisputeSide.NETWORK, DisputeReason.UNAUTHORISED, f"{reference} took a part of the sale back", escrow.held_minor
    )
    dispute = cases.open_(escrow, agreements.in_force(escrow), complaint, actor=SYSTEM, now=now)
    cases.add_cause(dispute, kind, reference, taken_minor, now=now)
    return dispute


def restored(escrow: Escrow, *, reference: str, amount_minor: int, now: datetime) -> None:
    """A chargeback was won, its money is held again: the case may dispose of it, or ends where it began with that."""
    with transaction.atomic():
        dispute = cases.lock_open(escrow)
        if dispute is None or not _waits_for(dispute, reference):
            return
        timers.stop(escrow, *cases.STOPPED, now=now, why="a dispute is open")
        cases.add_cause(dispute, CauseKind.RESTORED, reference, amount_minor, now=now)
        if dispute.side == DisputeSide.NETWORK:
            cases.withdraw(dispute, actor=SYSTEM, now=now)
            return
        _count(dispute, -amount_minor, why="money is held again", now=now)


def _waits_for(dispute: Dispute, reference: str) -> bool:
    """It is a cause of the case, and has not been undone yet."""
    kinds = set(DisputeCause.objects.filter(dispute=dispute, reference=reference).values_list("kind", flat=True))
    return bool(kinds & TAKING) and CauseKind.RESTORED not in kinds


def _count(dispute: Dispute, taken_minor: int, *, why: str, now: datetime) -> None:
    """A proposal was about other amounts: it is void."""
    if dispute.state == DisputeState.PROPOSED:
        cases.void_question(dispute, reason=why, actor=SYSTEM, now=now)
        cases.fall_back(dispute)
    dispute.taken_minor = max(0, min(dispute.amount_minor, dispute.taken_minor + taken_minor))
    dispute.save(update_fields=["taken_minor"])


def _resolve(dispute: Dispute, *, now: datetime) -> None:
    escrow = dispute.escrow
    dispute.outcome, dispute.release_minor, dispute.refund_minor = DisputeOutcome.REFUND, 0, 0
    dispute.resolved_how, dispute.resolution_reason = ResolvedHow.NETWORK, BY_NETWORK
    dispute.ended_by, dispute.ended_at = str(SYSTEM), now
    cases.move(
        dispute, DisputeState.RESOLVED, "outcome", "release_minor", "refund_minor", "resolved_how",
        "resolution_reason", "ended_by", "ended_at",
    )  # fmt: skip
    cases.resume(escrow, actor=SYSTEM, now=now)
    outbox.publish(
        DisputeResolved(
            dispute.public_id, escrow.public_id, dispute.outcome, dispute.resolved_how, 0, 0, dispute.currency,
            dispute.livemode, now,
        ),
        now=now,
    )  # fmt: skip
