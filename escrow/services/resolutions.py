"""How a dispute ends: decided by its mediator, signed by others, or by the terms at its day. Money moves with it.

The dispute is RESOLVED first, then the parts move, in one transaction: while it is open the database lets nothing go.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import ClassVar

from django.db import transaction

from core.actors import SYSTEM, Actor
from core.approvals import services as approvals
from core.audit.chain import JSON
from core.errors import FieldError, Refusal
from core.outbox import services as outbox
from core.telemetry.redaction import redact
from escrow.dispute_enums import DisputeState, ResolvedHow
from escrow.dispute_events import DisputeResolved
from escrow.dispute_states import DisputeStateForbids
from escrow.models import Dispute
from escrow.selectors import agreements
from escrow.selectors import disputes as register
from escrow.services import awards, cases, escrows, mediation, movements, parts, timers
from escrow.services.awards import Award

ACTION = "escrow.resolve_dispute"


class NotHeardYet(Refusal):
    """Both sides have until the deadline to submit their evidence."""

    code: ClassVar[str] = "EVIDENCE_STILL_DUE"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "Not both sides have submitted their evidence"


class DisputeNeedsSignatures(Refusal):
    code: ClassVar[str] = "DISPUTE_NEEDS_SIGNATURES"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "One person alone does not decide this dispute"


def decide(*, dispute_id: str, release_minor: int, reason: str, livemode: bool, actor: Actor, now: datetime) -> Dispute:
    """The mediator alone: so much to the payee, the rest of what is disputed back to the payer.

    Raises DisputeNotFound, MediatedByAnother, NotAllowedToMediate, NotHeardYet, DisputeNeedsSignatures,
    ResolutionNotAccepted, EscrowHeld, ReleaseConditionsNotMet (time lock), SwitchClosed.
    """
    with transaction.atomic():
        dispute, award, why = _prepare(dispute_id, release_minor, reason, livemode=livemode, actor=actor, now=now)
        if needed := why_signed(dispute, award, now=now):
            raise DisputeNeedsSignatures(needed)
        settle(dispute, award, ResolvedHow.MEDIATOR, reason=why, actor=actor, now=now)
    return dispute


def propose(
    *, dispute_id: str, release_minor: int, reason: str, livemode: bool, actor: Actor, now: datetime
) -> Dispute:
    """Put the mediator's proposal to those who sign. Raises what `decide` does, and what asking raises."""
    with transaction.atomic():
        dispute, award, why = _prepare(dispute_id, release_minor, reason, livemode=livemode, actor=actor, now=now)
        put_question(dispute, award, reason=why, actor=actor, now=now)
    return dispute


def put_question(dispute: Dispute, award: Award, *, reason: str, actor: Actor, now: datetime) -> None:
    """In the caller's transaction, which holds payment, escrow and dispute. Raises DisputeStateForbids."""
    awards.require_movable(dispute.escrow, award, now=now)
    if not dispute.needs_signatures:
        dispute.escalated_at = now
        dispute.escalated_why = why_signed(dispute, award, now=now) or "The mediator asks for signatures."
        cases.move(dispute, DisputeState.ESCALATED, "escalated_at", "escalated_why")
    _write(dispute, award)
    dispute.resolution_reason = reason
    cases.move(dispute, DisputeState.PROPOSED, "outcome", "release_minor", "refund_minor", "resolution_reason")
    escrows.save(dispute.escrow, now=now)
    given: dict[str, JSON] = {
        "dispute": dispute.public_id, "releaseMinor": award.release_minor, "refundMinor": award.refund_minor,
    }  # fmt: skip
    asked = approvals.ask(
        action=ACTION, subject=dispute.escrow.public_id, given=given, reason=reason, actor=actor, now=now
    )
    dispute.approval_id = asked.request_id
    dispute.save(update_fields=["approval_id"])
    escrows.record(
        dispute.escrow, "dispute_proposed", actor=actor, now=now, dispute_id=dispute.public_id,
        release_minor=award.release_minor, refund_minor=award.refund_minor, approval_id=asked.request_id,
    )  # fmt: skip


def execute_signed(
    *,
    escrow_id: str,
    given: Mapping[str, object],
    approval_id: str,
    signers: Sequence[Actor],
    reason: str,
    now: datetime,
) -> Dispute:
    """The effect of the last signature, in its transaction: everything is looked at again."""
    dispute_id = str(given["dispute"])
    livemode = Dispute.objects.values_list("livemode", flat=True).get(public_id=dispute_id)
    dispute = cases.lock(dispute_id, livemode=livemode, with_payment=True)
    award = Award(int(str(given["releaseMinor"])), int(str(given["refundMinor"])))
    proposed = (dispute.escrow.public_id, dispute.release_minor, dispute.refund_minor)
    if dispute.state != DisputeState.PROPOSED or proposed != (escrow_id, award.release_minor, award.refund_minor):
        raise DisputeStateForbids("something else is proposed by now")
    awards.require_whole(dispute, award)
    settle(dispute, award, ResolvedHow.SIGNED, reason=reason, actor=signers[-1], now=now, approval_id=approval_id)
    return dispute


def let_go(*, approval_id: str, now: datetime) -> bool:
    """The question ended without effect: its mediator has it again. False where it was not about an open proposal."""
    with transaction.atomic():
        found = Dispute.objects.filter(approval_id=approval_id, state=DisputeState.PROPOSED).first()
        if found is None:
            return False
        dispute = cases.lock(found.public_id, livemode=found.livemode)
        if dispute.state != DisputeState.PROPOSED or dispute.approval_id != approval_id:
            return False
        cases.fall_back(dispute)
        escrows.record(
            dispute.escrow, "dispute_proposal_ended", actor=SYSTEM, now=now, dispute_id=dispute.public_id,
            approval_id=approval_id,
        )  # fmt: skip
    return True


def settle(
    dispute: Dispute,
    award: Award,
    how: ResolvedHow,
    *,
    reason: str,
    actor: Actor,
    now: datetime,
    approval_id: str = "",
) -> None:
    """End it and move the money, in the caller's transaction, which holds payment, escrow and dispute."""
    escrow = dispute.escrow
    awards.require_movable(escrow, award, now=now)
    _write(dispute, award)
    dispute.resolved_how, dispute.resolution_reason, dispute.approval_id = how, reason[:500], approval_id
    dispute.ended_by, dispute.ended_at = str(actor), now
    cases.move(
        dispute, DisputeState.RESOLVED, "outcome", "release_minor", "refund_minor", "resolved_how",
        "resolution_reason", "approval_id", "ended_by", "ended_at",
    )  # fmt: skip
    timers.stop(escrow, *cases.OWN, now=now, why="the dispute has ended")
    told = {"actor": actor, "now": now, "reference": dispute.public_id, "approval_id": approval_id}
    if award.release_minor:
        taken = parts.take(escrow, award.release_minor, now=now)
        movements.release(escrow, taken, reason=reason, **told)  # type: ignore[arg-type]
    if award.refund_minor:
        taken = parts.take(escrow, award.refund_minor, now=now, last_first=True)
        movements.refund(escrow, taken, reason=reason, **told)  # type: ignore[arg-type]
    cases.resume(escrow, actor=actor, now=now)
    _tell(dispute, actor=actor, now=now)


def why_signed(dispute: Dispute, award: Award, *, now: datetime) -> str:
    """Why one person alone does not decide so; empty where one may."""
    if dispute.needs_signatures:
        return dispute.escalated_why
    terms = agreements.in_force(dispute.escrow)
    return cases.why_signed(dispute.escrow, terms, award.release_minor, now=now)


def _prepare(
    dispute_id: str, release_minor: int, reason: str, *, livemode: bool, actor: Actor, now: datetime
) -> tuple[Dispute, Award, str]:
    why = redact(reason.strip())[:500]
    if not why:
        raise awards.ResolutionNotAccepted("say why", errors=(FieldError("/reason", "is missing"),))
    dispute = cases.lock(dispute_id, livemode=livemode, with_payment=True)
    if not dispute.is_open:
        raise DisputeStateForbids(f"the dispute is {dispute.state}")
    mediation.require_mediator(dispute, actor, now=now)
    if not register.is_heard(dispute, register.stories(dispute), now=now):
        raise NotHeardYet(f"evidence is due by {dispute.evidence_due_at:%Y-%m-%d %H:%M} UTC")
    award = Award(release_minor, dispute.disposable_minor - release_minor)
    awards.require_whole(dispute, award)
    return dispute, award, why


def _write(dispute: Dispute, award: Award) -> None:
    dispute.outcome = award.outcome
    dispute.release_minor, dispute.refund_minor = award.release_minor, award.refund_minor


def _tell(dispute: Dispute, *, actor: Actor, now: datetime) -> None:
    escrow = dispute.escrow
    escrows.record(
        escrow, "dispute_resolved", actor=actor, now=now, dispute_id=dispute.public_id, outcome=dispute.outcome,
        how=dispute.resolved_how, release_minor=dispute.release_minor, refund_minor=dispute.refund_minor,
        reason=dispute.resolution_reason, approval_id=dispute.approval_id,
    )  # fmt: skip
    outbox.publish(
        DisputeResolved(
            dispute.public_id, escrow.public_id, dispute.outcome, dispute.resolved_how, dispute.release_minor or 0,
            dispute.refund_minor or 0, dispute.currency, dispute.livemode, now,
        ),
        now=now,
    )  # fmt: skip
