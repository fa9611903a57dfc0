"""When an attempt follows another. Pure."""

import random
from collections.abc import Sequence
from datetime import timedelta

_random = random.SystemRandom()


def pause(attempts: int, *, schedule: Sequence[int], jitter_percent: int) -> timedelta | None:
    """The wait after the `attempts`-th attempt (from 1), up to `jitter_percent` longer so that crowds come apart.

    None after the last one of the schedule.
    """
    if attempts > len(schedule):
        return None
    seconds = schedule[attempts - 1]
    return timedelta(seconds=seconds * (1 + _random.uniform(0, jitter_percent / 100)))


def rest(failures: int, *, threshold: int, base_seconds: int, cap_seconds: int) -> timedelta:
    """How long an endpoint is left alone after so many failures in a row: nothing below `threshold`, then doubling."""
    if failures < threshold:
        return timedelta()
    return timedelta(seconds=min(cap_seconds, base_seconds * 2 ** min(failures - threshold, 30)))
