"""Which date an entry bears and when it settles: same day, standard, held back, or not as it was asked."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ach.calendar.cutoffs import Priority
from ach.calendar.days import banking_days_between, is_banking_day
from ach.calendar.settlement import DateCode, Direction, DowngradeCode, Settlement, TooFarAhead, settlement
from tests.factories.ach_calendar import TERMS, new_york

SAME_DAY, STANDARD = Priority.SAME_DAY, Priority.STANDARD
CREDIT, DEBIT = Direction.CREDIT, Direction.DEBIT


def ask(now: str, **asked: Any) -> Settlement:
    wanted = asked.pop("wanted", None)
    given_up = {"priority": STANDARD, "direction": CREDIT, "amount_minor": 50_000, "sec": "PPD", "terms": TERMS} | asked
    found = settlement(new_york(now), requested_effective=date.fromisoformat(wanted) if wanted else None, **given_up)
    assert isinstance(found, Settlement)
    return found


def test_a_same_day_credit_takes_the_next_window() -> None:
    """Tuesday 10 March 2026, 10:00: the first file is gone. The second is cut at 13:45 and settles at 17:00."""
    found = ask("2026-03-10 10:00", priority=SAME_DAY)
    assert found.priority is SAME_DAY
    assert found.cutoff.at == new_york("2026-03-10 13:45")
    assert found.cutoff.window is not None
    assert found.cutoff.window.name == "2"
    assert found.effective == found.send_on == date(2026, 3, 10)
    assert found.settles_at == datetime(2026, 3, 10, 21, tzinfo=UTC)
    assert (found.held_back, found.downgrade, found.date_change) == (False, None, None)


def test_a_standard_entry_settles_the_next_morning() -> None:
    """Over the clock change too: Friday's file of 6 March settles on Monday, 8:30 in summer time, 12:30 UTC."""
    found = ask("2026-03-06 16:00", direction=DEBIT, sec="WEB")
    assert (found.send_on, found.effective) == (date(2026, 3, 6), date(2026, 3, 9))
    assert found.cutoff.at == datetime(2026, 3, 6, 22, 15, tzinfo=UTC)
    assert found.settles_at == datetime(2026, 3, 9, 12, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "effective"),
    [
        ("2026-07-02 19:44", "2026-07-03"),  # the Friday before 4 July is open
        ("2026-07-02 19:45", "2026-07-06"),  # Friday's file
        ("2026-07-04 10:00", "2026-07-07"),  # Monday's file
        ("2026-11-25 20:00", "2026-11-30"),  # Thanksgiving closes Thursday; Friday's file settles on Monday
        ("2026-12-31 12:00", "2027-01-04"),  # New Year 2027 is a Friday
        ("2027-12-24 12:00", "2027-12-27"),  # Christmas 2027 is a Saturday: the Eve is a banking day
    ],
)
def test_effective_dates_of_standard_entries(now: str, effective: str) -> None:
    assert ask(now).effective == date.fromisoformat(effective)


@pytest.mark.parametrize(
    ("now", "asked", "code", "reason", "effective"),
    [
        ("2026-03-10 09:00", {"amount_minor": 100_000_001}, "OVER_SAME_DAY_LIMIT",
         "1,000,000.01 USD is above the same-day limit of 1,000,000.00 USD", "2026-03-11"),
        ("2026-03-10 15:45", {}, "WINDOW_CLOSED", "the last same-day cutoff of 2026-03-10 has passed", "2026-03-11"),
        ("2026-03-10 09:00", {"sec": "IAT"}, "NOT_ELIGIBLE", "IAT entries never settle on the same day", "2026-03-11"),
        ("2026-03-10 09:00", {"sec": "ENR"}, "NOT_ELIGIBLE", "ENR entries never settle on the same day", "2026-03-11"),
        ("2026-07-04 09:00", {}, "NOT_A_BANKING_DAY", "2026-07-04 is not a banking day", "2026-07-07"),
        # What can be cured tomorrow is named last.
        ("2026-07-04 09:00", {"sec": "IAT", "amount_minor": 100_000_001}, "NOT_ELIGIBLE",
         "IAT entries never settle on the same day", "2026-07-07"),
        ("2026-07-04 09:00", {"amount_minor": 100_000_001}, "OVER_SAME_DAY_LIMIT",
         "1,000,000.01 USD is above the same-day limit of 1,000,000.00 USD", "2026-07-07"),
        ("2026-03-10 09:00", {"terms": replace(TERMS, cutoffs=replace(TERMS.cutoffs, same_day=()))}, "NOT_OFFERED",
         "the bank offers no same-day window", "2026-03-11"),
    ],
)  # fmt: skip
def test_what_cannot_go_the_same_day_goes_as_standard_and_says_why(
    now: str, asked: dict[str, Any], code: str, reason: str, effective: str
) -> None:
    found = ask(now, priority=SAME_DAY, **asked)
    assert found.priority is STANDARD
    assert found.downgrade is not None
    assert (found.downgrade.code, found.downgrade.reason) == (DowngradeCode(code), reason)
    assert found.effective == date.fromisoformat(effective)
    assert found.settles_at == new_york(f"{effective} 08:30")


def test_a_million_dollars_to_the_cent_goes_the_same_day_and_so_does_a_prenote() -> None:
    assert ask("2026-03-10 09:00", priority=SAME_DAY, amount_minor=100_000_000).priority is SAME_DAY
    assert ask("2026-03-10 09:00", priority=SAME_DAY, amount_minor=0).priority is SAME_DAY


@pytest.mark.parametrize(
    ("direction", "wanted", "send_on", "held_back"),
    [
        (CREDIT, "2026-07-07", "2026-07-06", False),
        (CREDIT, "2026-07-08", "2026-07-06", False),  # two banking days ahead is as far as a credit may be sent
        (CREDIT, "2026-07-10", "2026-07-08", True),
        (DEBIT, "2026-07-07", "2026-07-06", False),
        (DEBIT, "2026-07-08", "2026-07-07", True),  # a debit one
        (DEBIT, "2026-07-13", "2026-07-10", True),  # a Monday's debit is sent on Friday
    ],
)
def test_a_later_date_holds_the_entry_back(direction: Direction, wanted: str, send_on: str, held_back: bool) -> None:
    """Asked on Monday 6 July 2026 at noon. A held entry takes the first file of its day."""
    found = ask("2026-07-06 12:00", direction=direction, wanted=wanted)
    assert found.effective == date.fromisoformat(wanted)
    assert found.cutoff.at == new_york(f"{send_on} 17:15")
    assert (found.send_on, found.held_back) == (date.fromisoformat(send_on), held_back)
    assert (found.downgrade, found.date_change) == (None, None)


def test_same_day_with_a_later_date_means_the_first_window_of_that_date() -> None:
    found = ask("2026-07-04 12:00", priority=SAME_DAY, wanted="2026-07-06")
    assert (found.priority, found.held_back) == (SAME_DAY, False)
    later = ask("2026-07-06 12:00", priority=SAME_DAY, wanted="2026-07-08")
    assert later.cutoff.at == new_york("2026-07-08 09:30")
    assert later.settles_at == new_york("2026-07-08 13:00")
    assert later.held_back


@pytest.mark.parametrize(
    ("now", "priority", "wanted", "effective", "code", "reason"),
    [
        ("2026-07-07 12:00", STANDARD, "2026-07-06", "2026-07-08", "STALE",
         "2026-07-06 has passed; 2026-07-08 is the next possible date"),
        ("2026-07-07 12:00", SAME_DAY, "2026-07-06", "2026-07-07", "STALE",
         "2026-07-06 has passed; 2026-07-07 is the next possible date"),
        ("2026-07-06 12:00", STANDARD, "2026-07-11", "2026-07-13", "NOT_A_BANKING_DAY",
         "2026-07-11 is not a banking day; 2026-07-13 is the next"),
        ("2026-11-23 12:00", STANDARD, "2026-11-26", "2026-11-27", "NOT_A_BANKING_DAY",
         "2026-11-26 is not a banking day; 2026-11-27 is the next"),
        ("2026-07-04 12:00", SAME_DAY, "2026-07-04", "2026-07-06", "NOT_A_BANKING_DAY",
         "2026-07-04 is not a banking day; 2026-07-06 is the next"),
        ("2026-07-06 12:00", STANDARD, "2026-07-06", "2026-07-07", "TOO_SOON",
         "2026-07-06 can no longer be reached; 2026-07-07 is the next possible date"),
        ("2026-07-10 20:00", STANDARD, "2026-07-11", "2026-07-14", "TOO_SOON",
         "2026-07-11 can no longer be reached; 2026-07-14 is the next possible date"),
    ],
)  # fmt: skip
def test_a_date_that_is_not_to_be_had_is_moved_and_says_why(
    now: str, priority: Priority, wanted: str, effective: str, code: str, reason: str
) -> None:
    found = ask(now, priority=priority, wanted=wanted)
    assert found.effective == date.fromisoformat(effective)
    assert found.date_change is not None
    assert (found.date_change.code, found.date_change.reason) == (DateCode(code), reason)
    assert found.priority is priority


def test_a_date_too_far_ahead_is_refused_as_a_value() -> None:
    """30 days from Monday 6 July, 23:00 in New York, although it is the 7th in UTC."""
    found = ask("2026-07-06 23:00", wanted="2026-08-05")
    assert (found.effective, found.send_on) == (date(2026, 8, 5), date(2026, 8, 3))
    refused = settlement(new_york("2026-07-06 23:00"), STANDARD, CREDIT, 1, date(2026, 8, 6), "PPD", TERMS)
    assert isinstance(refused, TooFarAhead)
    assert (refused.code, refused.field) == ("EFFECTIVE_DATE_TOO_FAR_AHEAD", "requested_effective")
    assert (refused.latest, refused.reason) == (date(2026, 8, 5), "2026-08-06 is more than 30 days ahead")


@given(
    now=st.datetimes(datetime(2026, 1, 1), datetime(2028, 12, 1), timezones=st.just(UTC)),
    priority=st.sampled_from(Priority),
    direction=st.sampled_from(Direction),
    amount=st.sampled_from([0, 100_000_000, 100_000_001]),
    ahead=st.none() | st.integers(-3, 28),
    sec=st.sampled_from(["PPD", "IAT"]),
    later=st.timedeltas(timedelta(0), timedelta(days=5)),
)
def test_whatever_is_asked_the_dates_are_legal(
    now: datetime, priority: Priority, direction: Direction, amount: int, ahead: int | None, sec: str, later: timedelta
) -> None:
    wanted = None if ahead is None else now.date() + timedelta(days=ahead)
    found = settlement(now, priority, direction, amount, wanted, sec, TERMS)
    assert isinstance(found, Settlement)
    assert now < found.cutoff.at < found.settles_at
    assert is_banking_day(found.effective)
    assert found.cutoff.priority is found.priority
    assert (found.downgrade is not None) == (found.priority is not priority)
    assert (found.date_change is not None) == (wanted not in {None, found.effective})
    assert wanted is None or wanted <= found.effective
    ahead_by = banking_days_between(found.send_on, found.effective)
    if found.priority is SAME_DAY:
        assert (ahead_by, amount <= 100_000_000, sec) == (0, True, "PPD")
    else:
        assert 1 <= ahead_by <= (2 if direction is CREDIT else 1)
    assert not found.held_back or wanted is not None
    if priority is STANDARD:
        after = settlement(now + later, priority, direction, amount, wanted, sec, TERMS)
        assert isinstance(after, Settlement)
        assert found.settles_at <= after.settles_at


def test_nonsense_is_refused_by_name() -> None:
    for asked, reason in (
        ({"amount_minor": -1}, "amount_minor: not negative"),
        ({"sec": "iat"}, "sec: three capital letters"),
        ({"priority": "FAST"}, "'FAST' is not a valid Priority"),
        ({"direction": "UP"}, "'UP' is not a valid Direction"),
    ):
        with pytest.raises(ValueError, match=reason):
            ask("2026-07-06 12:00", **asked)
    with pytest.raises(TypeError):
        ask("2026-07-06 12:00", amount_minor=1.5)
    for bad, reason in (
        ({"debit_banking_days": 0}, "debit_banking_days: a standard entry is sent at least one banking day ahead"),
        ({"credit_banking_days": 0}, "credit_banking_days"),
        ({"same_day_limit_minor": -1}, "same_day_limit_minor: not negative"),
        ({"longest_ahead_days": -1}, "longest_ahead_days: not negative"),
        ({"standard_settles": time(8, tzinfo=UTC)}, "standard_settles: a time of day is Eastern"),
    ):
        with pytest.raises(ValueError, match=reason):
            replace(TERMS, **bad)


def test_limits_of_nothing_are_limits() -> None:
    """No same-day amount but prenotes, and no date later than today."""
    none = replace(TERMS, same_day_limit_minor=0, longest_ahead_days=0)
    assert ask("2026-03-10 09:00", priority=SAME_DAY, amount_minor=0, terms=none).priority is SAME_DAY
    assert ask("2026-03-10 09:00", priority=SAME_DAY, amount_minor=1, terms=none).priority is STANDARD
    refused = settlement(new_york("2026-03-10 09:00"), STANDARD, CREDIT, 1, date(2026, 3, 11), "PPD", none)
    assert isinstance(refused, TooFarAhead)


def test_words_from_the_database_do_as_well() -> None:
    """A column holds plain text: `SAME_DAY` from there must not read as standard."""
    assert ask("2026-03-10 09:00", priority="SAME_DAY", direction="CREDIT").priority is SAME_DAY
