"""How long an entry can come back, be reversed, corrected or sent again."""

from dataclasses import fields, replace
from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ach.calendar import deadlines
from ach.calendar.days import is_banking_day, on_or_after
from ach.calendar.deadlines import Days, ReturnKind
from ach.calendar.settlement import Direction
from tests.factories.ach_calendar import PERIODS, new_york

BANKING_DAYS = st.dates(date(2024, 1, 1), date(2032, 12, 1)).map(on_or_after)


@pytest.mark.parametrize(
    ("settled_on", "kind", "opening"),
    [
        ("2026-03-09", "2 BD", "2026-03-11 08:30"),  # Monday's entry by Wednesday's opening
        ("2026-03-05", "2 BD", "2026-03-09 08:30"),  # Thursday's by Monday's, over the clock change
        ("2026-11-25", "2 BD", "2026-11-30 08:30"),  # Thanksgiving does not count, the Friday does
        ("2026-07-02", "2 BD", "2026-07-06 08:30"),  # nor does Saturday 4 July take a day away
        ("2026-12-31", "2 BD", "2027-01-05 08:30"),
        ("2026-03-10", "60 CD", "2026-05-11 08:30"),  # the 60th day is Saturday 9 May
        ("2026-03-09", "60 CD", "2026-05-11 08:30"),  # Friday 8 May
        ("2026-03-06", "60 CD", "2026-05-06 08:30"),  # Tuesday 5 May: the Wednesday
        ("2026-04-28", "60 CD", "2026-06-29 08:30"),  # Saturday 27 June
        ("2026-09-27", "60 CD", None),  # nothing settles on a Sunday
    ],
)
def test_a_return_is_in_time_until_a_bank_opens(settled_on: str, kind: str, opening: str | None) -> None:
    settled = date.fromisoformat(settled_on)
    if opening is None:
        with pytest.raises(ValueError, match="settled_on: 2026-09-27 is not a banking day"):
            deadlines.return_deadline(settled, ReturnKind(kind), PERIODS)
    else:
        assert deadlines.return_deadline(settled, ReturnKind(kind), PERIODS) == new_york(opening)


def test_no_return_after_two_banking_days_is_not_final_for_a_consumer_debit() -> None:
    """Settled on Tuesday 10 March 2026. A code nobody knows is held as long as a consumer's."""
    settled, early, late = date(2026, 3, 10), new_york("2026-03-12 08:30"), new_york("2026-05-11 08:30")
    for sec, direction, expected in (
        ("PPD", Direction.DEBIT, late),
        ("WEB", Direction.DEBIT, late),
        ("TEL", Direction.DEBIT, late),
        ("XYZ", Direction.DEBIT, late),
        ("CCD", Direction.DEBIT, early),
        ("CTX", Direction.DEBIT, early),
        ("PPD", Direction.CREDIT, early),
    ):
        assert deadlines.final_at(sec, direction, settled, PERIODS) == expected, (sec, direction)
    with pytest.raises(ValueError, match="'SIDEWAYS' is not a valid Direction"):
        deadlines.final_at("PPD", "SIDEWAYS", settled, PERIODS)  # type: ignore[arg-type]


def test_a_notification_of_change() -> None:
    """Received on Monday 2 November 2026: six banking days, of which Veterans Day (Wednesday the 11th) is none."""
    assert deadlines.change_due(date(2026, 11, 2), PERIODS) == date(2026, 11, 10)
    assert deadlines.change_due(date(2026, 11, 3), PERIODS) == date(2026, 11, 12)
    assert deadlines.change_due(date(2026, 11, 7), PERIODS) == date(2026, 11, 17)  # received on a Saturday
    # Fifteen calendar days; Sunday the 22nd is too late for a file, so Friday the 20th.
    assert deadlines.change_refusal_due(date(2026, 11, 2), PERIODS) == date(2026, 11, 17)
    assert deadlines.change_refusal_due(date(2026, 11, 7), PERIODS) == date(2026, 11, 20)


def test_dishonor_and_contest() -> None:
    assert deadlines.dishonor_due(date(2026, 11, 9), PERIODS) == date(2026, 11, 17)
    assert deadlines.contest_due(date(2026, 11, 10), PERIODS) == date(2026, 11, 13)
    with pytest.raises(ValueError, match="return_settled_on: 2026-11-11"):
        deadlines.dishonor_due(date(2026, 11, 11), PERIODS)
    with pytest.raises(ValueError, match="dishonor_settled_on: 2026-11-11"):
        deadlines.contest_due(date(2026, 11, 11), PERIODS)


def test_a_reversal_has_two_ends_and_the_first_counts() -> None:
    """Settled on Monday 26 October 2026: until the end of Monday 2 November, and 24 hours from the discovery."""
    settled = date(2026, 10, 26)
    assert deadlines.reversal_deadline(settled, new_york("2026-10-27 15:00"), PERIODS) == new_york("2026-10-28 15:00")
    end = new_york("2026-11-03 00:00")
    assert deadlines.reversal_deadline(settled, new_york("2026-11-02 15:00"), PERIODS) == end
    assert deadlines.reversal_deadline(settled, new_york("2026-11-20 15:00"), PERIODS) == end  # discovered too late
    # 24 hours over the clock change: from Saturday noon to Sunday 11:00.
    found = deadlines.reversal_deadline(settled, new_york("2026-10-31 12:00"), PERIODS)
    assert found == new_york("2026-11-01 11:00")
    with pytest.raises(ValueError, match="settled_on: 2026-10-25"):
        deadlines.reversal_deadline(date(2026, 10, 25), new_york("2026-10-27 15:00"), PERIODS)


def test_sending_again_and_sending_live() -> None:
    """180 days from Monday 5 January 2026 end on Saturday 4 July: the Friday before is a banking day."""
    assert deadlines.reinitiation_until(date(2026, 1, 5), PERIODS) == date(2026, 7, 3)
    assert deadlines.reinitiation_until(date(2026, 1, 2), PERIODS) == date(2026, 7, 1)
    with pytest.raises(ValueError, match="settled_on: 2026-01-04"):
        deadlines.reinitiation_until(date(2026, 1, 4), PERIODS)
    # A prenote of Tuesday 30 June: Wednesday, Thursday, Friday 3 July.
    assert deadlines.live_from(date(2026, 6, 30), PERIODS) == date(2026, 7, 3)
    assert deadlines.live_from(date(2026, 7, 1), PERIODS) == date(2026, 7, 6)
    with pytest.raises(ValueError, match="prenote_settled_on: 2026-07-04"):
        deadlines.live_from(date(2026, 7, 4), PERIODS)


def test_a_hold_in_banking_days_ends_when_a_bank_opens() -> None:
    tuesday = new_york("2026-11-24 18:00")
    assert deadlines.hold_until(tuesday, 1, PERIODS) == new_york("2026-11-25 08:30")
    assert deadlines.hold_until(tuesday, 2, PERIODS) == new_york("2026-11-27 08:30")
    # Money of a Saturday came on Monday; its first day ends on Tuesday.
    assert deadlines.hold_until(new_york("2026-07-11 12:00"), 1, PERIODS) == new_york("2026-07-14 08:30")
    # 23:00 in New York is the next day in UTC, and is still the same day for the hold.
    assert deadlines.hold_until(new_york("2026-07-13 23:00"), 1, PERIODS) == new_york("2026-07-14 08:30")
    assert deadlines.hold_until(tuesday, 0, PERIODS) == tuesday
    with pytest.raises(ValueError, match="banking_days: not negative"):
        deadlines.hold_until(tuesday, -1, PERIODS)
    with pytest.raises(ValueError, match="a time without a zone"):
        deadlines.hold_until(datetime(2026, 7, 13), 0, PERIODS)


def test_return_rates_look_at_the_sixty_days_before() -> None:
    window = deadlines.rate_window(date(2026, 3, 10), PERIODS)
    assert window == Days(date(2026, 1, 9), date(2026, 3, 9))
    assert (window.last - window.first).days + 1 == 60


@given(settled=BANKING_DAYS, sec=st.sampled_from(["PPD", "CCD"]), direction=st.sampled_from(Direction))
def test_deadlines_keep_their_order(settled: date, sec: str, direction: Direction) -> None:
    ordinary = deadlines.return_deadline(settled, ReturnKind.ORDINARY, PERIODS)
    extended = deadlines.return_deadline(settled, ReturnKind.EXTENDED, PERIODS)
    assert ordinary < extended
    assert deadlines.final_at(sec, direction, settled, PERIODS) in {ordinary, extended}
    assert timedelta(days=60) < extended.date() - settled < timedelta(days=66)
    for day in (
        deadlines.live_from(settled, PERIODS),
        deadlines.reinitiation_until(settled, PERIODS),
        deadlines.change_refusal_due(settled, PERIODS),
    ):
        assert is_banking_day(day)
        assert day > settled


def test_every_period_is_configured_and_none_is_nothing() -> None:
    """Thirteen values come from outside; a period of no day at all is refused by its name."""
    counts = [field for field in fields(PERIODS) if field.type is int]
    assert len(counts) == 11
    for field in counts:
        with pytest.raises(ValueError, match=f"{field.name}: at least 1, not 0"):
            replace(PERIODS, **{field.name: 0})
        assert getattr(replace(PERIODS, **{field.name: 1}), field.name) == 1
    with pytest.raises(ValueError, match="opens: a time of day is Eastern"):
        replace(PERIODS, opens=time(8, tzinfo=UTC))
