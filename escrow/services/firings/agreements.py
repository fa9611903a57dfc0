"""Hours of an agreement as such: nobody funded it, nobody answered an amendment."""

from datetime import datetime

from core.actors import SYSTEM
from escrow.enums import EscrowStatus, TimerKind
from escrow.models import Escrow, Timer
from escrow.services import refunds, terms
from escrow.services.firings.registry import fires


@fires(TimerKind.FUNDING_EXPIRY)
def end_unfunded(escrow: Escrow, timer: Timer, *, now: datetime) -> str:  # noqa: ARG001 (a firing's form)
    if escrow.status != EscrowStatus.CREATED:
        return f"The escrow is {escrow.status.lower()}"
    refunds.cancel(escrow, actor=SYSTEM, reason="nobody funded it in time", now=now)
    return "Ended: nobody funded it in time"


@fires(TimerKind.AMENDMENT_EXPIRY)
def lapse_amendment(escrow: Escrow, timer: Timer, *, now: datetime) -> str:
    try:
        terms.reject(
            escrow_id=escrow.public_id, livemode=escrow.livemode, version=int(timer.key), actor=SYSTEM, now=now,
            lapsed=True,
        )  # fmt: skip
    except terms.UnableToAmend:
        return "The amendment had been answered"
    return f"Version {timer.key} lapsed: not both sides agreed in time"
