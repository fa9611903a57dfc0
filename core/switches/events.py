"""What switches tell the layers above."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class SwitchTurned:
    """Somebody closed it, or two people opened it. `scope` empty is everywhere; `state` is OPEN or CLOSED."""

    name: ClassVar[str] = "switches.switch_turned"
    version: ClassVar[int] = 1

    turn_id: int
    switch: str
    scope: str
    state: str
    owner: str
    expires_at: datetime | None
    turned_at: datetime


@dataclass(frozen=True, slots=True)
class SwitchTurnRanOut:
    """The time of a turn is over; `state` is what is in force for the same switch and scope since then."""

    name: ClassVar[str] = "switches.switch_turn_ran_out"
    version: ClassVar[int] = 1

    turn_id: int
    switch: str
    scope: str
    state: str
    owner: str
    ran_out_at: datetime
