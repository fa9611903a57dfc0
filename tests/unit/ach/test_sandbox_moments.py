"""When the sandbox bank settles and answers: the operator's clock, on banking days in New York."""

from datetime import date, datetime, time, timedelta

import pytest

from ach.calendar.eastern import instant
from ach.sandbox import moments
from ach.sandbox.behaviours import BEFORE, After
from ach.sandbox.moments import Hours, Settled
from tests.factories.ach_calendar import TERMS, new_york

HOURS = Hours(returns_at=time(7), acknowledges=timedelta(minutes=5), operator=timedelta(minutes=30))
CENTS = 46_000


def settled(at: str, effective: date | None, cents: int = CENTS, sec: str = "PPD") -> datetime:
    return moments.settlement(new_york(at), effective, amount_minor=cents, sec=sec, terms=TERMS).at


@pytest.mark.parametrize(
    ("at", "effective", "at_the_bank"),
    [
        ("2026-03-03 16:50", date(2026, 3, 4), "2026-03-04 08:30"),  # Tuesday for Wednesday
        ("2026-03-06 16:50", date(2026, 3, 9), "2026-03-09 08:30"),  # Friday for Monday
        ("2026-03-06 16:50", date(2026, 3, 7), "2026-03-09 08:30"),  # Saturday is no banking day
        ("2026-11-25 16:50", date(2026, 11, 26), "2026-11-27 08:30"),  # Thanksgiving
        ("2026-07-02 16:50", date(2026, 7, 3), "2026-07-03 08:30"),  # 4 July on a Saturday closes nothing
        ("2026-03-03 09:40", date(2026, 3, 3), "2026-03-03 13:00"),  # the first window
        ("2026-03-03 09:45", date(2026, 3, 3), "2026-03-03 13:00"),  # exactly at its deadline
        ("2026-03-03 09:46", date(2026, 3, 3), "2026-03-03 17:00"),  # the second
        ("2026-03-03 16:01", date(2026, 3, 3), "2026-03-04 08:30"),  # none is open
        ("2026-03-03 09:40", date(2026, 3, 2), "2026-03-03 13:00"),  # stale: the next that is possible
        ("2026-03-03 16:50", None, "2026-03-04 08:30"),  # none is written
        ("2026-03-03 20:00", date(2026, 3, 4), "2026-03-04 08:30"),  # exactly at the last deadline
        ("2026-03-03 20:01", date(2026, 3, 4), "2026-03-04 13:00"),  # after the last deadline it is Wednesday's file
        ("2026-03-07 12:00", date(2026, 3, 9), "2026-03-09 13:00"),  # on a Saturday for Monday, that Monday's file
        ("2026-03-06 16:50", date(2026, 3, 10), "2026-03-10 08:30"),  # a later date is kept
    ],
)
def test_an_entry_settles_at_the_next_possible_moment(at: str, effective: date | None, at_the_bank: str) -> None:
    assert settled(at, effective) == new_york(at_the_bank)


def test_what_may_not_settle_on_the_same_day_settles_on_the_next() -> None:
    today = date(2026, 3, 3)
    assert settled("2026-03-03 09:40", today, cents=100_000_000) == new_york("2026-03-03 13:00")
    assert settled("2026-03-03 09:40", today, cents=100_000_001) == new_york("2026-03-04 08:30")
    assert settled("2026-03-03 09:40", today, sec="ENR") == new_york("2026-03-04 08:30")


@pytest.mark.parametrize(
    ("after", "due"),
    [
        (After(banking_days=1), "2026-11-30 07:00"),  # Friday after Thanksgiving, then Monday
        (After(banking_days=2), "2026-12-01 07:00"),
        (After(calendar_days=45), "2027-01-11 07:00"),
        (BEFORE, "2026-11-25 17:20"),
    ],
)
def test_answers_come_on_banking_days_at_seven(after: After, due: str) -> None:
    friday = Settled(date(2026, 11, 27), new_york("2026-11-27 08:30"))
    came_in = new_york("2026-11-25 16:50")
    assert moments.answer(after, received_at=came_in, settled=friday, hours=HOURS) == new_york(due)


def test_what_is_refused_before_settlement_never_comes_after_it() -> None:
    same_day = Settled(date(2026, 3, 3), instant(date(2026, 3, 3), time(13)))
    late = new_york("2026-03-03 12:45")
    due = moments.answer(BEFORE, received_at=late, settled=same_day, hours=HOURS)
    assert due == new_york("2026-03-03 12:59")
