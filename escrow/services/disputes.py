"""A dispute is raised and freezes the escrow; whoever raised it may take it back."""

from datetime import datetime, timedelta
from typing import ClassVar

from django.db import transaction

from core.actors import SYSTEM, Actor
from core.errors import Refusal
from core.staff import roles
from core.telemetry.redaction import redact
from escrow.dispute_enums import DisputeReason, DisputeSide
from escrow.enums import EscrowStatus, MovementKind
from escrow.models import Dispute, Escrow, Movement
from escrow.selectors import agreements
from escrow.selectors.agreements import InForce
from escrow.selectors.disputes import DisputeNotFound
from escrow.services import cases, escrows, parts
from escrow.services.cases import Complaint
from escrow.services.joining import join as join
from escrow.services.joining import join_ach_return as join_ach_return
from escrow.states import EscrowStateForbids
from payments.models import Payment

PERMISSION = "escrow.raise_dispute"
BY_PARTIES = frozenset({DisputeSide.PAYER, DisputeSide.PAYEE})
LONGEST_TEXT = 2000


class DisputesNotAllowed(Refusal):
    code: ClassVar[str] = "DISPUTES_NOT_ALLOWED"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "The terms do not allow disputes"


class DisputeWindowClosed(Refusal):
    code: ClassVar[str] = "DISPUTE_WINDOW_CLOSED"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "The time to raise a dispute is over"


class DisputeAlreadyOpen(Refusal):
    """`disputeId` names it."""

    code: ClassVar[str] = "DISPUTE_ALREADY_OPEN"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "A dispute about this escrow is open already"


class SaleAlreadyChargedBack(Refusal):
    """The network has taken money of this sale back. It goes back once: the chargeback is where the case is decided."""

    code: ClassVar[str] = "SALE_ALREADY_CHARGED_BACK"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "The sale has been charged back already"


class NotAllowedToDispute(Refusal):
    code: ClassVar[str] = "NOT_ALLOWED"
    status: ClassVar[int] = 403
    title: ClassVar[str] = "Raising or withdrawing this dispute is not yours to do"


def raise_(
    *,
    escrow_id: str,
    livemode: bool,
    side: DisputeSide,
    reason: DisputeReason,
    text: str,
    actor: Actor,
    now: datetime,
    amount_minor: int | None = None,
) -> Dispute:
    """Dispute all that is held, or an amount of it: the parties within their window, staff as long as money is held.

    Raises EscrowNotFound, DisputeAlreadyOpen, EscrowStateForbids, SaleAlreadyChargedBack, DisputesNotAllowed,
    DisputeWindowClosed, InsufficientBalance, NotAllowedToDispute.
    """
    _require_allowed(actor, side)
    with transaction.atomic():
        escrow = escrows.lock(escrow_id, livemode=livemode)
        _require_state(escrow)
        terms = agreements.in_force(escrow)
        if side in BY_PARTIES:
            _require_in_time(escrow, terms, now)
        amount = escrow.held_minor if amount_minor is None else amount_minor
        if not 0 < amount <= escrow.held_minor:
            raise parts.InsufficientBalance(f"{escrow.held_minor} is held", fields={"available": escrow.held_minor})
        complaint = Complaint(side, reason, redact(text.strip())[:LONGEST_TEXT], amount)
        return cases.open_(escrow, terms, complaint, actor=actor, now=now)


def withdraw(*, dispute_id: str, livemode: bool, side: DisputeSide, actor: Actor, now: datetime) -> Dispute:
    """The terms go on as before. Raises DisputeNotFound, NotAllowedToDispute, DisputeStateForbids."""
    with transaction.atomic():
        dispute = cases.lock(dispute_id, livemode=livemode)
        _require_own(dispute, side, actor)
        cases.withdraw(dispute, actor=actor, now=now)
    return dispute


def withdraw_open(*, escrow_id: str, livemode: bool, side: DisputeSide, actor: Actor, now: datetime) -> Dispute:
    """The same for the open dispute of an escrow. Raises DisputeNotFound where there is none."""
    with transaction.atomic():
        dispute = cases.lock_open(escrows.lock(escrow_id, livemode=livemode))
        if dispute is None:
            raise DisputeNotFound
        return withdraw(dispute_id=dispute.public_id, livemode=livemode, side=side, actor=actor, now=now)


def _require_allowed(actor: Actor, side: DisputeSide) -> None:
    """Staff speak for themselves; for the parties their marketplace does, or they do."""
    if side == DisputeSide.STAFF:
        if actor.kind == "STAFF" and roles.grants(actor.roles, PERMISSION):
            return
    elif side in BY_PARTIES and actor.kind in ("API_KEY", "USER", SYSTEM.kind):
        return
    raise NotAllowedToDispute


def _require_own(dispute: Dispute, side: DisputeSide, actor: Actor) -> None:
    """The side that raised it; of staff the very person."""
    _require_allowed(actor, side)
    if dispute.side != side or (side == DisputeSide.STAFF and dispute.raised_by != str(actor)):
        raise NotAllowedToDispute("whoever raised a dispute withdraws it")


def _require_state(escrow: Escrow) -> None:
    if escrow.status == EscrowStatus.DISPUTED:
        known = Dispute.objects.filter(escrow=escrow).order_by("-id").values_list("public_id", flat=True).first()
        raise DisputeAlreadyOpen(f"{known} is open", fields={"dispute_id": known})
    if _is_charged_back(escrow):
        raise SaleAlreadyChargedBack
    if escrow.status not in (EscrowStatus.FUNDED, EscrowStatus.LOCKED):
        raise EscrowStateForbids(f"the escrow is {escrow.status}")


def _is_charged_back(escrow: Escrow) -> bool:
    """Read after the escrow was locked: whoever takes money back held it before."""
    if escrow.payment_id is not None:
        return Payment.objects.filter(pk=escrow.payment_id, disputed_minor__gt=0).exists()
    return Movement.objects.filter(escrow=escrow, kind=MovementKind.TAKEN_BACK).exists()


def _require_in_time(escrow: Escrow, terms: InForce, now: datetime) -> None:
    policy = terms.agreed.disputes
    if not policy.allow_disputes:
        raise DisputesNotAllowed
    assert escrow.funded_at is not None
    end = escrow.funded_at + timedelta(hours=policy.dispute_window_hours)
    if now >= end:
        raise DisputeWindowClosed(f"it ended at {end:%Y-%m-%d %H:%M} UTC")
