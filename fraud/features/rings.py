"""Sparse rings, lists of the newest and distinct sets: flat lists of numbers that a store packs as they are.

A ring is `[bucket, c1, c2, …, bucket, c1, c2, …]`, oldest first, with a record only for buckets in which something
happened. Nothing here asks a clock; every function works the same in doubles, element by element, in any language.
"""

from typing import Any

MINUTE = 60_000_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR
# How many buckets each ring keeps: an hour of minutes, a day of hours, 30 days.
MINUTES, HOURS, DAYS = 60, 24, 30
DISTINCT_CAP = 512


def slot(ring: list[Any], width: int, buckets: int, bucket: int) -> int:
    """Where the record of `bucket` stands in `ring`, made of zeros if there is none; -1 if it is too old to keep.

    A record is `width` long with its bucket first. Records `buckets` or more behind the newest are dropped.
    """
    end = len(ring)
    if not end:
        ring.extend([bucket] + [0] * (width - 1))
        return 0
    newest = ring[end - width]
    if bucket <= newest - buckets:
        return -1
    while end and ring[end - width] > bucket:
        end -= width
    if end and ring[end - width] == bucket:
        return end - width
    ring[end:end] = [bucket] + [0] * (width - 1)
    oldest_kept = max(newest, bucket) - buckets
    dropped = 0
    while ring[dropped] <= oldest_kept:
        dropped += width
    if dropped:
        del ring[:dropped]
    return end - dropped


def total(ring: list[Any], width: int, column: int, after: int) -> int:
    """Sum of one column over the buckets behind `after`, newest first."""
    found = 0
    position = len(ring) - width
    while position >= 0 and ring[position] > after:
        found += ring[position + column]
        position -= width
    return found


def push(newest: list[Any], at: int, value: Any, cap: int, since: int) -> None:
    """Put `(at, value)` into a list of pairs kept in order of time, equal times in order of arrival.

    Pairs of `since` or earlier leave, then the oldest beyond `cap` pairs.
    """
    end = len(newest)
    while end and newest[end - 2] > at:
        end -= 2
    newest[end:end] = [at, value]
    dropped = 0
    while dropped < len(newest) and newest[dropped] <= since:
        dropped += 2
    dropped = max(dropped, len(newest) - 2 * cap)
    if dropped:
        del newest[:dropped]


def touch(seen: list[Any], value: Any, at: int, since: int) -> None:
    """Note that `value` was seen: a list of pairs `(last seen, value)`, one per value, capped at DISTINCT_CAP."""
    last = at
    for position in range(1, len(seen), 2):
        if seen[position] == value:
            last = max(at, seen[position - 1])
            del seen[position - 1 : position + 1]
            break
    push(seen, last, value, DISTINCT_CAP, since)


def others(seen: list[Any], value: Any, after: int) -> int:
    """How many values other than `value` were seen later than `after`."""
    found = 0
    position = len(seen) - 2
    while position >= 0 and seen[position] > after:
        if seen[position + 1] != value:
            found += 1
        position -= 2
    return found
