"""A new epoch of the feature store from what PostgreSQL has: attempts, outcomes, labels and reports in order of time.

While an epoch is built, everything that is told to the store is also written to a journal, which is applied last; so
what happens meanwhile is neither lost nor, by the payments' ids, counted twice. Then one script puts the new epoch in
force, atomically, and the others are deleted.
"""

import heapq
import itertools
import secrets
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

import redis

from core.parameters import services as parameters
from core.work import brokers
from fraud.features import events, store
from fraud.features.state import Event
from fraud.models import Assessment, FraudReport, Label, Observation
from fraud.selectors import observations

BATCH = 500
READ_AT_ONCE = 2_000
# A builder that has said nothing for so long is gone, and another may begin.
SILENCE_SECONDS = 300
PATIENCE_SECONDS = 30.0

Progress = Callable[[int, int], None]
# When, and what follows the epoch in the arguments of the script.
Told = tuple[int, list[Any]]


class BuildingAlready(Exception):
    """Another process builds an epoch."""


def rebuild(*, now: datetime, since: datetime | None = None, progress: Progress | None = None) -> int:
    """Returns how much was told. Raises BuildingAlready, redis.RedisError; the epoch in force stays in force then."""
    since = since or now - timedelta(days=parameters.read("fraud.feature_days", at=now))
    client = brokers.client(brokers.Database.FEATURES, timeout_seconds=PATIENCE_SECONDS)
    epoch = secrets.token_hex(6)
    if not client.set(store.key(store.BUILDING), epoch, nx=True, ex=SILENCE_SECONDS):
        raise BuildingAlready
    client.delete(store.key(store.JOURNAL))
    done, total = 0, _count(since)
    for batch in _batches(_in_order(since)):
        _tell(client, epoch, batch, now=now)
        client.expire(store.key(store.BUILDING), SILENCE_SECONDS)
        done += len(batch)
        if progress is not None:
            progress(done, max(total, done))
    _put_in_force(client, epoch, now=now)
    return done


def is_cold(*, now: datetime) -> bool:
    """Whether the store answers and has no epoch. Raises redis.RedisError."""
    return not store.client(now=now).exists(store.key(store.EPOCH))


def _in_order(since: datetime) -> Iterator[Told]:
    return heapq.merge(_attempts(since), _questions(since), _labels(since), _reports(since), key=lambda told: told[0])


def _attempts(since: datetime) -> Iterator[Told]:
    """Observed payments: an attempt and its outcome."""
    rows = Observation.objects.filter(at__gte=since).order_by("at", "id")
    for row in rows.iterator(chunk_size=READ_AT_ONCE):
        event = events.of_observation(row)
        yield event.at, ["outcome", *store.flat(event), store.ended(row.outcome).value]


def _questions(since: datetime) -> Iterator[Told]:
    """Transactions of other flows, each judged once or more: attempts without an outcome."""
    rows = Assessment.objects.filter(
        payment_id=None, transaction_id__isnull=False, rescores=None, created_at__gte=since
    ).order_by("created_at", "id")
    for row in rows.iterator(chunk_size=READ_AT_ONCE):
        event = events.of_assessment(row)
        yield event.at, ["attempt", *store.flat(event)]


def _labels(since: datetime) -> Iterator[Told]:
    rows = Label.objects.filter(known_at__gte=since).order_by("known_at", "id")
    for row in rows.iterator(chunk_size=READ_AT_ONCE):
        known_at = store.microseconds(row.known_at)
        yield known_at, ["label", *store.flat(events.of_label(row)), known_at, int(row.is_fraud)]


def _reports(since: datetime) -> Iterator[Told]:
    """Few: each asks for the payment it may name."""
    rows = FraudReport.objects.filter(reported_at__gte=since).order_by("reported_at", "id")
    for row in rows.iterator(chunk_size=READ_AT_ONCE):
        event: Event = events.of_report(row, observations.find_payment_id(report=row))
        yield event.at, ["report", *store.flat(event), event.at]


def _count(since: datetime) -> int:
    return (
        Observation.objects.filter(at__gte=since).count()
        + Label.objects.filter(known_at__gte=since).count()
        + FraudReport.objects.filter(reported_at__gte=since).count()
    )


def _batches(told: Iterable[Told]) -> Iterator[list[Told]]:
    iterator = iter(told)
    while batch := list(itertools.islice(iterator, BATCH)):
        yield batch


def _tell(client: "redis.Redis", epoch: str, batch: list[Told], *, now: datetime) -> None:
    text, sha1 = store.script("tell")
    client.script_load(text)
    pipeline = client.pipeline(transaction=False)
    for _, told in batch:
        pipeline.evalsha(sha1, 1, store.key(store.EPOCH), store.PREFIX, *store.spans(at=now), epoch, *told)
    pipeline.execute()


def _put_in_force(client: "redis.Redis", epoch: str, *, now: datetime) -> None:
    text, _ = store.script("finish")
    keys = [store.key(name) for name in (store.EPOCH, store.BUILDING, store.JOURNAL)]
    while (answer := client.eval(text, 3, *keys, store.PREFIX, *store.spans(at=now), epoch)) == b"MORE":
        pass
    if answer == b"LOST":
        raise BuildingAlready
    _forget_others(client, epoch)


def _forget_others(client: "redis.Redis", epoch: str) -> None:
    """Delete the states of every other epoch, in portions so that nobody waits long."""
    names = client.scan_iter(match=f"{store.PREFIX}*:*", count=1_000)
    while portion := list(itertools.islice(names, 1_000)):
        kept = {epoch, "seen", _text(client.get(store.key(store.BUILDING)))}
        if others := [name for name in portion if _epoch_of(_text(name)) not in kept]:
            client.unlink(*others)


def _epoch_of(name: str) -> str:
    return name.removeprefix(store.PREFIX).partition(":")[0]


def _text(value: bytes | str | None) -> str:
    return value.decode() if isinstance(value, bytes) else value or ""
