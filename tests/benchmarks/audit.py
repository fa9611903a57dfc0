"""What the audit record costs the transaction it stands in, how fast it is sealed, how fast it is proved."""

import itertools
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.db import connection, connections, transaction

from core import clock
from core.actors import Actor
from core.audit import anchors, sealing, verification
from core.audit import services as audit
from core.money import Currency, Money
from ledger import chart
from ledger.services import journal
from tests.benchmarks.report import Report

SECONDS = 1.0
ROUNDS = 4
THREADS = 8
ENTRIES = 30_000
VERIFY_A_MILLION_SECONDS = 60

_actor = Actor("API_KEY", "key_bench")
_number = itertools.count(time.time_ns())


def run(report: Report) -> None:
    _recording(report)
    _contention(report)
    _sealing_and_verifying(report)


def _post(now: datetime, mark: str) -> None:
    journal.post(
        book="test",
        kind="payments.captured",
        legs=[
            journal.Leg.debit(chart.ACQUIRER_RECEIVABLE, Money(50_000, Currency.USD)),
            journal.Leg.credit(chart.escrow_held(mark), Money(46_000, Currency.USD)),
            journal.Leg.credit(chart.FEES_PLATFORM, Money(4_000, Currency.USD)),
        ],
        reference=mark,
        idempotency_key=mark,
        effective_at=now,
        now=now,
    )


def _record(now: datetime, mark: str) -> None:
    audit.record(
        actor=_actor,
        action="payments.payment.captured",
        subject=mark,
        at=now,
        details={"amount_minor": 50_000, "currency": "USD", "fees_minor": 4_000, "escrow_id": f"ESC_{mark}"},
        correlation_id=f"req_{mark}",
    )


def _chained(now: datetime, mark: str) -> None:
    """What is avoided: the link in the same transaction, behind the lock that a chain needs."""
    _record(now, mark)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [sealing.SEALER_LOCK])
    sealing.seal(now=now, limit=10)


def _transaction(*steps: Callable[[datetime, str], None]) -> Callable[[], None]:
    def once() -> None:
        now, mark = clock.now(), f"bench_{next(_number)}"
        with transaction.atomic():
            for step in steps:
                step(now, mark)

    return once


def _insert_of_the_same_width(now: datetime, mark: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO bench_audit (at, subject, body) VALUES (%s, %s, %s)", [now, mark, "x" * 300])


def _recording(report: Report) -> None:
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE bench_audit (id bigserial PRIMARY KEY, at timestamptz, subject text, body text)")
        cursor.execute("CREATE INDEX ON bench_audit (subject, id)")
    try:
        alone, plain, audited = _interleaved(
            _transaction(_post), _transaction(_post, _insert_of_the_same_width), _transaction(_post, _record)
        )
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP TABLE bench_audit")
    report.add("ledger posting alone, one connection", alone, "/s")
    report.add("ledger posting and one plain insert (floor)", plain, "/s", floor=alone)
    report.add("ledger posting and its audit record, against posting alone", audited, "/s", floor=alone)
    report.add(
        "ledger posting and its audit record, against the plain insert",
        audited,
        "/s",
        floor=plain,
        target=">= 0.75",
        met=audited >= 0.75 * plain,
    )


def _contention(report: Report) -> None:
    record, chained = _transaction(_record), _transaction(_chained)
    free, locked = _threads(record), _threads(chained)
    sealing.seal_all(now=clock.now())
    report.add(f"audit records, {THREADS} connections", free, "/s")
    report.add("the same with the chain inside the transaction (rejected)", locked, "/s", floor=free)


def _sealing_and_verifying(report: Report) -> None:
    sealing.seal_all(now=clock.now())
    for start in range(0, ENTRIES, 1_000):
        now = clock.now()
        with transaction.atomic():
            audit.record_many(
                [
                    audit.Fact(
                        actor=_actor,
                        action="payments.payment.captured",
                        subject=f"pay_{start + number}",
                        at=now,
                        details={"amount_minor": 50_000, "currency": "USD", "fees_minor": 4_000},
                        correlation_id=f"req_{start + number}",
                    )
                    for number in range(1_000)
                ]
            )
    started = time.perf_counter()
    sealed = sealing.seal_all(now=clock.now())
    report.add("sealing", sealed / (time.perf_counter() - started), "entries/s")
    Path(settings.HOLDFAST_AUDIT_ANCHORS).unlink(missing_ok=True)
    anchors.write_if_due(now=clock.now())
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE audit_entry, audit_link, audit_pending")
    started = time.perf_counter()
    result = verification.verify()
    seconds = time.perf_counter() - started
    assert result.is_clean, result.findings
    per_second = result.links / seconds
    report.add(
        f"verification ({result.links:,} links)",
        per_second,
        "links/s",
        target=f">= {1_000_000 / VERIFY_A_MILLION_SECONDS:,.0f} (a million in {VERIFY_A_MILLION_SECONDS} s)",
        met=per_second >= 1_000_000 / VERIFY_A_MILLION_SECONDS,
    )


def _interleaved(*calls: Callable[[], None]) -> list[float]:
    """Rounds in turn, so that what else the machine does hits all alike."""
    counts, seconds = [0] * len(calls), [0.0] * len(calls)
    for call in calls:
        call()
    for _ in range(ROUNDS):
        for index, call in enumerate(calls):
            started = time.perf_counter()
            while (took := time.perf_counter() - started) < SECONDS:
                call()
                counts[index] += 1
            seconds[index] += took
    return [count / took for count, took in zip(counts, seconds, strict=True)]


def _threads(call: Callable[[], None]) -> float:
    deadline = time.perf_counter() + 2 * SECONDS

    def client(_: int) -> int:
        done = 0
        while time.perf_counter() < deadline:
            call()
            done += 1
        connections.close_all()
        return done

    with ThreadPoolExecutor(THREADS) as pool:
        return sum(pool.map(client, range(THREADS))) / (2 * SECONDS)
