"""Which days are banking days, and how they are counted."""

import csv
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ach.calendar import days

TABLE = Path(__file__).resolve().parents[4] / "shared/data/ach/fed_holidays_2024_2032.csv"
DATES = st.dates(date(2000, 1, 1), date(2060, 12, 31))
BANKING_DAYS = DATES.map(days.on_or_after)
COUNTS = st.integers(-90, 90)


def test_nine_years_are_those_the_federal_reserve_publishes() -> None:
    if not TABLE.exists():
        pytest.skip("the table of Federal Reserve holidays is not in ../shared/data/ach")
    with TABLE.open() as file:
        published = [(row["holiday"], row["date"], row["fed_closed_on"]) for row in csv.DictReader(file)]
    by_rule = [
        (each.name, each.day.isoformat(), each.closed_on.isoformat() if each.closed_on else "")
        for year in range(2024, 2033)
        for each in days.holidays(year)
    ]
    assert len(published) == 99
    assert by_rule == published


@pytest.mark.parametrize(
    ("friday", "holiday"),
    [("2026-07-03", "2026-07-04"), ("2027-06-18", "2027-06-19"), ("2027-12-24", "2027-12-25")],
)
def test_before_a_holiday_on_a_saturday_the_fed_is_open(friday: str, holiday: str) -> None:
    """Independence Day 2026, Juneteenth and Christmas 2027. The days after the weekend are open too."""
    assert days.is_banking_day(date.fromisoformat(friday))
    assert not days.is_banking_day(date.fromisoformat(holiday))
    assert days.next_banking_day(date.fromisoformat(friday)) == date.fromisoformat(friday) + timedelta(days=3)


@pytest.mark.parametrize(
    ("monday", "is_open"),
    [
        ("2027-07-05", False),  # 4 July 2027 is a Sunday
        ("2023-01-02", False),  # New Year 2023 was a Sunday
        ("2022-06-20", False),  # Juneteenth's first closing, for a Sunday
        ("2020-06-19", True),  # not yet a holiday, and a Friday
        ("2021-06-18", True),  # Juneteenth was law since the day before, and a Saturday
        ("2026-12-28", True),  # Christmas 2026 is a Friday
    ],
)
def test_a_holiday_on_a_sunday_closes_the_monday(monday: str, is_open: bool) -> None:
    assert days.is_banking_day(date.fromisoformat(monday)) is is_open


def test_a_long_weekend_has_no_banking_day() -> None:
    """Thanksgiving 2026 is Thursday the 26th; the Friday after it is an ordinary banking day."""
    assert days.next_banking_day(date(2026, 11, 25)) == date(2026, 11, 27)
    assert days.previous_banking_day(date(2026, 11, 30)) == date(2026, 11, 27)
    assert days.on_or_after(date(2026, 11, 26)) == date(2026, 11, 27)
    assert days.on_or_before(date(2026, 11, 26)) == date(2026, 11, 25)
    assert days.on_or_after(date(2026, 11, 27)) == days.on_or_before(date(2026, 11, 27)) == date(2026, 11, 27)


def test_the_end_of_the_year() -> None:
    """New Year 2027 is a Friday: from Thursday to Monday. New Year 2028 is a Saturday: the Friday before is open."""
    assert days.add_banking_days(date(2026, 12, 31), 1) == date(2027, 1, 4)
    assert days.add_banking_days(date(2027, 12, 30), 1) == date(2027, 12, 31)
    assert days.add_banking_days(date(2027, 12, 31), 1) == date(2028, 1, 3)
    assert days.banking_days_between(date(2026, 12, 31), date(2027, 12, 31)) == 252


def test_a_weekend_is_never_counted() -> None:
    saturday, monday = date(2026, 7, 11), date(2026, 7, 13)
    assert days.add_banking_days(saturday, 0) == days.add_banking_days(saturday, 1) == monday
    assert days.add_banking_days(saturday, -1) == date(2026, 7, 10)
    assert days.add_banking_days(monday, 0) == monday
    assert days.banking_days_between(saturday, monday) == 1
    assert days.banking_days_between(monday, saturday) == -1
    assert days.banking_days_between(date(2026, 7, 10), saturday) == 0


@given(day=BANKING_DAYS, n=COUNTS)
def test_what_is_added_can_be_taken_back(day: date, n: int) -> None:
    later = days.add_banking_days(day, n)
    assert days.is_banking_day(later)
    assert days.add_banking_days(later, -n) == day
    assert days.banking_days_between(day, later) == n


@given(day=DATES, n=st.integers(1, 90))
def test_a_later_day_or_a_larger_count_is_never_earlier(day: date, n: int) -> None:
    assert days.add_banking_days(day, n) < days.add_banking_days(day, n + 1)
    assert days.add_banking_days(day, n) <= days.add_banking_days(day + timedelta(days=1), n)
    assert days.add_banking_days(day, -n) < day < days.add_banking_days(day, n)


@given(day=DATES)
def test_never_more_than_three_days_without_banking(day: date) -> None:
    """No weekday holiday has a neighbour: what waits for the next banking day waits four days at most."""
    assert 1 <= (days.next_banking_day(day) - day).days <= 4


def test_juneteenth_is_a_holiday_since_2021() -> None:
    assert [len(days.holidays(year)) for year in (1986, 2020, 2021)] == [10, 10, 11]
    [juneteenth] = [each for each in days.holidays(2021) if each.name == "Juneteenth"]
    assert (juneteenth.day, juneteenth.closed_on) == (date(2021, 6, 19), None)


def test_years_of_other_rules_and_instants_are_refused() -> None:
    with pytest.raises(ValueError, match="year: 1985 is before 1986"):
        days.is_banking_day(date(1985, 7, 1))
    with pytest.raises(TypeError, match="a calendar date in Eastern time"):
        days.next_banking_day(datetime(2026, 7, 3))
    with pytest.raises(ValueError, match="settled_on: 2026-07-04 is not a banking day"):
        days.require_banking_day("settled_on", date(2026, 7, 4))
