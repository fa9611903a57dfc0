"""How often rules are true in the newest payments."""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from django.db import connection


class LiveRate(NamedTuple):
    payments: int
    hits: int


def read(*, version: int, livemode: bool, since: Mapping[str, datetime], payments: int) -> dict[str, LiveRate]:
    """By rule code, over the newest decisions of a version, not more than `payments`; each rule from its own moment.

    A hit that is held back counts: the forecast knows nothing of pauses and suppressions. A decision made again (a
    re-score) does not. By index, one statement.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH newest AS MATERIALIZED (
                SELECT hits, held_back, created_at FROM fraud_assessment
                 WHERE rule_set_version = %s AND livemode = %s AND rescores_id IS NULL
                 ORDER BY id DESC LIMIT %s)
            SELECT asked.code, count(newest.created_at),
                   count(*) FILTER (WHERE newest.hits @> jsonb_build_array(jsonb_build_object('code', asked.code))
                       OR newest.held_back @> jsonb_build_array(jsonb_build_object('code', asked.code)))
              FROM unnest(%s::text[], %s::timestamptz[]) AS asked (code, since)
              LEFT JOIN newest ON newest.created_at >= asked.since
             GROUP BY asked.code
            """,
            [version, livemode, payments, list(since), list(since.values())],
        )
        return {code: LiveRate(counted, hits) for code, counted, hits in cursor.fetchall()}
