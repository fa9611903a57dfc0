"""When files are cut, in an Eastern time that changes its distance to UTC twice a year."""

import tomllib
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ach.calendar.cutoffs import Cutoffs, Priority, Window, cutoffs_of, next_cutoff
from ach.calendar.days import is_banking_day
from ach.calendar.eastern import eastern, instant, midnight_after
from tests.factories.ach_calendar import CUTOFFS, WINDOWS, new_york

NOON_UTC = datetime(2026, 3, 6, 12, tzinfo=UTC)
INSTANTS = st.datetimes(datetime(2024, 1, 1), datetime(2032, 12, 1), timezones=st.just(UTC))
SAME_DAY, STANDARD = Priority.SAME_DAY, Priority.STANDARD


def in_utc(day: date) -> list[str]:
    return [f"{each.at:%H:%M}" for each in cutoffs_of(day, CUTOFFS)]


def test_the_cutoffs_of_a_day_follow_the_clock_changes() -> None:
    """The clocks go forward on Sunday 8 March 2026 and back on Sunday 1 November. In between New York is 4 hours
    behind UTC, else 5. The same 9:30 in New York is another hour in UTC on the Mondays."""
    winter, summer = ["14:30", "18:45", "20:45", "22:15", "00:45"], ["13:30", "17:45", "19:45", "21:15", "23:45"]
    assert in_utc(date(2026, 3, 6)) == winter
    assert in_utc(date(2026, 3, 9)) == summer
    assert in_utc(date(2026, 10, 30)) == summer
    assert in_utc(date(2026, 11, 2)) == winter


def test_a_day_without_banking_has_no_cutoff() -> None:
    assert cutoffs_of(date(2026, 3, 8), CUTOFFS) == ()
    assert cutoffs_of(date(2026, 11, 26), CUTOFFS) == ()


def test_days_of_23_and_of_25_hours() -> None:
    for sunday, hours in ((date(2026, 3, 8), 23), (date(2026, 11, 1), 25), (date(2026, 11, 8), 24)):
        length = midnight_after(sunday) - instant(sunday, time.min)
        assert length == timedelta(hours=hours)


def test_from_friday_to_monday_an_hour_is_missing_in_spring_and_there_is_one_more_in_autumn() -> None:
    for friday, hours in ((date(2026, 3, 6), 71), (date(2026, 10, 30), 73), (date(2026, 6, 5), 72)):
        monday = friday + timedelta(days=3)
        first, second = (cutoffs_of(day, CUTOFFS)[0].at for day in (friday, monday))
        assert second - first == timedelta(hours=hours)


@pytest.mark.parametrize(
    ("now", "priority", "expected", "window"),
    [
        ("2026-03-10 09:29:59", SAME_DAY, "2026-03-10 09:30", "1"),
        ("2026-03-10 09:30", SAME_DAY, "2026-03-10 13:45", "2"),  # exactly at the cutoff: the next one
        ("2026-03-10 15:45", SAME_DAY, "2026-03-11 09:30", "1"),
        ("2026-03-10 15:45", STANDARD, "2026-03-10 17:15", ""),
        ("2026-03-10 19:45", STANDARD, "2026-03-11 17:15", ""),
        ("2026-03-06 19:45", STANDARD, "2026-03-09 17:15", ""),  # over the weekend of the clock change
        ("2026-07-04 12:00", SAME_DAY, "2026-07-06 09:30", "1"),
        ("2026-12-31 23:59", STANDARD, "2027-01-04 17:15", ""),
        ("2026-11-25 20:30", STANDARD, "2026-11-27 17:15", ""),  # Thanksgiving is stepped over
    ],
)
def test_the_next_cutoff(now: str, priority: Priority, expected: str, window: str) -> None:
    found = next_cutoff(new_york(now), priority, CUTOFFS)
    assert found.at == new_york(expected)
    assert found.at.tzinfo is UTC
    assert found.day == date.fromisoformat(expected[:10])
    assert (found.window.name if found.window else "") == window
    assert found.priority is priority


def test_late_in_the_evening_utc_is_already_tomorrow() -> None:
    """00:30 UTC on Wednesday is Tuesday, 20:30 in New York's summer."""
    assert eastern(datetime(2026, 7, 8, 0, 30, tzinfo=UTC)).date() == date(2026, 7, 7)
    found = next_cutoff(datetime(2026, 7, 7, 23, 30, tzinfo=UTC), STANDARD, CUTOFFS)
    assert (found.day, found.at) == (date(2026, 7, 7), datetime(2026, 7, 7, 23, 45, tzinfo=UTC))


@given(now=INSTANTS, later=st.timedeltas(timedelta(0), timedelta(days=10)), priority=st.sampled_from(Priority))
def test_the_next_cutoff_is_later_than_now_and_nothing_lies_between(
    now: datetime, later: timedelta, priority: Priority
) -> None:
    found = next_cutoff(now, priority, CUTOFFS)
    assert found.at > now
    assert is_banking_day(found.day)
    assert found.day == eastern(found.at).date()
    assert next_cutoff(found.at - timedelta(microseconds=1), priority, CUTOFFS) == found
    assert found.at <= next_cutoff(now + later, priority, CUTOFFS).at
    if now + later < found.at:
        assert next_cutoff(now + later, priority, CUTOFFS) == found


def test_a_configuration_out_of_order_is_refused() -> None:
    for bad, reason in (
        ({"standard": ()}, "standard: at least one"),
        ({"standard": (time(20), time(17, 30))}, "standard: deadlines come in order"),
        ({"same_day": (WINDOWS[0], WINDOWS[0])}, "same_day: deadlines come in order"),
        ({"standard": (time(20, tzinfo=UTC),)}, "standard: times of day are Eastern"),
        ({"lead_minutes": -1}, "lead_minutes: -1"),
        ({"lead_minutes": 586}, "lead_minutes: 586"),  # before midnight of the day of the 9:45 deadline
    ):
        with pytest.raises(ValueError, match=reason):
            replace(CUTOFFS, **bad)
    assert cutoffs_of(date(2026, 3, 6), replace(CUTOFFS, lead_minutes=585))[0].at == new_york("2026-03-06 00:00")
    assert Window("1", time(10, 30), time(10, 30), time(13)).settles == time(13)  # as late as the operator
    for times in ((time(11), time(10, 30), time(13)), (time(10), time(13), time(13))):
        with pytest.raises(ValueError, match="window 1: bank_deadline, fed_deadline and settles"):
            Window("1", *times)
    with pytest.raises(ValueError, match="bank_deadline: times of day are Eastern"):
        Window("1", time(9, tzinfo=UTC), time(10, 30), time(13))


def test_what_is_no_question_gets_no_answer() -> None:
    with pytest.raises(ValueError, match="same_day: the bank offers no window"):
        next_cutoff(NOON_UTC, SAME_DAY, Cutoffs(same_day=(), standard=(time(20),), lead_minutes=0))
    with pytest.raises(ValueError, match="a time without a zone"):
        next_cutoff(datetime(2026, 3, 6, 12), STANDARD, CUTOFFS)


def test_the_zone_comes_with_the_program() -> None:
    """A slim image has no /usr/share/zoneinfo; without the package the calendar would not even be imported there."""
    project = tomllib.loads((Path(__file__).resolve().parents[3] / "pyproject.toml").read_text())["project"]
    assert any(line.startswith("tzdata") and ";" not in line for line in project["dependencies"])
