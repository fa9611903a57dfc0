"""A bank and the rules of 2026, as examples of the banking calendar use them."""

from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

from ach.calendar.cutoffs import Cutoffs, Window
from ach.calendar.deadlines import Periods
from ach.calendar.settlement import Terms

# The bank's deadlines are 45 minutes before the operator's, and a file takes 15 minutes: cutoffs at 9:30, 13:45, 15:45.
WINDOWS = (
    Window("1", time(9, 45), time(10, 30), time(13)),
    Window("2", time(14), time(14, 45), time(17)),
    Window("3", time(16), time(16, 45), time(18)),
)
# Standard files are cut at 17:15 and 19:45.
CUTOFFS = Cutoffs(same_day=WINDOWS, standard=(time(17, 30), time(20)), lead_minutes=15)
TERMS = Terms(
    cutoffs=CUTOFFS,
    same_day_limit_minor=100_000_000,
    never_same_day=frozenset({"IAT", "ENR"}),
    credit_banking_days=2,
    debit_banking_days=1,
    longest_ahead_days=30,
    standard_settles=time(8, 30),
)
PERIODS = Periods(
    opens=time(8, 30),
    corporate=frozenset({"CCD", "CTX"}),
    return_banking_days=2,
    extended_return_days=60,
    change_banking_days=6,
    change_refusal_days=15,
    dishonor_banking_days=5,
    contest_banking_days=2,
    reversal_banking_days=5,
    reversal_hours=24,
    reinitiation_days=180,
    prenote_banking_days=3,
    rate_days=60,
)


def new_york(text: str) -> datetime:
    """`2026-03-10 10:00` on New York's clocks, as an instant in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("America/New_York")).astimezone(UTC)
