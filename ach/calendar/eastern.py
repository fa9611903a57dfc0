"""Instants and Eastern time: ACH deadlines are local to New York and move with daylight saving; instants are UTC."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

EASTERN = ZoneInfo("America/New_York")


def eastern(at: datetime) -> datetime:
    """The instant on New York's clocks. Raises ValueError for a time without a zone."""
    if at.utcoffset() is None:
        raise ValueError("at: a time without a zone is no instant")
    return at.astimezone(EASTERN)


def instant(day: date, at: time) -> datetime:
    """That time of that Eastern day, in UTC.

    Of the hour that a clock change repeats it is the first; of the hour that it skips, as if the clock had not
    been changed yet. Both happen on Sundays only.
    """
    return datetime.combine(day, at, EASTERN).astimezone(UTC)


def midnight_after(day: date) -> datetime:
    """The first instant that is no longer that Eastern day, in UTC."""
    return instant(day + timedelta(days=1), time.min)
