"""Who hears a dispute: taken by, or given to, somebody who neither raised it nor is tied to either side."""

from datetime import datetime
from typing import ClassVar

from django.db import transaction

from core.actors import Actor
from core.audit.chain import JSON
from core.errors import Refusal
from core.staff import roles
from escrow.dispute_enums import DisputeState
from escrow.dispute_states import DisputeStateForbids
from escrow.models import Dispute
from escrow.selectors import agreements, mediators
from escrow.selectors.mediators import PERMISSION
from escrow.services import cases, escrows


class NotAllowedToMediate(Refusal):
    """The sentence says why: the roles, the raiser, a relation, or that the terms name others."""

    code: ClassVar[str] = "NOT_ALLOWED"
    status: ClassVar[int] = 403
    title: ClassVar[str] = "Mediating this dispute is not yours to do"


class MediatedByAnother(Refusal):
    code: ClassVar[str] = "DISPUTE_HAS_A_MEDIATOR"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "Somebody else mediates this dispute"


class MediationReasonMissing(Refusal):
    code: ClassVar[str] = "REASON_MISSING"
    status: ClassVar[int] = 422
    title: ClassVar[str] = "Say why"


def take(*, dispute_id: str, livemode: bool, actor: Actor, now: datetime) -> Dispute:
    """Raises DisputeNotFound, NotAllowedToMediate, MediatedByAnother, DisputeStateForbids."""
    with transaction.atomic():
        dispute = cases.lock(dispute_id, livemode=livemode)
        if dispute.mediator not in ("", actor.id):
            raise MediatedByAnother(f"{dispute.mediator} mediates it")
        _give(dispute, actor.id, actor=actor, now=now)
    return dispute


def assign(*, dispute_id: str, to: str, livemode: bool, actor: Actor, now: datetime) -> Dispute:
    """Give one's own, or one that nobody has, to another mediator. Raises what `take` does, about either of the two."""
    with transaction.atomic():
        dispute = cases.lock(dispute_id, livemode=livemode)
        _require_entitled(actor)
        if dispute.mediator not in ("", actor.id):
            raise MediatedByAnother(f"{dispute.mediator} mediates it")
        _give(dispute, to.strip().lower(), actor=actor, now=now)
    return dispute


def escalate(*, dispute_id: str, reason: str, livemode: bool, actor: Actor, now: datetime) -> Dispute:
    """From here on signatures decide. Raises MediatedByAnother, MediationReasonMissing, DisputeStateForbids."""
    if not reason.strip():
        raise MediationReasonMissing
    with transaction.atomic():
        dispute = cases.lock(dispute_id, livemode=livemode)
        require_mediator(dispute, actor, now=now)
        dispute.escalated_at, dispute.escalated_why = now, reason.strip()[:500]
        cases.move(dispute, DisputeState.ESCALATED, "escalated_at", "escalated_why")
        _record(dispute, "dispute_escalated", actor=actor, now=now, reason=dispute.escalated_why)
    return dispute


def require_mediator(dispute: Dispute, actor: Actor, *, now: datetime) -> None:
    """Whoever decides or proposes is its mediator, and may still be. Raises MediatedByAnother, NotAllowedToMediate."""
    if dispute.mediator != actor.id or actor.kind != "STAFF":
        raise MediatedByAnother(f"{dispute.mediator or 'nobody'} mediates it")
    _require_eligible(dispute, actor.id, now)


def _give(dispute: Dispute, email: str, *, actor: Actor, now: datetime) -> None:
    if not dispute.is_open:
        raise DisputeStateForbids(f"the dispute is {dispute.state}")
    if dispute.state == DisputeState.PROPOSED:
        raise DisputeStateForbids("signatures are waited for")
    _require_eligible(dispute, email, now)
    dispute.mediator, dispute.mediator_since = email, now
    if dispute.state == DisputeState.OPEN:
        cases.move(dispute, DisputeState.EVIDENCE, "mediator", "mediator_since")
    else:
        dispute.save(update_fields=["mediator", "mediator_since"])
    _record(dispute, "dispute_assigned", actor=actor, now=now, mediator=email)


def _require_eligible(dispute: Dispute, email: str, now: datetime) -> None:
    agreed = agreements.in_force(dispute.escrow).agreed
    if objection := mediators.objection_to(dispute, agreed, email, now=now):
        raise NotAllowedToMediate(objection)


def _require_entitled(actor: Actor) -> None:
    if actor.kind != "STAFF" or not roles.grants(actor.roles, PERMISSION):
        raise NotAllowedToMediate


def _record(dispute: Dispute, verb: str, *, actor: Actor, now: datetime, **details: JSON) -> None:
    told: dict[str, JSON] = {"dispute_id": dispute.public_id, **details}
    escrows.record(dispute.escrow, verb, actor=actor, now=now, result="SUCCESS", **told)
