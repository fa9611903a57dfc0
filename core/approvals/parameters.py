"""From when on two people sign for each other too often. Dated."""

from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple

from core.parameters import services as parameters

parameters.declare(
    "approvals.reciprocal_days",
    90,
    unit="days",
    meaning="So far back it is counted who signed what whom asked for",
    minimum=1,
    maximum=3_650,
)
parameters.declare(
    "approvals.reciprocal_least",
    5,
    unit="requests",
    meaning="Two people who signed fewer of each other's requests are not a pair",
    minimum=1,
)
parameters.declare(
    "approvals.reciprocal_share_percent",
    50,
    unit="percent",
    meaning="From this share of all that each of them signed on, neither signs for the other",
    minimum=1,
    maximum=100,
)


class Reciprocity(NamedTuple):
    """Counted since `since`, which is `days` back; from `least` each way and `share_percent` on a pair."""

    since: datetime
    days: int
    least: int
    share_percent: int


def reciprocity(on: date) -> Reciprocity:
    """In force at the end of that day."""
    at = datetime.combine(on, time.max, UTC)
    days, least, share = (
        int(parameters.read(f"approvals.reciprocal_{name}", at=at)) for name in ("days", "least", "share_percent")
    )
    return Reciprocity(datetime.combine(on, time.min, UTC) - timedelta(days=days), days, least, share)
