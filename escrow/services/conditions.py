"""A condition is met once, by whoever may say so, or lapses by the clock."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import ClassVar

from django.db import transaction

from core.actors import SYSTEM, Actor
from core.errors import Refusal
from core.outbox import services as outbox
from escrow.enums import ConditionState, ConditionType, EscrowStatus, TimerKind, TimerState
from escrow.events import ConditionLapsed, ConditionMet
from escrow.models import Condition, Escrow, Timer
from escrow.selectors import agreements
from escrow.selectors.agreements import InForce
from escrow.services import escrows, timers
from escrow.states import EscrowStateForbids
from escrow.terms import timeline
from escrow.terms.document import Condition as Agreed

CLOCK = "CLOCK"


class ConditionNotFound(Refusal):
    code: ClassVar[str] = "CONDITION_NOT_FOUND"
    status: ClassVar[int] = 404
    title: ClassVar[str] = "The terms have no such condition"


class NotAllowedToAccept(Refusal):
    """One person alone does not say both that the work is done and that the payer has looked at it."""

    code: ClassVar[str] = "NOT_ALLOWED"
    status: ClassVar[int] = 403
    title: ClassVar[str] = "Ending this inspection is not yours to do"


class UnableToSatisfy(Refusal):
    """It has ended, is met by the clock alone, or this is not one of those who may say so."""

    code: ClassVar[str] = "CONDITION_CANNOT_BE_MET"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "The condition cannot be met this way"


def satisfy(
    *,
    escrow_id: str,
    condition_id: str,
    livemode: bool,
    by: str,
    evidence: Sequence[Mapping[str, str]],
    actor: Actor,
    now: datetime,
) -> Escrow:
    """`by` is who says that it is met: a party, a user of the marketplace, or empty for the marketplace itself.

    Where the condition names approvers it is one of them. `evidence`: documents as name and sha256. Raises
    EscrowNotFound, ConditionNotFound, UnableToSatisfy, EscrowStateForbids.
    """
    with transaction.atomic():
        escrow = escrows.lock(escrow_id, livemode=livemode)
        if escrow.status not in (EscrowStatus.FUNDED, EscrowStatus.LOCKED):
            raise EscrowStateForbids(f"the escrow is {escrow.status}")
        terms = agreements.in_force(escrow)
        condition = _find(terms, condition_id)
        _require_may_say(escrow, terms, condition, by, now)
        meet(escrow, terms, condition, by=by or str(actor), evidence=evidence, actor=actor, now=now)
    return escrow


def meet(
    escrow: Escrow,
    terms: InForce,
    condition: Condition,
    *,
    by: str,
    actor: Actor,
    now: datetime,
    evidence: Sequence[Mapping[str, str]] = (),
    at: datetime | None = None,
) -> None:
    """In the caller's transaction, which holds the escrow. Starts its inspection, and wakes a release that waited.

    `at` is the agreed hour where the clock meets it, however late the clock is read.
    """
    met_at = at or now
    condition.state, condition.met_at, condition.met_by = ConditionState.MET, met_at, by[:120]
    condition.evidence, condition.entered_by = [dict(each) for each in evidence], str(actor)
    hours = _agreed(terms, condition).inspection_hours
    condition.inspection_ends_at = met_at + timedelta(hours=hours) if hours else None
    condition.save(update_fields=["state", "met_at", "met_by", "evidence", "inspection_ends_at", "entered_by"])
    name = condition.condition_id
    timers.stop(escrow, TimerKind.CONDITION_TIMEOUT, now=now, why="it was met", key=name)
    if condition.inspection_ends_at:
        timers.set_(escrow, TimerKind.INSPECTION_END, condition.inspection_ends_at, now=now, key=name)
    escrows.save(escrow, now=now)
    escrows.record(escrow, "condition_met", actor=actor, now=now, condition_id=name, by=by, evidence=condition.evidence)
    outbox.publish(ConditionMet(escrow.public_id, name, by, escrow.livemode, now), now=now)
    wake_release(escrow, now=now)


def lapse(escrow: Escrow, condition: Condition, *, now: datetime) -> None:
    """Its time is over: not met, for good."""
    condition.state = ConditionState.LAPSED
    condition.save(update_fields=["state"])
    escrows.save(escrow, now=now)
    escrows.record(escrow, "condition_lapsed", actor=SYSTEM, now=now, condition_id=condition.condition_id)
    outbox.publish(ConditionLapsed(escrow.public_id, condition.condition_id, escrow.livemode, now), now=now)


def accept(*, escrow_id: str, condition_id: str, livemode: bool, by: str, actor: Actor, now: datetime) -> Escrow:
    """The payer has looked and ends the inspection early; `by` is who says so where that is not the actor.

    Of the staff not whoever entered that the condition is met. Raises UnableToSatisfy where nothing is inspected,
    NotAllowedToAccept.
    """
    with transaction.atomic():
        escrow = escrows.lock(escrow_id, livemode=livemode)
        if escrow.status not in (EscrowStatus.FUNDED, EscrowStatus.LOCKED):
            raise EscrowStateForbids(f"the escrow is {escrow.status}")
        condition = _find(agreements.in_force(escrow), condition_id)
        if condition.inspection_ends_at is None or condition.inspection_ends_at <= now:
            raise UnableToSatisfy("nothing is being inspected")
        if actor.kind == "STAFF" and condition.entered_by == str(actor):
            raise NotAllowedToAccept("whoever entered that it is met does not accept it for the payer")
        condition.inspection_ends_at, condition.accepted_by = now, str(actor)
        condition.save(update_fields=["inspection_ends_at", "accepted_by"])
        timers.stop(escrow, TimerKind.INSPECTION_END, now=now, why="accepted early", key=condition_id)
        escrows.save(escrow, now=now)
        escrows.record(escrow, "inspection_accepted", actor=actor, now=now, condition_id=condition_id, by=by)
        wake_release(escrow, now=now)
    return escrow


def wake_release(escrow: Escrow, *, now: datetime) -> None:
    """Where the hour of the automatic release is past and the terms are met only now, it comes due again."""
    waiting = Timer.objects.filter(escrow=escrow, kind=TimerKind.AUTO_RELEASE, state=TimerState.PENDING)
    if escrow.funded_at is None or waiting.exists():
        return
    terms = agreements.in_force(escrow)
    hours = terms.agreed.timeouts.auto_release_after_hours
    if not hours or not timeline.satisfied(terms.agreed, terms.states):
        return
    ends = [each.inspection_ends_at or now for each in terms.conditions.values() if each.state == ConditionState.MET]
    looked_at = max(ends, default=now) if terms.agreed.release.all_conditions_met else min(ends, default=now)
    due = max(now, escrow.funded_at + timedelta(hours=hours), looked_at)
    timers.set_(escrow, TimerKind.AUTO_RELEASE, due, now=now)


def _find(terms: InForce, condition_id: str) -> Condition:
    if condition_id not in terms.conditions:
        raise ConditionNotFound(f"there is no condition {condition_id}")
    return terms.conditions[condition_id]


def _agreed(terms: InForce, condition: Condition) -> Agreed:
    return next(each for each in terms.agreed.conditions if each.condition_id == condition.condition_id)


def _require_may_say(escrow: Escrow, terms: InForce, condition: Condition, by: str, now: datetime) -> None:
    if condition.state != ConditionState.OPEN:
        raise UnableToSatisfy(f"it is {condition.state.lower()} already")
    if condition.type == ConditionType.TIME_ELAPSED:
        raise UnableToSatisfy("the clock alone meets it")
    agreed = _agreed(terms, condition)
    assert escrow.funded_at is not None
    if not timeline.may_be_satisfied(terms.agreed, agreed, terms.states, funded_at=escrow.funded_at, now=now):
        raise UnableToSatisfy("its time is over")
    named = agreed.required_approvers
    if named and by not in named:
        raise UnableToSatisfy(f"one of {', '.join(named)} says so")
