"""Notice what unusually many payments have in common, and raise the alarm once while it lasts."""

from datetime import datetime, timedelta

from django.db import transaction

from core import ids
from core.actors import SYSTEM
from core.audit import services as audit
from core.outbox import services as outbox
from core.parameters import services as parameters
from fraud.enums import PatternMeasure
from fraud.events import AlarmRaised
from fraud.models import UnusualPattern
from fraud.patterns import Limits, Spike, comparable_hours, find_spike
from fraud.selectors import patterns as counted
from fraud.selectors.patterns import Count

ALARM = "fraud.unusual_pattern"
MINIMUMS = {
    PatternMeasure.ATTEMPTS: "fraud.pattern_minimum_attempts",
    PatternMeasure.REFUSED: "fraud.pattern_minimum_refused",
}


def watch(*, now: datetime) -> list[UnusualPattern]:
    """Compare the last window of both modes with its like; returns the patterns that are unusual now.

    A pattern that goes on is carried on without another alarm; one that was quiet for `fraud.pattern_quiet_minutes`
    begins anew.
    """
    return [pattern for livemode in (False, True) for pattern in _watch(livemode, now)]


def _watch(livemode: bool, now: datetime) -> list[UnusualPattern]:
    window = timedelta(minutes=parameters.read("fraud.pattern_window_minutes", at=now))
    limits = {measure: _limits(measure, now) for measure in PatternMeasure}
    fewest = min(limit.minimum for limit in limits.values())
    counts = [
        one
        for one in counted.count(livemode=livemode, since=now - window, until=now, at_least=fewest)
        if one.seen >= limits[one.measure].minimum
    ]
    if not counts:
        return []
    windows = comparable_hours(now, days=parameters.read("fraud.pattern_days", at=now), window=window)
    before = counted.count_before(counts, livemode=livemode, windows=windows)
    found = []
    for one in counts:
        baseline = before[one.kind, one.measure, one.subject]
        if spike := find_spike(one.seen, baseline, limits[one.measure]):
            found.append(_keep(one, spike, baseline, livemode=livemode, window=window, now=now))
    return found


def _keep(
    one: Count, spike: Spike, baseline: list[int], *, livemode: bool, window: timedelta, now: datetime
) -> UnusualPattern:
    quiet = timedelta(minutes=parameters.read("fraud.pattern_quiet_minutes", at=now))
    with transaction.atomic():
        lasting = (
            UnusualPattern.objects.select_for_update()
            .filter(
                livemode=livemode, kind=one.kind, measure=one.measure, subject=one.subject, last_seen_at__gt=now - quiet
            )
            .order_by("-last_seen_at", "-id")
            .first()
        )
        if lasting is not None:
            lasting.seen, lasting.peak = one.seen, max(lasting.peak, one.seen)
            lasting.amount_minor, lasting.last_seen_at = max(lasting.amount_minor, one.amount_minor), now
            lasting.save(update_fields=["seen", "peak", "amount_minor", "last_seen_at"])
            return lasting
        begun = UnusualPattern.objects.create(
            pattern_id=ids.prefixed("pat", now),
            livemode=livemode,
            kind=one.kind,
            measure=one.measure,
            subject=one.subject,
            seen=one.seen,
            peak=one.seen,
            expected=spike.expected,
            limit=spike.limit,
            baseline=baseline,
            amount_minor=one.amount_minor,
            window_minutes=window // timedelta(minutes=1),
            first_seen_at=now,
            last_seen_at=now,
        )
        _raise_alarm(begun, now=now)
    return begun


def _raise_alarm(pattern: UnusualPattern, *, now: datetime) -> None:
    mode = "live" if pattern.livemode else "test"
    audit.record(
        actor=SYSTEM,
        action="fraud.pattern.noticed",
        subject=pattern.pattern_id,
        at=now,
        details={"kind": pattern.kind, "measure": pattern.measure, "seen": pattern.seen},
    )
    outbox.publish(
        AlarmRaised(
            alarm=ALARM,
            subject=f"{mode}:{pattern.kind}:{pattern.measure}:{pattern.subject}"[:200],
            severity="P1" if pattern.livemode else "P3",
            summary=in_words(pattern),
            url=f"/admin/fraud/patterns/{pattern.pattern_id}/",
            raised_at=now,
        )
    )


def in_words(pattern: UnusualPattern) -> str:
    """One sentence: what is unusual and what would be usual."""
    return (
        f"{pattern.get_kind_display()} {pattern.subject}: {pattern.seen:,} {pattern.get_measure_display()} in "
        f"{pattern.window_minutes} minutes; {pattern.expected:,.1f} are usual"
    )


def _limits(measure: PatternMeasure, now: datetime) -> Limits:
    return Limits(
        minimum=parameters.read(MINIMUMS[measure], at=now),
        multiple=parameters.read("fraud.pattern_multiple", at=now),
        deviations=parameters.read("fraud.pattern_deviations", at=now),
    )
