"""What compliance tells the layers above."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class PartyBlocked:
    """The party may no longer pay or be paid. Why is for compliance only and not in the event."""

    name: ClassVar[str] = "compliance.party_blocked"
    version: ClassVar[int] = 1

    party_id: str
    livemode: bool
    blocked_at: datetime


@dataclass(frozen=True, slots=True)
class PartyUnblocked:
    name: ClassVar[str] = "compliance.party_unblocked"
    version: ClassVar[int] = 1

    party_id: str
    livemode: bool
    unblocked_at: datetime
