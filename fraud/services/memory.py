"""Ask the feature store, and tell it what became known: how a payment ended, what it was, what was reported.

How a payment ended is told by its own process after commit, and every minute by a sweep whatever was not told then:
there are as many as payments, and a row of the work list for each would cost more than the decision. Labels and
reports are rows of the work list, ordered with their cause. While the store is away all of it waits; what the store
lost is made again from the same tables (`fraud.features.rebuild`).
"""

import logging
from dataclasses import replace
from datetime import datetime, timedelta

import redis
from django.db import transaction

from core.parameters import services as parameters
from core.work import services as work
from fraud import detectors
from fraud.decisions import AssessmentRequest
from fraud.features import breaker, rebuild, store
from fraud.features.events import of_label, of_observation, of_report
from fraud.features.store import COLD, Seen
from fraud.models import Assessment, FraudReport, Label, Observation
from fraud.selectors import observations

logger = logging.getLogger(__name__)

LABEL, REPORT = "fraud.tell_label", "fraud.tell_report"
SWEPT = "swept"
# A sweep begins so many rows before the end of the last one: a row may be committed after a younger one.
OVERLAP = 500
AT_ONCE = 500
REBUILD = "fraud.rebuild_features"
# A row that could not be told is due again after this, however often: nobody has to look at it.
PAUSE = timedelta(seconds=20)


def look(request: AssessmentRequest, *, now: datetime, reference: str | None = None) -> Seen:
    """As `store.look`, before the transaction, and a detector of somebody else where one is configured.

    A store that has lost its memory is made to remember again: by a worker, where there is anything to remember.
    """
    seen = store.look(request, now=now, reference=reference)
    if seen.failure == COLD:
        if _has_payments():
            order_rebuild(now=now)
        else:
            rebuild_if_lost(now=now)
            seen = store.look(request, now=now, reference=reference)
    return _with_detector(request, seen, now=now)


def _with_detector(request: AssessmentRequest, seen: Seen, *, now: datetime) -> Seen:
    detector, limits = detectors.configured(), breaker.limits(at=now)
    if detector is None:
        return seen
    if not detectors.BREAKER.allows_call(limits):
        return replace(seen, detector_failure="RESTING")
    try:
        answer = detector.score(request, now=now)
    except detectors.DetectorUnavailable as error:
        detectors.BREAKER.record(limits, answered=False)
        return replace(seen, detector_failure=str(error))
    detectors.BREAKER.record(limits, answered=True)
    return replace(seen, detected=answer)


def order(*, kind: str, key: str, now: datetime) -> None:
    """In the transaction of what is to be told."""
    work.enqueue(kind=kind, key=key, payload={}, due_at=now, now=now)


def tell_ended(observation: Observation, *, now: datetime) -> None:
    """How a payment ended, right after commit. What cannot be told now is told by the next sweep; never raises."""
    limits = breaker.limits(at=now)
    if not breaker.STORE.allows_call(limits):
        return
    try:
        store.tell_outcome(of_observation(observation), store.ended(observation.outcome), now=now)
    except redis.RedisError:
        breaker.STORE.record(limits, answered=False)
    else:
        breaker.STORE.record(limits, answered=True)


def sweep(*, now: datetime) -> int:
    """Tell how payments ended that nobody told, outside any transaction; returns how many were looked at.

    A payment told twice counts once while the store knows it again, so none is told that is older than half that time.
    Without a mark of the last sweep it begins near the end: what is before it is a rebuild's. A store that is away is
    told at the next sweep.
    """
    known_for = timedelta(hours=parameters.read("fraud.feature_memory_hours", at=now))
    recent = Observation.objects.filter(at__gte=now - known_for / 2).order_by("pk")
    try:
        client = store.client(now=now)
        begin = int(client.get(store.key(SWEPT)) or _newest()) - OVERLAP
        looked_at = 0
        while batch := list(recent.filter(pk__gt=begin)[:AT_ONCE]):
            store.tell_outcomes(
                [(of_observation(each), store.ended(each.outcome)) for each in batch], client=client, now=now
            )
            begin = batch[-1].pk
            client.set(store.key(SWEPT), begin)
            looked_at += len(batch)
    except redis.RedisError as error:
        logger.warning("the feature store was not told: %s", type(error).__name__)
        return 0
    return looked_at


def tell(*, kind: str, key: str, now: datetime) -> None:
    """Outside any transaction."""
    try:
        {LABEL: _label, REPORT: _report}[kind](key, now)
    except redis.RedisError:
        with transaction.atomic():
            work.enqueue(kind=kind, key=key, payload={}, due_at=now + PAUSE, now=now)


def order_rebuild(*, now: datetime) -> None:
    """Where the store has lost its memory: made again at once, by whoever comes first."""
    with transaction.atomic():
        work.enqueue(kind=REBUILD, key="store", payload={}, due_at=now, now=now)


def rebuild_if_lost(*, now: datetime) -> None:
    """Outside any transaction. A store that is away, or being rebuilt, is looked at again later."""
    try:
        if rebuild.is_cold(now=now):
            rebuild.rebuild(now=now)
    except (redis.RedisError, rebuild.BuildingAlready) as error:
        logger.warning("the feature store was not rebuilt: %s", type(error).__name__)


def _has_payments() -> bool:
    return Observation.objects.exists() or Assessment.objects.exists()


def _newest() -> int:
    return Observation.objects.order_by("-pk").values_list("pk", flat=True).first() or 0


def _label(label_id: str, now: datetime) -> None:
    """The first of a payment that says so; that it is said again, by whomever, changes nothing."""
    label = Label.objects.filter(label_id=label_id).first()
    if label is None:
        return
    same = Label.objects.filter(livemode=label.livemode, payment_id=label.payment_id, is_fraud=label.is_fraud)
    if same.filter(pk__lt=label.pk).exists():
        return
    known_at = store.microseconds(label.known_at)
    store.tell_label(of_label(label), known_at=known_at, is_fraud=label.is_fraud, now=now)


def _report(report_id: str, now: datetime) -> None:
    report = FraudReport.objects.filter(report_id=report_id).first()
    if report is None:
        return
    payment_id = observations.find_payment_id(report=report)
    store.tell_report(of_report(report, payment_id), known_at=store.microseconds(report.reported_at), now=now)
