"""Banking days of this month and the next with their cutoffs, in Eastern time and in UTC."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from django.http import HttpRequest, HttpResponse

from ach.calendar.cutoffs import Cutoff, Cutoffs, cutoffs_of
from ach.calendar.days import SATURDAY, holidays, is_banking_day
from ach.calendar.eastern import EASTERN, eastern
from ach.dates import cutoffs
from ach.views.entries import VIEW
from core import clock, console

_DAY = timedelta(days=1)
_MONTHS = 2


@dataclass(frozen=True, slots=True)
class Moment:
    """One cutoff, as on the clock; `(+1)` is the day after. `kind` is `same day 1` or `standard`."""

    eastern_text: str
    utc_text: str
    kind: str
    is_past: bool


@dataclass(frozen=True, slots=True)
class Day:
    """`closed` says why nothing settles; `clocks` what the clock change of that day does."""

    day: date
    is_today: bool
    closed: str
    holiday: str
    clocks: str
    cutoffs: Sequence[Moment]


@dataclass(frozen=True, slots=True)
class Month:
    first: date
    days: Sequence[Day]

    @property
    def banking_days(self) -> int:
        return sum(not day.closed for day in self.days)


@console.page(path="ach/calendar/", name="ach_calendar", title="Calendar", nav=("ACH", 71), permission=VIEW)
def calendar(request: HttpRequest) -> HttpResponse:
    """By the configuration in force now: one that is dated later is not shown in advance."""
    now = clock.now()
    context = {
        "months": months(now, cutoffs(now)),
        "offset": offset_of(eastern(now)),
        "now": f"{eastern(now):%a %-d %b %Y, %H:%M}",
    }
    return console.render(request, "ach/calendar.html", context)


def months(now: datetime, terms: Cutoffs) -> list[Month]:
    first, found = eastern(now).date().replace(day=1), []
    for _ in range(_MONTHS):
        following = (first + 31 * _DAY).replace(day=1)
        days = [first + _DAY * n for n in range((following - first).days)]
        found.append(Month(first, [_day(day, now, terms) for day in days]))
        first = following
    return found


def offset_of(moment: datetime) -> str:
    """`UTC-4`, in whole hours as in New York."""
    hours = int((moment.utcoffset() or timedelta()).total_seconds() // 3600)
    return f"UTC{hours:+d}"


def _day(day: date, now: datetime, terms: Cutoffs) -> Day:
    holiday = " and ".join(_holidays(day))
    closed = "" if is_banking_day(day) else holiday or ("Saturday" if day.weekday() == SATURDAY else "Sunday")
    note = f"{holiday}: the Reserve Banks are open on the Friday before" if _is_open_friday(day) else holiday
    moments = [_moment(each, now) for each in cutoffs_of(day, terms)]
    return Day(day, day == eastern(now).date(), closed, note, _clocks(day), moments)


def _holidays(day: date) -> Iterator[str]:
    """Of the day by the law, and of the Monday that one on a Sunday closes."""
    for each in holidays(day.year):
        if each.day == day:
            yield each.name
        elif each.closed_on == day:
            yield f"{each.name}, observed"


def _is_open_friday(day: date) -> bool:
    return day.weekday() == SATURDAY and any(each.day == day for each in holidays(day.year))


def _moment(cutoff: Cutoff, now: datetime) -> Moment:
    kind = f"same day {cutoff.window.name}" if cutoff.window else "standard"
    eastern_text, utc_text = (f"{cutoff.at.astimezone(zone):%H:%M}" for zone in (EASTERN, UTC))
    if cutoff.at.astimezone(UTC).date() > cutoff.day:
        utc_text += " (+1)"
    return Moment(eastern_text, utc_text, kind, cutoff.at <= now)


def _clocks(day: date) -> str:
    before, after = (datetime.combine(each, time.min, EASTERN) for each in (day, day + _DAY))
    if before.utcoffset() == after.utcoffset():
        return ""
    way = "forward" if (after.utcoffset() or timedelta()) > (before.utcoffset() or timedelta()) else "back"
    return (
        f"Clocks go {way}: {offset_of(before)} becomes {offset_of(after)}, cutoffs stay where they are in Eastern time"
    )
