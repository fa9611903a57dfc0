"""Escrows whose time passes: the documented photography escrow, and a clock to move."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from core.outbox import services as outbox
from core.work import services as work
from escrow.enums import TimerState
from escrow.models import Escrow, Timer
from escrow.services import firing
from tests.factories import escrows
from tests.factories.payments import NOW

PAYER, PAYEE = "cus_customer123", "prov_provider456"
SERVICE = "cond_service_completion"


def terms(conditions: Iterable[dict[str, Any]] | None = None, **changes: Any) -> dict[str, Any]:
    """The documented terms with other conditions, or other values (`timeoutPolicy__autoRefundAfterHours=None`)."""
    document = escrows.terms(partial=False, **changes)
    return document if conditions is None else document | {"escrowConditions": list(conditions)}


def funded(
    amount_minor: int = 400_000, document: dict[str, Any] | None = None, *, now: datetime = NOW, **different: Any
) -> Escrow:
    """By the bank, which takes nothing back: no time lock. Below 5,000.00 nobody has to sign."""
    return escrows.funded(amount_minor, document=document or terms(), now=now, **different)


def met(escrow: Escrow, at: datetime, condition_id: str = SERVICE) -> Escrow:
    return escrows.meet(escrow, condition_id, now=at)


def after(hours: float) -> datetime:
    """So many hours after everything began."""
    return NOW + timedelta(hours=hours)


def fire(at: datetime) -> int:
    """All that is due at that moment, with what follows from it. How many timers fired."""
    total = 0
    while fired := firing.fire_due(now=at).count:
        total += fired
    settle(at)
    return total


def settle(at: datetime) -> None:
    """Handlers and ordered work."""
    while outbox.drain(now=at) or work.drain(now=at):
        continue


def fired(escrow: Escrow) -> list[tuple[str, str, str]]:
    """(kind, key, outcome) in the order they fired."""
    done = Timer.objects.filter(escrow=escrow, state=TimerState.FIRED).order_by("ended_at", "due_at", "id")
    return [(timer.kind, timer.key, timer.outcome) for timer in done]


def waiting(escrow: Escrow) -> list[tuple[str, str, float]]:
    """(kind, key, hours after everything began) of what is still to come."""
    rows = Timer.objects.filter(escrow=escrow, state=TimerState.PENDING).order_by("due_at", "id")
    return [(timer.kind, timer.key, (timer.due_at - NOW) / timedelta(hours=1)) for timer in rows]
