"""Stored decisions of a window, streamed for judging them again.

The window is read in the order of its index and can be taken up after any decision. A payment counts once: approvals
under the bypass are left out, the later scoring that makes up for one is in.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from fraud.models import Assessment

FETCHED_AT_ONCE = 2_000
# A function takes at most a hundred arguments: name and value.
LISTS_PER_OBJECT = 45
FIRST_ID = 0

# The values go out as they are stored: taking forty of them apart here costs the server more than reading all of them
# costs us. `||` unpacks the thresholds once; without it each `->` would do so again.
READ = """
SELECT a.created_at, a.id,
       to_char(a.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD'), a.currency, a.amount_minor,
       CASE WHEN a.created_at > %s THEN 'immature' WHEN known.is_fraud THEN 'fraud'
            WHEN known.is_fraud IS NULL THEN 'unlabelled' ELSE 'genuine' END,
       a.outcome, CASE WHEN a.score IS NOT NULL THEN a.base_score END, {candidate}, a.features::text, {lists},
       a.feature_source = 'REDIS'
  FROM (SELECT * FROM fraud_assessment
         WHERE livemode = %s AND created_at >= %s AND created_at < %s AND (created_at, id) > (%s, %s)
           AND bypass_turn IS NULL
         ORDER BY created_at, id LIMIT %s) AS a
  LEFT JOIN LATERAL (
       SELECT is_fraud FROM fraud_label AS l
        WHERE l.livemode = a.livemode AND l.payment_id = a.payment_id AND l.known_at <= %s
        ORDER BY l.strength DESC, l.known_at DESC, l.id DESC LIMIT 1) AS known ON true
 ORDER BY a.created_at, a.id
"""
NO_LISTS = "NULL"
SOME_LISTS = "(SELECT ({objects})::text FROM (SELECT a.thresholds || '{{}}'::jsonb AS unpacked OFFSET 0) AS t)"
OWN_BASE = "CASE WHEN a.score IS NOT NULL THEN a.base_score END"
MODEL_BASE = """CASE WHEN a.challenger_version = %s THEN a.challenger_score
            WHEN a.model_version = %s THEN a.model_score END"""


@dataclass(frozen=True, slots=True)
class Window:
    """`from_at` is in, `to_at` is not. Labels are as known by `as_of`; what is younger than `mature_before` has none
    that is final. With `challenger` the candidate starts from that model's score, where it is stored: the model judged
    or stood beside what judged.
    """

    livemode: bool
    from_at: datetime
    to_at: datetime
    as_of: datetime
    mature_before: datetime
    challenger: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """Up to which decision a window has been read."""

    at: datetime
    id: int


def count(window: Window) -> int:
    return Assessment.objects.filter(
        livemode=window.livemode,
        created_at__gte=window.from_at,
        created_at__lt=window.to_at,
        bypass_turn__isnull=True,
    ).count()


@contextmanager
def stream(
    window: Window, *, lists: Sequence[str], after: Place | None, limit: int
) -> Iterator[Iterator[list[tuple[Any, ...]]]]:
    """Batches of rows: when, id, then the fields of fraud.rules.backtest.Decision. Must run in a transaction."""
    place = after or Place(window.from_at, FIRST_ID)
    entries, keys = _entries(lists)
    candidate = MODEL_BASE if window.challenger else OWN_BASE
    parameters: list[Any] = [
        window.mature_before,
        *([window.challenger] * 2 if window.challenger else []),
        *keys,
        window.livemode,
        window.from_at,
        window.to_at,
        place.at,
        place.id,
        limit,
        window.as_of,
    ]
    with connection.chunked_cursor() as cursor:
        cursor.execute(READ.format(candidate=candidate, lists=entries), parameters)
        yield iter(lambda: cursor.fetchmany(FETCHED_AT_ONCE), [])


def _entries(lists: Sequence[str]) -> tuple[str, list[str]]:
    """SQL of one JSON object: for each list the entries that named the payment."""
    if not lists:
        return NO_LISTS, []
    parts = [lists[start : start + LISTS_PER_OBJECT] for start in range(0, len(lists), LISTS_PER_OBJECT)]
    objects = ["jsonb_build_object(" + ", ".join(["%s, t.unpacked -> %s"] * len(part)) + ")" for part in parts]
    return SOME_LISTS.format(objects=" || ".join(objects)), [name for name in lists for _ in range(2)]
