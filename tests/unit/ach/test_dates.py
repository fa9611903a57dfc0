"""The shipped configuration makes a calendar: an ordinary Tuesday, as the rules have it today."""

from datetime import UTC, date, datetime

import pytest

from ach import dates
from ach.calendar.cutoffs import Priority
from ach.calendar.settlement import Direction, Settlement, settlement

pytestmark = pytest.mark.django_db

TUESDAY_NOON = datetime(2026, 3, 3, 17, 0, tzinfo=UTC)


def test_a_payout_asked_for_on_tuesday_noon_leaves_before_five_and_settles_on_wednesday_morning() -> None:
    found = settlement(
        TUESDAY_NOON, Priority.STANDARD, Direction.CREDIT, 250_000, None, "PPD", dates.terms(TUESDAY_NOON)
    )
    assert isinstance(found, Settlement)
    assert found.cutoff.at == datetime(2026, 3, 3, 21, 50, tzinfo=UTC), "17:00 Eastern less ten minutes"
    assert found.effective == date(2026, 3, 4)
    assert found.settles_at == datetime(2026, 3, 4, 13, 30, tzinfo=UTC), "08:30 Eastern"


def test_the_periods_are_those_of_the_rules() -> None:
    periods = dates.periods(TUESDAY_NOON)
    assert (periods.return_banking_days, periods.extended_return_days, periods.change_banking_days) == (2, 60, 6)
    assert periods.corporate == {"CCD", "CTX"}
