"""Counts of what attempts have in common, and the patterns that were found unusual."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import QuerySet

from core.errors import Refusal
from fraud.enums import AttemptOutcome, PatternKind, PatternMeasure
from fraud.models import Observation, UnusualPattern

COLUMNS = {
    PatternKind.COUNTRY: "ip_country",
    PatternKind.BIN: "card_bin",
    PatternKind.DEVICE: "device_id",
    PatternKind.SELLER: "payee_id",
}
# Every kind of one window in one pass over its rows, which the index on the time finds.
COUNT = """
SELECT kind, subject, count(*), count(*) FILTER (WHERE outcome <> 'APPROVED'),
    sum(amount_minor)::bigint, coalesce(sum(amount_minor) FILTER (WHERE outcome <> 'APPROVED'), 0)::bigint
FROM fraud_observation
CROSS JOIN LATERAL (
    VALUES ('COUNTRY', ip_country), ('BIN', card_bin), ('DEVICE', device_id), ('SELLER', payee_id)
) AS part (kind, subject)
WHERE livemode = %s AND at > %s AND at <= %s AND subject IS NOT NULL
GROUP BY kind, subject HAVING count(*) >= %s
"""
# The same for some subjects over many windows: one row per subject and window in which it occurred.
BASELINE = """
SELECT kind, subject, span.number, count(*), count(*) FILTER (WHERE outcome <> 'APPROVED')
FROM unnest(%s::timestamptz[], %s::timestamptz[]) WITH ORDINALITY AS span (since, until, number)
JOIN fraud_observation ON at > span.since AND at <= span.until AND livemode = %s
CROSS JOIN LATERAL (
    VALUES ('COUNTRY', ip_country), ('BIN', card_bin), ('DEVICE', device_id), ('SELLER', payee_id)
) AS part (kind, subject)
WHERE (kind, subject) IN (SELECT * FROM unnest(%s::text[], %s::text[]))
GROUP BY kind, subject, span.number
"""


@dataclass(frozen=True, slots=True)
class Count:
    """Attempts of one kind, measure and subject within a window, and what they were worth in minor units."""

    kind: PatternKind
    measure: PatternMeasure
    subject: str
    seen: int
    amount_minor: int


class PatternNotFound(Refusal):
    code = "PATTERN_NOT_FOUND"
    status = 404
    title = "No such pattern"


def count(*, livemode: bool, since: datetime, until: datetime, at_least: int) -> list[Count]:
    """What at least so many attempts after `since` and up to `until` have in common; one statement."""
    with connection.cursor() as cursor:
        cursor.execute(COUNT, [livemode, since, until, at_least])
        rows = cursor.fetchall()
    return [
        Count(PatternKind(kind), measure, subject, seen, amount)
        for kind, subject, attempts, refused, amount_all, amount_refused in rows
        for measure, seen, amount in (
            (PatternMeasure.ATTEMPTS, attempts, amount_all),
            (PatternMeasure.REFUSED, refused, amount_refused),
        )
        if seen >= at_least
    ]


def count_before(
    counts: Sequence[Count], *, livemode: bool, windows: Sequence[tuple[datetime, datetime]]
) -> dict[tuple[PatternKind, PatternMeasure, str], list[int]]:
    """For each of `counts` its number in every window, zeros included, in the order of the windows; one statement."""
    found: dict[tuple[str, str, str], list[int]] = defaultdict(lambda: [0] * len(windows))
    subjects = sorted({(one.kind.value, one.subject) for one in counts})
    with connection.cursor() as cursor:
        cursor.execute(
            BASELINE,
            [
                [since for since, _ in windows],
                [until for _, until in windows],
                livemode,
                [kind for kind, _ in subjects],
                [subject for _, subject in subjects],
            ],
        )
        for kind, subject, number, attempts, refused in cursor.fetchall():
            found[kind, PatternMeasure.ATTEMPTS, subject][number - 1] = attempts
            found[kind, PatternMeasure.REFUSED, subject][number - 1] = refused
    return {(one.kind, one.measure, one.subject): found[one.kind, one.measure, one.subject] for one in counts}


def get(*, pattern_id: str, livemode: bool) -> UnusualPattern:
    """Raises PatternNotFound."""
    found = UnusualPattern.objects.filter(pattern_id=pattern_id, livemode=livemode).first()
    if found is None:
        raise PatternNotFound(f"no pattern is named {pattern_id}")
    return found


def all_of(*, livemode: bool) -> QuerySet[UnusualPattern]:
    """For pages, newest first."""
    return UnusualPattern.objects.filter(livemode=livemode)


def count_lasting(*, livemode: bool, since: datetime) -> int:
    """Patterns that were still unusual after a moment."""
    return UnusualPattern.objects.filter(livemode=livemode, last_seen_at__gt=since).count()


def payments_of(pattern: UnusualPattern) -> QuerySet[Observation]:
    """The attempts behind a pattern, from the beginning of its first unusual window to the end of its last."""
    since = pattern.first_seen_at - timedelta(minutes=pattern.window_minutes)
    attempts = Observation.objects.filter(
        livemode=pattern.livemode,
        at__gt=since,
        at__lte=pattern.last_seen_at,
        **{COLUMNS[PatternKind(pattern.kind)]: pattern.subject},
    )
    if pattern.measure == PatternMeasure.REFUSED:
        return attempts.exclude(outcome=AttemptOutcome.APPROVED)
    return attempts
