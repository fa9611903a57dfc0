"""When entries are cut into a file: the bank's deadlines of each banking day, less the time a file takes.

An entry that comes exactly at a cutoff goes to the next one.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from itertools import pairwise

from ach.calendar.days import is_banking_day, next_banking_day, on_or_after
from ach.calendar.eastern import eastern, instant


class Priority(StrEnum):
    SAME_DAY = "SAME_DAY"
    STANDARD = "STANDARD"


@dataclass(frozen=True, slots=True)
class Window:
    """A same-day window in Eastern time: our bank's deadline, the operator's after it, and when it settles.

    The operators' are 10:30 (settles 13:00), 14:45 (17:00) and 16:45 (18:00). Raises ValueError out of that order.
    """

    name: str
    bank_deadline: time
    fed_deadline: time
    settles: time

    def __post_init__(self) -> None:
        _require_local("bank_deadline", self.bank_deadline, self.fed_deadline, self.settles)
        if not self.bank_deadline <= self.fed_deadline < self.settles:
            raise ValueError(f"window {self.name}: bank_deadline, fed_deadline and settles come in that order")


@dataclass(frozen=True, slots=True)
class Cutoffs:
    """What our bank takes: same-day windows (none where it offers none) and standard deadlines, each in order.

    A file is cut `lead_minutes` before the deadline it is for. Raises ValueError naming the field.
    """

    same_day: tuple[Window, ...]
    standard: tuple[time, ...]
    lead_minutes: int

    def __post_init__(self) -> None:
        same_day = tuple(window.bank_deadline for window in self.same_day)
        if not self.standard:
            raise ValueError("standard: at least one deadline")
        _require_local("standard", *self.standard)
        for field, times in (("same_day", same_day), ("standard", self.standard)):
            if any(later <= earlier for earlier, later in pairwise(times)):
                raise ValueError(f"{field}: deadlines come in order, none twice")
        earliest = min(same_day + self.standard)
        if not 0 <= self.lead_minutes <= earliest.hour * 60 + earliest.minute:
            raise ValueError(f"lead_minutes: {self.lead_minutes} is not within the day of the first deadline")


@dataclass(frozen=True, slots=True)
class Cutoff:
    """`at` in UTC, on the banking day `day`; `window` of a same-day cutoff only."""

    at: datetime
    day: date
    priority: Priority
    window: Window | None = None


def _require_local(field: str, *times: time) -> None:
    if any(each.tzinfo is not None for each in times):
        raise ValueError(f"{field}: times of day are Eastern and carry no zone")


def cutoffs_of(day: date, cutoffs: Cutoffs) -> tuple[Cutoff, ...]:
    """All cutoffs of that day in order of time; none where it is no banking day."""
    if not is_banking_day(day):
        return ()
    lead = timedelta(minutes=cutoffs.lead_minutes)
    same_day = [
        Cutoff(instant(day, window.bank_deadline) - lead, day, Priority.SAME_DAY, window) for window in cutoffs.same_day
    ]
    standard = [Cutoff(instant(day, deadline) - lead, day, Priority.STANDARD) for deadline in cutoffs.standard]
    return tuple(sorted(same_day + standard, key=lambda each: each.at))


def next_on(day: date, after: datetime, priority: Priority, cutoffs: Cutoffs) -> Cutoff | None:
    """The first cutoff of that day that is later than the instant; None where that day has none left."""
    return next((each for each in cutoffs_of(day, cutoffs) if each.priority == priority and each.at > after), None)


def next_cutoff(now: datetime, priority: Priority, cutoffs: Cutoffs) -> Cutoff:
    """The first one later than `now`. Raises ValueError where the bank has no same-day window, or for a time without a
    zone."""
    if priority == Priority.SAME_DAY and not cutoffs.same_day:
        raise ValueError("same_day: the bank offers no window")
    day = on_or_after(eastern(now).date())
    found = next_on(day, now, priority, cutoffs)
    while found is None:
        day = next_banking_day(day)
        found = next_on(day, now, priority, cutoffs)
    return found
