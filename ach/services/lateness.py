"""On which day entries settle that leave now: as planned, or, where their cutoff was missed, as the next one allows."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Protocol

from ach.calendar.cutoffs import Priority
from ach.calendar.settlement import Direction, Settlement, settlement
from ach.dates import terms
from ach.parameters import number

_BEFORE = timedelta(microseconds=1)
# The limit was asked when the entry was accepted, and prenotes carry nothing.
_ANY_AMOUNT = 1


class Terms(Protocol):
    """What decides about an entry's day."""

    @property
    def priority(self) -> str: ...
    @property
    def direction(self) -> str: ...
    @property
    def sec(self) -> str: ...
    @property
    def effective_on(self) -> object: ...


@dataclass(frozen=True, slots=True)
class Plan:
    """`descriptive_date` marks same-day entries for the operator (SD1300); `why` says what is not as planned."""

    priority: str
    effective: date
    descriptive_date: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """Entries that settle together."""

    priority: str
    direction: str
    sec: str
    effective_on: date


def plans(entries: Iterable[Terms], *, at: datetime, now: datetime) -> dict[tuple[str, str, str, object], Plan]:
    """By (priority, direction, SEC, day): few, however many entries. `at` is the cutoff they waited for."""
    late = is_late(at, now)
    kinds = {(each.priority, each.direction, each.sec, each.effective_on) for each in entries}
    return {kind: _plan(*kind, at=at, now=now, late=late) for kind in kinds}


def again(groups: Iterable[Group], *, now: datetime) -> dict[Group, Settlement]:
    """When entries go that wait for a cutoff once more."""
    return {each: _settlement(now, each.priority, each.direction, each.sec, each.effective_on, now) for each in groups}


def is_late(at: datetime, now: datetime) -> bool:
    """Whether the bank's own deadline has passed as well."""
    return now >= at + timedelta(minutes=number("lead_minutes", now))


def settles(*, priority: str, direction: str, sec: str, effective_on: date, sent_at: datetime) -> Settlement:
    """When an entry settles whose file reached the bank at `sent_at`: the bank's deadlines count, not our cutoffs."""
    lead = timedelta(minutes=number("lead_minutes", sent_at))
    return _settlement(sent_at - lead - _BEFORE, priority, direction, sec, effective_on, sent_at)


def _plan(priority: str, direction: str, sec: str, day: object, *, at: datetime, now: datetime, late: bool) -> Plan:
    assert isinstance(day, date)
    found = _settlement(now if late else at - _BEFORE, priority, direction, sec, day, now)
    window = found.cutoff.window
    moved = found.effective != day or found.priority != priority
    why = f"the cutoff of {at:%Y-%m-%d %H:%M} UTC ran late" if late else ""
    if moved:
        why = f"{why or 'the calendar has changed'}: {priority} for {day} became {found.priority} for {found.effective}"
    return Plan(
        priority=found.priority.value,
        effective=found.effective,
        descriptive_date=f"SD{window.settles:%H%M}" if window else "",
        why=why,
    )


def _settlement(
    moment: datetime, priority: str, direction: str, sec: str, day: date, configured_at: datetime
) -> Settlement:
    rules = terms(configured_at)
    asked = (moment, Priority(priority), Direction(direction), _ANY_AMOUNT)
    found = settlement(*asked, day, sec, rules)
    if isinstance(found, Settlement):
        return found
    found = settlement(*asked, None, sec, rules)  # asked for when a date so far ahead was allowed
    assert isinstance(found, Settlement)
    return found
