"""What an event costs the transaction that publishes it, and how fast relays and work run, against floors."""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar

from django.db import connection, transaction

from core import clock
from core.idempotency import services as idempotency
from core.outbox import registry
from core.outbox import services as outbox
from core.outbox.models import Delivery, Event
from core.work import services as work
from tests.benchmarks.report import Report

TRANSACTIONS = 750
ROUNDS = 25
EVENTS_PER_ROUND = 100


@dataclass(frozen=True)
class Measured:
    name: ClassVar[str] = "bench.measured"
    version: ClassVar[int] = 1
    payment_id: str
    amount_minor: int
    happened_at: datetime


def run(report: Report) -> None:
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE IF NOT EXISTS bench_row (id bigserial PRIMARY KEY, body text)")
    kept = dict(registry._handlers)
    registry._handlers.clear()
    try:
        outbox.handles(Measured)(_on_measured)
        _publishing(report)
        _relaying(report)
        _idempotency(report)
    finally:
        registry._handlers.clear()
        registry._handlers.update(kept)
        Delivery.objects.filter(event__name=Measured.name).delete()
        Event.objects.filter(name=Measured.name).delete()
        with connection.cursor() as cursor:
            cursor.execute("DROP TABLE bench_row")


def _publishing(report: Report) -> None:
    now = clock.now()

    def bare() -> None:
        with transaction.atomic():
            _business_row()

    def two_rows() -> None:
        with transaction.atomic():
            _business_row()
            _business_row()

    def with_event() -> None:
        with transaction.atomic():
            _business_row()
            outbox.publish(Measured(payment_id="pay_1703123456789_k2n8m9p1q", amount_minor=50_000, happened_at=now))

    def with_work() -> None:
        with transaction.atomic():
            _business_row()
            work.enqueue(kind="bench.none", key=str(time.perf_counter_ns()), payload={}, due_at=now + _YEAR, now=now)

    figures = _interleaved(bare=bare, two=two_rows, event=with_event, work=with_work)
    floor = figures["two"]
    ratio = figures["event"] / floor
    report.add("transaction with one insert", figures["bare"], "/s")
    report.add("transaction with two inserts (floor: the least an outbox can cost)", floor, "/s")
    report.add("one insert and one event", figures["event"], "/s", floor=floor, target=">= 0.60", met=ratio >= 0.60)
    report.add("one insert and one order of work", figures["work"], "/s", floor=floor)
    report.add("cost of one event", 1e6 / figures["event"] - 1e6 / figures["bare"], "us")
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM work_workitem WHERE kind = 'bench.none'")


def _relaying(report: Report) -> None:
    """Rounds of a hundred events, each followed by as many bare transactions of one update and one insert."""
    outbox.drain(now=clock.now())
    relayed, bare = [], []
    for _ in range(ROUNDS):
        with transaction.atomic():
            for number in range(EVENTS_PER_ROUND):
                outbox.publish(Measured(payment_id=f"pay_{number}", amount_minor=number, happened_at=clock.now()))
        relayed.append(_rate(lambda: outbox.drain(now=clock.now()), times=1) * EVENTS_PER_ROUND)
        bare.append(_rate(_update_and_insert, times=EVENTS_PER_ROUND // 4))
    rate, floor = statistics.median(relayed), statistics.median(bare)
    report.add("transaction with one update and one insert (floor)", floor, "/s")
    report.add(
        "deliveries by one relay, one insert each", rate, "/s", floor=floor, target=">= 0.40", met=rate >= 0.4 * floor
    )


def _update_and_insert() -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE bench_row SET body = 'changed' WHERE id = (SELECT min(id) FROM bench_row)")
        _business_row()


def _idempotency(report: Report) -> None:
    now, numbers = clock.now(), iter(range(10**9))

    def bare() -> None:
        with transaction.atomic():
            _business_row()

    def claimed() -> None:
        with transaction.atomic():
            claim = idempotency.claim(
                caller="bench", key=f"{now}{next(numbers)}", request_hash=b"x" * 32, operation="bench.none", now=now
            )
            assert isinstance(claim, idempotency.Claim)
            _business_row()
            idempotency.finish(claim_id=claim.id, status=201, body={"id": "pay_1"}, now=now)

    figures = _interleaved(bare=bare, claimed=claimed)
    report.add("claim and finish around one insert", figures["claimed"], "/s", floor=figures["bare"])
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM idempotency_idempotentrequest WHERE caller = 'bench'")


def _interleaved(**kinds: Callable[[], Any]) -> dict[str, float]:
    """Transactions per second of each kind, median of rounds that take turns, so that noise hits all alike."""
    rates: dict[str, list[float]] = {name: [] for name in kinds}
    for _ in range(ROUNDS):
        for name, once in kinds.items():
            rates[name].append(_rate(once, times=TRANSACTIONS // ROUNDS))
    return {name: statistics.median(found) for name, found in rates.items()}


def _rate(once: Callable[[], Any], *, times: int) -> float:
    started = time.perf_counter()
    for _ in range(times):
        once()
    return times / (time.perf_counter() - started)


def _business_row() -> None:
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO bench_row (body) VALUES ('a payment as text, about as long as one')")


def _on_measured(event: Measured, *, now: datetime) -> None:
    _business_row()


_YEAR = timedelta(days=365)
