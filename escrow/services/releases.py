"""Money goes to the payee when the terms are met, the clock allows it, and whoever must sign has signed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar

from django.db import transaction

from core.actors import SYSTEM, Actor
from core.approvals import services as approvals
from core.approvals.refusals import AskedAlready
from core.errors import Refusal
from escrow.enums import ConditionState, EscrowStatus, LockReason, TimerKind
from escrow.models import Condition, Escrow, Movement, Part
from escrow.selectors import agreements
from escrow.selectors.agreements import InForce
from escrow.services import escrows, locks, movements, parts, signing, timers
from escrow.services.escrows import EscrowHeld as EscrowHeld
from escrow.states import EscrowStateForbids
from escrow.terms import timeline

ACTION = "escrow.release"
WAITING = frozenset({LockReason.TIME_LOCK, LockReason.APPROVALS})


class ReleaseConditionsNotMet(Refusal):
    """`conditions` names each that is missing: `conditionId`, `state`, and `until` where only time is."""

    code: ClassVar[str] = "RELEASE_CONDITIONS_NOT_MET"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "Required conditions not satisfied"


class PartialReleaseNotAllowed(Refusal):
    code: ClassVar[str] = "PARTIAL_RELEASE_NOT_ALLOWED"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "The terms release the whole amount at once"


@dataclass(frozen=True, slots=True)
class Asked:
    """What came of asking. Either `moved`, or an approval waits: `request_id`, how many signatures, and why."""

    escrow: Escrow
    moved: tuple[Movement, ...] = ()
    request_id: str = ""
    needed: int = 0
    reasons: tuple[str, ...] = ()


def release(
    *,
    escrow_id: str,
    livemode: bool,
    actor: Actor,
    now: datetime,
    reason: str = "",
    amount_minor: int | None = None,
    condition_id: str = "",
) -> Asked:
    """Release what is held, a milestone's part, or an amount where the terms allow parts.

    Where signatures are needed the question is put and nothing moves yet. Raises EscrowNotFound, EscrowStateForbids,
    EscrowHeld, ReleaseConditionsNotMet, PartialReleaseNotAllowed, InsufficientBalance, SwitchClosed, NobodyCanSign.
    """
    with transaction.atomic():
        escrow = escrows.lock(escrow_id, livemode=livemode)
        if waiting := locks.find(escrow, LockReason.APPROVALS):
            raise AskedAlready(waiting.reference)
        _require_state(escrow)
        terms = agreements.in_force(escrow)
        require_met(escrow, terms, condition_id=condition_id, now=now)
        chosen = _choose(escrow, terms, amount_minor, condition_id, now=now)
        amount = escrows.money(escrow, sum(part.amount_minor for part in chosen))
        escrows.require_movable(escrow, amount, now=now)
        return move_or_ask(escrow, terms, chosen, actor=actor, reason=reason, now=now)


def move_or_ask(
    escrow: Escrow, terms: InForce, chosen: Sequence[Part], *, actor: Actor, reason: str, now: datetime
) -> Asked:
    """In the caller's transaction, which holds the escrow and has found that it may move."""
    amount = escrows.money(escrow, sum(part.amount_minor for part in chosen))
    needed = signing.needed(escrow, terms.agreed, amount, now=now)
    if needed.count == 0:
        locks.lift(escrow, LockReason.TIME_LOCK, note="its time is over", actor=SYSTEM, now=now)
        moved = movements.release(escrow, chosen, actor=actor, reason=reason or "terms met", now=now)
        return Asked(escrow, tuple(moved))
    lock = locks.place(escrow, LockReason.APPROVALS, note="; ".join(needed.reasons), actor=actor, now=now)
    wait = timedelta(hours=terms.agreed.release.approval_timeout_hours)
    asked = approvals.ask(
        action=ACTION,
        subject=escrow.public_id,
        given={"parts": [part.number for part in chosen], "amountMinor": amount.minor},
        reason=reason or "terms met",
        actor=actor,
        now=now,
        expires_at=now + wait,
    )
    lock.reference = asked.request_id
    lock.save(update_fields=["reference"])
    timers.set_(escrow, TimerKind.APPROVAL_TIMEOUT, asked.expires_at, now=now, key=asked.request_id)
    return Asked(escrow, (), asked.request_id, needed.count, needed.reasons)


def execute_signed(
    *,
    escrow_id: str,
    part_numbers: Sequence[int],
    approval_id: str,
    signers: Sequence[Actor],
    reason: str,
    now: datetime,
) -> Escrow:
    """The effect of the last signature, in its transaction: everything is looked at again.

    Raises EscrowStateForbids, EscrowHeld, ReleaseConditionsNotMet, InsufficientBalance; then the signatures stay and
    nothing moves.
    """
    livemode = Escrow.objects.values_list("livemode", flat=True).get(public_id=escrow_id)
    escrow = escrows.lock(escrow_id, livemode=livemode)
    terms = agreements.in_force(escrow)
    _require_state(escrow, signed=True)
    there = {part.number: part for part in parts.held(escrow)}
    chosen = [there[number] for number in part_numbers if number in there]
    if len(chosen) != len(part_numbers):
        raise parts.InsufficientBalance("a part of it has ended already", fields={"available": escrow.held_minor})
    for name in {part.condition_id for part in chosen}:
        require_met(escrow, terms, condition_id=name if _is_milestone(terms, chosen) else "", now=now)
    amount = escrows.money(escrow, sum(part.amount_minor for part in chosen))
    escrows.require_movable(escrow, amount, now=now)
    locks.lift(escrow, LockReason.APPROVALS, note=f"signed: {approval_id}", actor=signers[-1], now=now)
    locks.lift(escrow, LockReason.TIME_LOCK, note="its time is over", actor=SYSTEM, now=now)
    timers.stop(escrow, TimerKind.APPROVAL_TIMEOUT, now=now, why="it was signed")
    movements.release(
        escrow, chosen, actor=signers[-1], reason=reason, now=now, reference=approval_id, approval_id=approval_id
    )
    return escrow


def require_met(escrow: Escrow, terms: InForce, *, now: datetime, condition_id: str = "") -> None:
    """Conditions, inspections and the time lock, for the whole or for one milestone. Raises ReleaseConditionsNotMet."""
    missing = missing_for(escrow, terms, condition_id=condition_id, now=now)
    if missing:
        raise ReleaseConditionsNotMet(
            ", ".join(str(each["conditionId"]) for each in missing), fields={"conditions": missing}
        )


def missing_for(escrow: Escrow, terms: InForce, *, now: datetime, condition_id: str = "") -> list[dict[str, Any]]:
    """What keeps a release back now, in wire form; empty when nothing does."""
    concerned = (
        [terms.conditions[condition_id]] if condition_id in terms.conditions else list(terms.conditions.values())
    )
    missing: list[dict[str, Any]] = []
    met_as_a_whole = timeline.satisfied(terms.agreed, terms.states)
    if not condition_id and not terms.agreed.release.all_conditions_met and _is_one_over(concerned, now):
        concerned = []  # any one is enough, and one has been met and looked at
    for condition in concerned:
        if condition.state != ConditionState.MET:
            if condition_id or not met_as_a_whole:
                missing.append({"conditionId": condition.condition_id, "state": condition.state})
        elif condition.inspection_ends_at and now < condition.inspection_ends_at:
            until = condition.inspection_ends_at.isoformat()
            missing.append({"conditionId": condition.condition_id, "state": "INSPECTION", "until": until})
    if escrow.available_at and now < escrow.available_at:
        missing.append({
            "conditionId": "TIME_LOCK", "state": "OPEN", "until": escrow.available_at.isoformat(),
            "why": escrow.available_why,
        })  # fmt: skip
    return missing


def _is_one_over(conditions: Sequence[Condition], now: datetime) -> bool:
    return any(
        each.state == ConditionState.MET and (each.inspection_ends_at is None or each.inspection_ends_at <= now)
        for each in conditions
    )


def missing_for_parts(escrow: Escrow, terms: InForce, there: Sequence[Part], *, now: datetime) -> list[dict[str, Any]]:
    """The same for these parts: milestones stand on their own conditions, everything else on the terms as a whole."""
    if not there or not _is_milestone(terms, there):
        return missing_for(escrow, terms, now=now)
    found = [
        each
        for name in dict.fromkeys(part.condition_id for part in there)
        for each in missing_for(escrow, terms, condition_id=name, now=now)
    ]
    return list({str(each["conditionId"]): each for each in found}.values())


def _require_state(escrow: Escrow, *, signed: bool = False) -> None:
    if escrow.status not in (EscrowStatus.FUNDED, EscrowStatus.LOCKED):
        raise EscrowStateForbids(f"the escrow is {escrow.status}")
    if locks.reasons(escrow) - WAITING:
        raise EscrowHeld
    if signed and locks.find(escrow, LockReason.APPROVALS) is None:
        raise EscrowStateForbids("no signatures are waited for")


def _choose(
    escrow: Escrow, terms: InForce, amount_minor: int | None, condition_id: str, *, now: datetime
) -> list[Part]:
    there = parts.held(escrow)
    if condition_id:
        if condition_id not in terms.conditions:
            raise ReleaseConditionsNotMet(f"there is no condition {condition_id}")
        there = [part for part in there if part.condition_id == condition_id]
    total = sum(part.amount_minor for part in there)
    wanted = total if amount_minor is None else amount_minor
    if (condition_id or wanted < total) and not terms.agreed.release.partial_release_allowed:
        raise PartialReleaseNotAllowed
    return parts.take(escrow, wanted, among=there, now=now)


def _is_milestone(terms: InForce, chosen: Sequence[Part]) -> bool:
    """Parts of milestones stand on those alone; what no milestone frees stands on the terms as a whole."""
    names = {part.condition_id for part in chosen}
    return "" not in names and terms.agreed.release.partial_release_allowed
