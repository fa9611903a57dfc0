"""How often a key is used each day: counted by the rate limit's own script, so that counting costs no trip.

Requests that were let through count. The numbers live in Redis for five weeks and are for people to look at; nothing
is decided by them.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import cast

import redis

from core.api import throttles

DAYS_SHOWN = 30


def by_day(key_id: str, *, until: date, days: int = DAYS_SHOWN) -> list[int] | None:
    """Requests of each of the last days, oldest first; None while Redis does not say."""
    wanted = [until - timedelta(days=days - 1 - number) for number in range(days)]
    try:
        counts = cast(
            "Sequence[bytes | None]", throttles.client().mget([throttles.use_counter(key_id, day) for day in wanted])
        )
    except redis.RedisError:
        return None
    return [int(count or 0) for count in counts]
