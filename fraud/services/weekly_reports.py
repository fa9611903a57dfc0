"""Make the report of a week once, with its numbers as they are then."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.db import transaction

from core import ids
from core.actors import SYSTEM, Actor
from core.audit import services as audit
from core.errors import Refusal
from fraud.enums import Outcome
from fraud.models import FigureDay, WeeklyReport
from fraud.selectors import analytics
from fraud.selectors import patterns as noticed
from fraud.selectors.analytics import Period, Totals
from fraud.services import figures

WEEK = timedelta(days=7)
RULES_NAMED = 10


class WeekNotOver(Refusal):
    code = "WEEK_NOT_OVER"
    status = 409
    title = "The week is not over"


def make(*, week: date, livemode: bool, actor: Actor, now: datetime) -> WeeklyReport:
    """The report of the week that begins on this Monday; a second call returns the first one, unchanged.

    Its days are counted afresh before. Raises WeekNotOver.
    """
    monday = week - timedelta(days=week.weekday())
    if figures.midnight(monday) + WEEK > now:
        raise WeekNotOver(f"the week of {monday} ends on {monday + WEEK} at 00:00 UTC")
    kept = WeeklyReport.objects.filter(livemode=livemode, week=monday).first()
    if kept is not None:
        return kept
    for day in figures.days_between(monday, monday + timedelta(days=6)):
        figures.count_day(day=day, livemode=livemode, now=now)
    candidate = WeeklyReport(
        report_id=ids.prefixed("fwr", now),
        livemode=livemode,
        week=monday,
        numbers=numbers_of(monday, livemode=livemode, now=now),
        made_at=now,
    )
    with transaction.atomic():
        WeeklyReport.objects.bulk_create([candidate], ignore_conflicts=True)
        kept = WeeklyReport.objects.get(livemode=livemode, week=monday)
        if kept.report_id == candidate.report_id:
            audit.record(
                actor=actor,
                action="fraud.week.reported",
                subject=kept.report_id,
                at=now,
                details={"week": str(monday), "livemode": livemode},
            )
    return kept


def make_due(*, now: datetime) -> int:
    """The report of last week for each mode in which anything was decided by then. Returns how many are new."""
    monday = last_week(now)
    made = 0
    for livemode in figures.MODES:
        first = figures.first_day(livemode=livemode)
        is_made = WeeklyReport.objects.filter(livemode=livemode, week=monday).exists()
        if first is not None and first < monday + WEEK and not is_made:
            make(week=monday, livemode=livemode, actor=SYSTEM, now=now)
            made += 1
    return made


def last_week(now: datetime) -> date:
    """The Monday of the newest week that is over."""
    today = now.astimezone(UTC).date()
    return today - timedelta(days=today.weekday()) - WEEK


def numbers_of(monday: date, *, livemode: bool, now: datetime) -> dict[str, Any]:
    """`decided` is the week itself beside the week before; `quality` the newest week whose labels are final.

    Keys in the program's own spelling; ratios are None without anything to divide by.
    """
    week, before = (_period(day, livemode) for day in (monday, monday - WEEK))
    final = analytics.last_matured_day(now)
    # The Monday of the last week that ends on or before the last final day.
    quality = _period(final - timedelta(days=6 + (final.weekday() - 6) % 7), livemode)
    judged = analytics.get(quality, now=now)
    begun = noticed.all_of(livemode=livemode).filter(
        first_seen_at__gte=figures.midnight(monday), first_seen_at__lt=figures.midnight(monday) + WEEK
    )
    return {
        "decided": _decided(analytics.get(week, now=now).totals),
        "decided_before": _decided(analytics.get(before, now=now).totals),
        "quality": {
            "since": str(quality.since),
            "until": str(quality.until),
            "is_counted": FigureDay.objects.filter(livemode=livemode, day=quality.since).exists(),
            "flagged": judged.totals.matured.in_full(),
            "stopped": judged.totals.stopped.in_full(),
            "unlabelled": judged.totals.unlabelled,
        },
        "rules": [
            {
                "code": line.code, "hits": line.hits, "alone": line.alone, "held_back": line.held_back,
                "fraud": line.fraud, "genuine": line.genuine, "precision": line.precision,
            }
            for line in analytics.list_rules(week, now=now)[:RULES_NAMED]
        ],
        "analysts": [
            {"analyst": line.analyst, "decided": line.decided, "seconds_each": line.seconds_each}
            for line in analytics.list_analysts(week)
        ],
        "patterns": [
            {"pattern_id": one.pattern_id, "kind": one.kind, "subject": one.subject, "peak": one.peak}
            for one in begun.order_by("-peak", "id")[:RULES_NAMED]
        ],
        "label_delay_ends": str(final),
    }  # fmt: skip


def _period(monday: date, livemode: bool) -> Period:
    return Period(monday, monday + timedelta(days=6), livemode)


def _decided(totals: Totals) -> dict[str, int | Mapping[str, int]]:
    return {
        "decisions": totals.decisions,
        **{outcome.value.lower(): totals.outcomes[outcome] for outcome in Outcome},
        "flagged": totals.flagged,
        "degraded": totals.degraded,
        "bypassed": totals.bypassed,
        "amounts": totals.amounts,
        "flagged_amounts": totals.flagged_amounts,
    }
