"""What a dispute may be resolved as: exactly what is left of it, as far as it may move."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from core.errors import FieldError, Refusal
from escrow.dispute_enums import DisputeOutcome
from escrow.enums import HOLDS
from escrow.models import Dispute, Escrow
from escrow.services import escrows, locks
from escrow.services.releases import EscrowHeld, ReleaseConditionsNotMet


class ResolutionNotAccepted(Refusal):
    """The amounts are not what there is to decide about, or no reason is given."""

    code: ClassVar[str] = "INVALID_RESOLUTION"
    status: ClassVar[int] = 422
    title: ClassVar[str] = "The dispute cannot be resolved this way"


@dataclass(frozen=True, slots=True)
class Award:
    """What each side gets, in minor units. `outcome` follows."""

    release_minor: int
    refund_minor: int

    @property
    def outcome(self) -> DisputeOutcome:
        if self.release_minor and self.refund_minor:
            return DisputeOutcome.SPLIT
        return DisputeOutcome.RELEASE if self.release_minor else DisputeOutcome.REFUND


def require_whole(dispute: Dispute, award: Award) -> None:
    """All that can be disposed of, no more and no less. Raises ResolutionNotAccepted."""
    there = dispute.disposable_minor
    if min(award.release_minor, award.refund_minor) < 0 or award.release_minor + award.refund_minor != there:
        raise ResolutionNotAccepted(
            f"{there} is there to be decided about",
            errors=(FieldError("/release", f"is between 0 and {there}"),),
            fields={"available": there},
        )


def require_movable(escrow: Escrow, award: Award, *, now: datetime) -> None:
    """A hold, a closed switch, and the time lock of what goes to the payee stand above every decision."""
    if locks.reasons(escrow) & HOLDS:
        raise EscrowHeld
    if award.release_minor and escrow.available_at and now < escrow.available_at:
        missing = {"conditionId": "TIME_LOCK", "state": "OPEN", "until": escrow.available_at.isoformat()}
        raise ReleaseConditionsNotMet(
            f"nothing goes to the payee before {escrow.available_at:%Y-%m-%d %H:%M} UTC: {escrow.available_why}",
            fields={"conditions": [missing]},
        )
    moved = escrows.money(escrow, award.release_minor + award.refund_minor)
    escrows.require_movable(escrow, moved, now=now)
