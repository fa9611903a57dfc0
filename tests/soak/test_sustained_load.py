"""A minute of steady payments, every one of which touches the fee account: no decline, nothing left behind.

What is asserted does not depend on the machine: the last ten seconds against the first, statuses, books, queues and
memory. How fast it was is a matter of `make bench`.
"""

import json
import time
from pathlib import Path

import psutil
import pytest

from tests.benchmarks import load
from tests.fault.processes import wait_until
from tests.fault.system import System, running

pytestmark = [pytest.mark.soak, pytest.mark.timeout(420)]

SECONDS = 60
SHARE_OF_CAPACITY = 0.5
MEGABYTE = 1024 * 1024


def _payment(number: int, secret: str, run: str) -> bytes:
    body = {
        "cardNumber": "4242424242424242",
        "expiryMonth": "12",
        "expiryYear": "2035",
        "cvc": "123",
        "amount": 4000 + number % 1000,
        "customerId": f"cus_soak_{number % 5000}",
        "providerId": f"prov_soak_{number % 200}",
        "bookingId": f"book_{run}_{number}",
        "ipAddress": f"192.0.2.{number % 250 + 1}",
        "billingAddress": {"country": "US"},
    }
    headers = {"Authorization": f"Bearer {secret}", "Idempotency-Key": f"soak-{run}-{number}"}
    return load.post("/v1/payments", json.dumps(body).encode(), headers)


def _drive(system: System, run: str, *, seconds: float, rate: float | None = None) -> load.Result:
    return load.run(
        system.port, lambda number: _payment(number, system.secret, run), connections=8, seconds=seconds, rate=rate
    )


def _memory(system: System) -> int:
    """Resident bytes of the web's workers."""
    assert system.web.process is not None
    web = psutil.Process(system.web.process.pid)
    return sum(process.memory_info().rss for process in [web, *web.children(recursive=True)])


def _count(system: System, statement: str) -> int:
    return int(system.rows(statement)[0][0])


def test_a_minute_of_payments_does_not_slow_down_and_leaves_nothing_behind(tmp_path: Path) -> None:
    with running(tmp_path / "soak") as system:
        warm = _drive(system, "warm", seconds=8)
        rate = max(5.0, warm.per_second * SHARE_OF_CAPACITY)
        before = _memory(system)
        slices = [_drive(system, f"slice{number}", seconds=10, rate=rate) for number in range(SECONDS // 10)]
        statuses = {status for each in slices for status in each.statuses}
        assert statuses <= {201}, [dict(each.statuses) for each in slices]
        first, last = slices[0], slices[-1]
        assert last.per_second >= 0.85 * first.per_second, [round(each.per_second, 1) for each in slices]
        assert _memory(system) - before < 60 * MEGABYTE
        paid = sum(len(each.seconds) for each in [warm, *slices])
        assert _count(system, "SELECT count(*) FROM payments_payment") == paid
        wait_until(
            lambda: not _count(system, "SELECT count(*) FROM outbox_event WHERE relayed_at IS NULL"),
            seconds=60,
            what="the outbox is empty",
        )
        escrows = "SELECT count(*) FROM escrow_escrow"
        wait_until(lambda: _count(system, escrows) == paid, seconds=90, what="every booking has its escrow")
        # The roll-up keeps the deltas of the fee account to what came in since it last ran.
        wait_until(
            lambda: _count(system, "SELECT count(*) FROM ledger_delta") == 0, seconds=15, what="deltas rolled up"
        )
        wait_until(lambda: _count(system, "SELECT count(*) FROM audit_pending") == 0, seconds=30, what="audit sealed")
        system.manage("verify_ledger")
        system.manage("verify_audit")


def test_the_measure_sees_a_server_that_slows_down(tmp_path: Path) -> None:
    """The control: with the fee account's lock held by somebody, payments stand still and the measure says so."""
    with running(tmp_path / "control") as system:
        free = _drive(system, "free", seconds=6)
        import psycopg

        with psycopg.connect(system.postgres.url()) as thief:
            thief.execute("LOCK TABLE ledger_posting IN ACCESS EXCLUSIVE MODE")
            started = time.monotonic()
            held = _drive(system, "held", seconds=3)
            assert time.monotonic() - started < 60
        assert held.per_second < 0.85 * free.per_second
