"""Money goes back to the payer while the terms are not met, or where the payee agrees."""

from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar

from django.db import transaction

from core.actors import Actor
from core.errors import Refusal
from escrow.enums import HOLDS, EscrowStatus
from escrow.models import Escrow, Part
from escrow.selectors import agreements
from escrow.services import escrows, locks, movements, parts, timers
from escrow.services.releases import EscrowHeld, PartialReleaseNotAllowed
from escrow.states import EscrowStateForbids, Transition, next_state, whose
from escrow.terms import timeline


class PayeeMustAgree(Refusal):
    """The terms are met: the money is the payee's, unless the payee agrees or a dispute says otherwise."""

    code: ClassVar[str] = "REFUND_NEEDS_THE_PAYEE"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "The terms are met: a refund needs the payee's agreement or a dispute"


def refund(
    *,
    escrow_id: str,
    livemode: bool,
    actor: Actor,
    now: datetime,
    reason: str,
    amount_minor: int | None = None,
    payee_agrees: bool = False,
) -> Escrow:
    """Give back all that is held or an amount of it; an escrow nobody funded just ends.

    Raises EscrowNotFound, EscrowStateForbids (disputed, ended), EscrowHeld, PayeeMustAgree, InsufficientBalance,
    SwitchClosed.
    """
    with transaction.atomic():
        escrow = escrows.lock(escrow_id, livemode=livemode, with_payment=True)
        if escrow.status == EscrowStatus.CREATED:
            return cancel(escrow, actor=actor, reason=reason, now=now)
        require_refundable(escrow)
        terms = agreements.in_force(escrow)
        if not payee_agrees and terms.conditions and timeline.satisfied(terms.agreed, terms.states):
            raise PayeeMustAgree
        wanted = escrow.held_minor if amount_minor is None else amount_minor
        if wanted < escrow.held_minor and not terms.agreed.release.partial_release_allowed:
            raise PartialReleaseNotAllowed
        back(escrow, wanted, actor=actor, reason=reason, now=now)
    return escrow


def back(
    escrow: Escrow,
    amount_minor: int,
    *,
    actor: Actor,
    reason: str,
    now: datetime,
    reference: str = "",
    among: Sequence[Part] | None = None,
) -> None:
    """In the caller's transaction, which holds payment and escrow and has decided; of `among`, last parts first."""
    escrows.require_movable(escrow, escrows.money(escrow, amount_minor), now=now)
    taken = parts.take(escrow, amount_minor, now=now, among=among, last_first=True)
    movements.refund(escrow, taken, actor=actor, reason=reason, reference=reference, now=now)


def cancel(escrow: Escrow, *, actor: Actor, reason: str, now: datetime) -> Escrow:
    """Nothing was held, nothing moves."""
    escrow.status = next_state(escrow.status, Transition.CANCEL, by=whose(actor))
    escrow.closed_at = now
    timers.stop(escrow, now=now, why="the escrow has ended")
    escrows.save(escrow, "status", "closed_at", now=now)
    escrows.record(escrow, "cancelled", actor=actor, now=now, reason=reason)
    return escrow


def require_refundable(escrow: Escrow) -> None:
    if escrow.status not in (EscrowStatus.FUNDED, EscrowStatus.LOCKED):
        raise EscrowStateForbids(f"the escrow is {escrow.status}")
    if locks.reasons(escrow) & HOLDS:
        raise EscrowHeld
