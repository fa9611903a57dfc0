"""Redis is killed under load: payments go on, decisions say that they are degraded, and it heals by itself."""

import threading
from collections import Counter
from itertools import count
from pathlib import Path

import pytest
import redis

from core.work.brokers import Database
from tests.fault.system import System, running, wait_in_peace

pytestmark = [pytest.mark.fault, pytest.mark.timeout(420)]
CLIENTS = 4
_numbers = count(1)


def pay(system: System, customer: str, amount: int = 5_000) -> int:
    number = next(_numbers)
    body = {
        "cardNumber": "4242424242424242",
        "expiryMonth": "12",
        "expiryYear": "2031",
        "cvc": "123",
        "amount": amount,
        "currency": "USD",
        "customerId": customer,
        "providerId": "prov_memory",
        "bookingId": f"book_{number}",
        "paymentMethod": "card",
    }
    return system.post("/v1/payments", body, f"memory-{number}").status_code


def under_load(system: System, *, payments: int) -> Counter[int]:
    """Statuses of so many payments of each client, each of another customer."""
    statuses: Counter[int] = Counter()
    lock = threading.Lock()

    def client(name: str) -> None:
        for number in range(payments):
            status = pay(system, f"cus_{name}_{number}")
            with lock:
                statuses[status] += 1

    threads = [threading.Thread(target=client, args=(f"load{n}_{next(_numbers)}",)) for n in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return statuses


def newest(system: System) -> tuple[int, str, str, str]:
    [(row_id, source, degraded, outcome)] = system.rows(
        "SELECT id, feature_source, degraded, outcome FROM fraud_assessment ORDER BY id DESC LIMIT 1"
    )
    return row_id, source, degraded, outcome


def is_whole_again(system: System) -> bool:
    assert pay(system, f"cus_probe_{next(_numbers)}") < 500
    return newest(system)[1:3] == ("REDIS", "")


def sees_the_loss(system: System) -> bool:
    """Each process of the web has a breaker of its own, and one of them may still rest."""
    for _ in range(20):
        assert pay(system, f"cus_cold_{next(_numbers)}") == 201
        if newest(system)[1:3] == ("DATABASE", "COLD"):
            return True
        assert newest(system)[1:3] == ("DATABASE", "RESTING")
    return False


def test_redis_killed_under_load(tmp_path: Path) -> None:
    parameters = {"fraud.breaker_open_seconds": 2, "fraud.feature_timeout_ms": 250}
    with running(tmp_path, **parameters) as system:
        assert set(under_load(system, payments=3)) == {201}
        last, source, degraded, outcome = newest(system)
        assert (source, degraded, outcome) == ("REDIS", "", "APPROVE")

        system.valkey.kill()
        assert set(under_load(system, payments=8)) == {201}
        made = system.rows("SELECT feature_source, degraded, outcome, hits FROM fraud_assessment WHERE id > %s", last)
        assert {row[0] for row in made} == {"DATABASE"}
        assert {row[1] for row in made} <= {"UNREACHABLE", "TIMEOUT", "RESTING"}
        # Everybody is new here: the floor holds each of them, and none is approved blind.
        assert {row[2] for row in made} == {"REVIEW"}
        assert all("degraded_new_customer" in [hit["code"] for hit in row[3]] for row in made)

        system.valkey.start()
        wait_in_peace(system, lambda: is_whole_again(system), seconds=120, what="decisions by the store again")

        redis.Redis.from_url(system.valkey.url(Database.FEATURES)).flushdb()
        assert sees_the_loss(system)
        wait_in_peace(system, lambda: is_whole_again(system), seconds=120, what="the memory rebuilt by a worker")
        known = system.rows("SELECT features FROM fraud_assessment ORDER BY id DESC LIMIT 1")[0][0]
        assert known["seller_payments_7d"] >= CLIENTS * 11
