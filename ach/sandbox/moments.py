"""When the sandbox bank settles an entry and when it answers. Pure: the configuration is passed in."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from ach.calendar.cutoffs import Window
from ach.calendar.days import add_banking_days, is_banking_day, next_banking_day, on_or_after
from ach.calendar.eastern import eastern, instant
from ach.calendar.settlement import Terms
from ach.sandbox.behaviours import After


@dataclass(frozen=True, slots=True)
class Hours:
    """`returns_at` in Eastern time, on banking days; what the operator refuses comes `operator` after it came in."""

    returns_at: time
    acknowledges: timedelta
    operator: timedelta


@dataclass(frozen=True, slots=True)
class Settled:
    day: date
    at: datetime


def settlement(received_at: datetime, effective: date | None, *, amount_minor: int, sec: str, terms: Terms) -> Settled:
    """When an entry settles that came in at that moment with that effective entry date.

    A later date is kept, moved to a banking day. Today's, a stale or a missing one is the next that is possible: a
    same-day window that is still open where the entry may use it, else the next banking day.
    """
    local = eastern(received_at)
    today = is_banking_day(local.date()) and local.time() <= terms.cutoffs.standard[-1]
    day = local.date() if today else next_banking_day(local.date())
    if effective is not None and effective > day:
        return _at(on_or_after(effective), terms.standard_settles)
    same_day = sec not in terms.never_same_day and amount_minor <= terms.same_day_limit_minor
    window = _open(terms.cutoffs.same_day, local.time() if today else time.min) if same_day else None
    if window is not None:
        return _at(day, window.settles)
    return _at(next_banking_day(day), terms.standard_settles)


def answer(after: After, *, received_at: datetime, settled: Settled, hours: Hours) -> datetime:
    """The instant at which a step is due."""
    if after.calendar_days:
        return instant(on_or_after(settled.day + timedelta(days=after.calendar_days)), hours.returns_at)
    if after.banking_days:
        return instant(add_banking_days(settled.day, after.banking_days), hours.returns_at)
    return min(received_at + hours.operator, settled.at - timedelta(minutes=1))


def banking_day_of(moment: datetime) -> date:
    """The banking day whose books a movement of that moment stands in."""
    return on_or_after(eastern(moment).date())


def _open(windows: tuple[Window, ...], local: time) -> Window | None:
    return next((each for each in windows if local <= each.bank_deadline), None)


def _at(day: date, local: time) -> Settled:
    return Settled(day, instant(day, local))
