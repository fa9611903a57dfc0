"""Banking days of the Federal Reserve: Monday to Friday without its holidays.

A holiday on a Sunday closes the Monday after it. A holiday on a Saturday closes nothing: the Reserve Banks are open on
the Friday before it, unlike federal offices (Friday 3 July 2026 is a banking day). Days are calendar dates in Eastern
time; see `eastern` for the date of an instant.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache

MONDAY, THURSDAY, SATURDAY, SUNDAY = 0, 3, 5, 6
# Since then the rules below have stood as they are, but for Juneteenth.
FIRST_YEAR = 1986
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Holiday:
    """`day` by the law; `closed_on` the weekday it closes, None where it falls on a Saturday."""

    name: str
    day: date
    closed_on: date | None


def _nth(month: int, weekday: int, n: int) -> Callable[[int], date]:
    def day(year: int) -> date:
        first = date(year, month, 1)
        return first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (n - 1))

    return day


def _last_monday(month: int) -> Callable[[int], date]:
    def day(year: int) -> date:
        last = date(year, month + 1, 1) - _DAY
        return last - timedelta(days=last.weekday())

    return day


def _fixed(month: int, day_of_month: int) -> Callable[[int], date]:
    return lambda year: date(year, month, day_of_month)


# Name, first year, rule; in the order of the year.
_RULES: tuple[tuple[str, int, Callable[[int], date]], ...] = (
    ("New Year's Day", FIRST_YEAR, _fixed(1, 1)),
    ("Martin Luther King Jr. Day", FIRST_YEAR, _nth(1, MONDAY, 3)),
    ("Presidents' Day", FIRST_YEAR, _nth(2, MONDAY, 3)),
    ("Memorial Day", FIRST_YEAR, _last_monday(5)),
    ("Juneteenth", 2021, _fixed(6, 19)),
    ("Independence Day", FIRST_YEAR, _fixed(7, 4)),
    ("Labor Day", FIRST_YEAR, _nth(9, MONDAY, 1)),
    ("Columbus Day", FIRST_YEAR, _nth(10, MONDAY, 2)),
    ("Veterans Day", FIRST_YEAR, _fixed(11, 11)),
    ("Thanksgiving Day", FIRST_YEAR, _nth(11, THURSDAY, 4)),
    ("Christmas Day", FIRST_YEAR, _fixed(12, 25)),
)


def _closed_on(day: date) -> date | None:
    if day.weekday() == SATURDAY:
        return None
    return day + _DAY if day.weekday() == SUNDAY else day


@lru_cache(maxsize=256)
def holidays(year: int) -> tuple[Holiday, ...]:
    """In the order of the year, those on a Saturday too. Raises ValueError before 1986, where other rules held."""
    if year < FIRST_YEAR:
        raise ValueError(f"year: {year} is before {FIRST_YEAR}, the first year these holidays are known for")
    days = ((name, rule(year)) for name, since, rule in _RULES if year >= since)
    return tuple(Holiday(name, day, _closed_on(day)) for name, day in days)


@lru_cache(maxsize=256)
def _closed(year: int) -> frozenset[date]:
    return frozenset(each.closed_on for each in holidays(year) if each.closed_on is not None)


def is_banking_day(day: date) -> bool:
    """Raises TypeError for an instant: near midnight its date in UTC is not the bank's."""
    if isinstance(day, datetime):
        raise TypeError("day: a calendar date in Eastern time, not an instant")
    return day.weekday() < SATURDAY and day not in _closed(day.year)


def require_banking_day(field: str, day: date) -> date:
    """The day itself. Raises ValueError naming the field: nothing settles on any other day."""
    if not is_banking_day(day):
        raise ValueError(f"{field}: {day} is not a banking day")
    return day


def next_banking_day(day: date) -> date:
    """The first banking day after that day, never the day itself."""
    return on_or_after(day + _DAY)


def previous_banking_day(day: date) -> date:
    """The last banking day before that day, never the day itself."""
    return on_or_before(day - _DAY)


def on_or_after(day: date) -> date:
    """The day itself if it is a banking day, else the next."""
    while not is_banking_day(day):
        day += _DAY
    return day


def on_or_before(day: date) -> date:
    """The day itself if it is a banking day, else the one before."""
    while not is_banking_day(day):
        day -= _DAY
    return day


def add_banking_days(day: date, n: int) -> date:
    """The n-th banking day after that day; before it where n is negative; `on_or_after` the day where n is 0.

    The day itself is never counted: from Saturday 11 July 2026 the first banking day is Monday the 13th, and so is the
    0th. Who lets a weekend count as the Monday after it starts from `on_or_after(day)`.
    """
    if n == 0:
        return on_or_after(day)
    step = next_banking_day if n > 0 else previous_banking_day
    for _ in range(abs(n)):
        day = step(day)
    return day


def banking_days_between(start: date, end: date) -> int:
    """Banking days after `start` up to and with `end`; negative where `end` is earlier.

    Of two banking days it is the n with which `add_banking_days(start, n)` is `end`.
    """
    if end < start:
        return -banking_days_between(end, start)
    days = (start + timedelta(days=n) for n in range(1, (end - start).days + 1))
    return sum(map(is_banking_day, days))
