"""Watch the models: has the world moved away from what they learned, and is the challenger better?"""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.db import transaction
from django.urls import reverse

from core import ids
from core.actors import SYSTEM, Actor
from core.audit import services as audit
from core.errors import Refusal
from core.outbox import services as outbox
from core.parameters import services as parameters
from core.work import services as work
from fraud.enums import DriftVerdict
from fraud.events import AlarmRaised
from fraud.model import comparison as comparing
from fraud.model import drift
from fraud.model.comparison import Terms
from fraud.models import ModelComparison, ModelDrift, ModelVersion
from fraud.selectors import judged_pairs, judged_values
from fraud.selectors import models as selector
from fraud.services import judging

WORK = "fraud.compare_models"
ALARM = "fraud.model_drifts"
DAY = timedelta(days=1)


class NobodyChallenges(Refusal):
    code = "NO_CHALLENGER"
    status = 409
    title = "No model challenges the champion"


def measure_drift(*, day: date, livemode: bool, now: datetime) -> int:
    """Measure one day of the champion, once. Returns how many rows were written; critical ones raise one alarm."""
    model = selector.find_champion()
    if model is None or ModelDrift.objects.filter(model=model, livemode=livemode, day=day).exists():
        return 0
    begins = datetime.combine(day, time(), tzinfo=UTC)
    seen = judged_values.read(model, livemode=livemode, from_at=begins, to_at=begins + DAY)
    limits = {
        "fewest": parameters.read("fraud.drift_events", at=now),
        "warn": parameters.read("fraud.drift_warn_thousandths", at=now) / 1_000,
        "critical": parameters.read("fraud.drift_critical_thousandths", at=now) / 1_000,
    }
    rows = [
        _row(model, name, drift.read(stored), seen[name], limits) for name, stored in sorted(model.references.items())
    ]
    for row in rows:
        row.livemode, row.day = livemode, day
    with transaction.atomic():
        written = ModelDrift.objects.bulk_create(rows, ignore_conflicts=True)
        _raise_alarm(model, [row for row in rows if row.verdict in ("WARN", "CRITICAL")], day, now)
    return len(written)


def compare(*, livemode: bool, actor: Actor, now: datetime) -> ModelComparison | None:
    """Champion and challenger on what both judged and is labelled for good. None where there are not both."""
    champion, challenger = selector.find_champion(), selector.find_challenger()
    if champion is None or challenger is None:
        return None
    to_at = now - parameters.read("fraud.label_delay_days", at=now) * DAY
    pairs = judged_pairs.read(champion, challenger, livemode=livemode, until=to_at, as_of=now)
    bands = judging.bands(at=now)
    result = comparing.compare(
        pairs,
        limits=(bands.approve_up_to, bands.review_up_to, bands.block_up_to),
        draws=parameters.read("fraud.comparison_draws", at=now),
    )
    checks = comparing.checks(result, _terms(now))
    begins = min((pair.day for pair in pairs), default=None)
    with transaction.atomic():
        made = ModelComparison.objects.create(
            comparison_id=ids.prefixed("cmp", now),
            livemode=livemode,
            champion=champion,
            challenger=challenger,
            from_at=to_at if begins is None else datetime.fromordinal(begins).replace(tzinfo=UTC),
            to_at=to_at,
            payments=len(pairs),
            frauds=result["frauds"],
            result=result,
            checks=checks,
            passed=all(check["passed"] for check in checks),
            created_at=now,
        )
        audit.record(
            actor=actor,
            action="fraud.model.compared",
            subject=challenger.name,
            at=now,
            details={"comparison": made.comparison_id, "champion": champion.name, "passed": made.passed},
        )
    return made


def order_comparison(*, livemode: bool, actor: Actor, now: datetime) -> ModelVersion:
    """Have a worker compare now; returns the challenger. Raises NobodyChallenges."""
    challenger = selector.find_challenger()
    if challenger is None:
        raise NobodyChallenges("let a candidate challenge the champion first")
    mode = "live" if livemode else "test"
    with transaction.atomic():
        work.enqueue(kind=WORK, key=mode, payload={}, due_at=now, now=now)
        audit.record(
            actor=actor,
            action="fraud.model.comparison_ordered",
            subject=challenger.name,
            at=now,
            details={"mode": mode},
        )
    return challenger


def watch(*, now: datetime) -> None:
    """Yesterday's drift and the comparison, each in both modes: test payments say nothing of live ones."""
    for livemode in (False, True):
        measure_drift(day=now.date() - DAY, livemode=livemode, now=now)
        compare(livemode=livemode, actor=SYSTEM, now=now)


def _row(
    model: ModelVersion, name: str, reference: drift.Histogram, values: list[Any], limits: dict[str, Any]
) -> ModelDrift:
    seen = reference.of(values)
    index = drift.psi(reference, seen)
    verdict = drift.judge(index, events=seen.events, **limits)
    return ModelDrift(
        model=model,
        variable=name,
        events=seen.events,
        psi=None if verdict == DriftVerdict.INSUFFICIENT else index,
        verdict=verdict,
        counts=[*seen.counts, seen.missing],
    )


def _raise_alarm(model: ModelVersion, moved: list[ModelDrift], day: date, now: datetime) -> None:
    """One alarm per model, however many variables moved; the furthest one is named."""
    if not moved:
        return
    furthest = max(moved, key=lambda row: row.psi or 0.0)
    critical = furthest.verdict == DriftVerdict.CRITICAL
    outbox.publish(
        AlarmRaised(
            alarm=ALARM,
            subject=model.name,
            severity="P2" if critical else "P3",
            summary=f"{furthest.variable} drifts by {furthest.psi:.2f} on {day}; {len(moved)} in all",
            url=reverse("admin:model", args=[model.name]),
            raised_at=now,
        ),
        now=now,
    )


def _terms(now: datetime) -> Terms:
    return Terms(
        days=parameters.read("fraud.comparison_days", at=now),
        frauds=parameters.read("fraud.comparison_frauds", at=now),
        recall_loss=parameters.read("fraud.recall_loss_thousandths", at=now) / 1_000,
        band_shift=parameters.read("fraud.band_shift_percent", at=now) / 100,
    )
