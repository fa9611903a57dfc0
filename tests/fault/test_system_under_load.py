"""Everything is killed under load, at moments nobody chose: what clients were told stays true, nothing happens twice.

The clients do what the API's documentation tells them: the same key and body again until there is an answer.
"""

import random
import secrets
import signal
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
import redis

from tests.fault import reckoning
from tests.fault.system import System, running, wait_in_peace

pytestmark = [pytest.mark.fault, pytest.mark.timeout(420)]

CLIENTS = 4
CARDS = {
    "4242424242424242": 70,
    "4000000000006025": 10,  # the answer is lost after the charge went through
    "4000000000006017": 5,  # the answer is lost before anything happened
    "4000000000006058": 5,  # the capture fails once
    "4000000000000002": 5,  # declined
    "4000000000009995": 5,  # insufficient funds
}
PATIENCE_SECONDS = 100


class Clients:
    """Threads that pay and refund without a break. `told` holds what the API acknowledged, by order."""

    def __init__(self, system: System, seed: int) -> None:
        self.system = system
        self.told: dict[str, str] = {}
        self.answers: Counter[str] = Counter()
        self.unanswered: list[str] = []
        self.contradictions: list[str] = []
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(target=self._run, args=(number, random.Random(f"{seed}-{number}")))
            for number in range(CLIENTS)
        ]

    def __enter__(self) -> "Clients":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _run(self, client: int, dice: random.Random) -> None:
        number = 0
        while not self._stop.is_set():
            number += 1
            order = f"order-{client}-{number}"
            body = self._order(order, dice)
            answer = self._insist("/v1/payments", body, order)
            if answer is None:
                continue
            self.answers[f"{answer.status_code} {answer.json().get('status', '')}"] += 1
            if answer.status_code == 201:
                self.told[order] = answer.json()["paymentId"]
            if answer.status_code == 201 and answer.json()["status"] == "COMPLETED" and dice.random() < 0.2:
                self._refund(answer.json(), dice)
            if answer.status_code == 201 and dice.random() < 0.1:
                again = self._insist("/v1/payments", body, order)
                if again is not None and again.json() != answer.json():
                    self.contradictions.append(order)

    def _refund(self, payment: dict[str, Any], dice: random.Random) -> None:
        body = {"amount": payment["amount"] // 2} if dice.random() < 0.5 else {}
        key = f"refund-{payment['paymentId']}"
        answer = self._insist(f"/v1/payments/{payment['paymentId']}/refunds", body, key)
        if answer is not None:
            self.answers[f"refund {answer.status_code}"] += 1

    def _insist(self, path: str, body: dict[str, Any], key: str) -> httpx.Response | None:
        """The same request until it is answered for good: not a broken connection, 5xx, in flight or too many."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            try:
                answer = self.system.post(path, body, key, timeout=10)
            except httpx.TransportError:
                self.answers["no answer"] += 1
            else:
                failed_for_good = answer.status_code >= 500 and "paymentId" in answer.text
                if failed_for_good or (answer.status_code < 500 and answer.status_code not in (409, 429)):
                    return answer
                self.answers[f"again after {answer.status_code} {answer.json().get('code')}"] += 1
            time.sleep(0.2)
        self.unanswered.append(key)
        return None

    def _order(self, order: str, dice: random.Random) -> dict[str, Any]:
        card = dice.choices(list(CARDS), list(CARDS.values()))[0]
        held = dice.random() < 0.08
        return {
            "cardNumber": card, "expiryMonth": "12", "expiryYear": "2031", "cvc": "123",
            "amount": 2_500_000 if held else dice.randrange(500, 90_000), "currency": "USD",
            "customerId": f"cus_load{dice.randrange(2000)}", "providerId": f"prov_load{dice.randrange(20)}",
            "bookingId": f"book_{order}", "metadata": {"order": order},
        }  # fmt: skip


class Chaos:
    """Kills by name; every victim is up again before the next one falls."""

    def __init__(self, system: System, dice: random.Random) -> None:
        self.system, self.dice = system, dice
        self.recovery_seconds: list[float] = []

    def worker(self) -> None:
        self._some_process_of(self.system.worker).kill()

    def web(self) -> None:
        self._some_process_of(self.system.web).kill()

    def database(self) -> None:
        """The postmaster and all its backends, as a power cut does."""
        self.system.postgres.kill()
        began = time.monotonic()
        self.system.postgres.start()
        self.recovery_seconds.append(time.monotonic() - began)

    def backend(self) -> None:
        """One backend; PostgreSQL ends all sessions and recovers by itself."""
        assert self.system.postgres.process is not None
        backends = psutil.Process(self.system.postgres.process.pid).children()
        serving = [each for each in backends if "holdfast" in " ".join(each.cmdline())]
        (self.dice.choice(serving) if serving else backends[0]).send_signal(signal.SIGKILL)

    def broker(self) -> None:
        redis.Redis.from_url(self.system.redis_url()).flushall()

    def _some_process_of(self, child: Any) -> psutil.Process:
        """The parent, or one that does the work; a parent's death leaves its children without one."""
        parent = psutil.Process(child.process.pid)
        return self.dice.choice([parent, *parent.children()])


def test_nothing_acknowledged_is_lost_and_nothing_happens_twice(tmp_path: Path) -> None:
    seed = secrets.randbelow(10**6)
    dice = random.Random(seed)
    print(f"seed {seed}")
    with running(tmp_path) as system:
        chaos = Chaos(system, dice)
        kills = [chaos.worker] * 6 + [chaos.web] * 5 + [chaos.database] * 5 + [chaos.backend] * 2 + [chaos.broker]
        dice.shuffle(kills)
        with Clients(system, seed) as clients:
            time.sleep(3)
            for kill in kills:
                kill()
                resting_until = time.monotonic() + dice.uniform(0.5, 2.5)
                wait_in_peace(
                    system, lambda: time.monotonic() > resting_until and system.is_ready(), seconds=60, what="ready"  # noqa: B023
                )  # fmt: skip
            time.sleep(2)
        wait_in_peace(system, lambda: _is_quiet(system), seconds=90, what="all is finished and sealed")

        assert reckoning.differences(system, clients.told) == []
        assert clients.unanswered == []
        assert clients.contradictions == []
        assert len(clients.told) > 100
        assert "ledger is whole" in system.manage("verify_ledger")
        assert "the audit record is whole" in system.manage("verify_audit")
        assert sorted(chaos.recovery_seconds)[len(chaos.recovery_seconds) // 2] < 5
        lost = sum(count for answer, count in clients.answers.items() if answer.startswith("no answer"))
        assert lost > 0, "the kills were felt"
        print(
            f"{len(clients.told)} told, recovery {max(chaos.recovery_seconds):.2f} s at worst, {dict(clients.answers)}"
        )
        _controls(system, clients.told)


def _is_quiet(system: System) -> bool:
    busy = """
        SELECT (SELECT count(*) FROM payments_payment WHERE resume_at IS NOT NULL)
             + (SELECT count(*) FROM payments_refund WHERE status = 'PENDING')
             + (SELECT count(*) FROM outbox_event WHERE relayed_at IS NULL)
             + (SELECT count(*) FROM outbox_delivery WHERE state <> 'DONE')
             + (SELECT count(*) FROM work_workitem WHERE state IN ('DUE', 'RUNNING') AND due_at < now())
             + (SELECT count(*) FROM audit_pending)"""
    return system.rows(busy) == [(0,)]


def _controls(system: System, told: dict[str, str]) -> None:
    """The reckoning sees each of the faults it is there for."""
    for child in system.children:
        child.stop()
    order, payment = next(
        (order, payment)
        for order, payment in told.items()
        if system.rows("SELECT status FROM payments_payment WHERE public_id = %s", payment) == [("COMPLETED",)]
    )
    columns = [
        name
        for (name,) in system.rows(
            "SELECT column_name::text FROM information_schema.columns WHERE table_name = 'payments_payment'"
            " AND column_name NOT IN ('id', 'public_id', 'transaction_id', 'escrow_id', 'claim_id')"
        )
    ]
    same = ", ".join(columns)
    system.execute(
        f"INSERT INTO payments_payment (public_id, transaction_id, {same})"
        f" SELECT 'PAY_TWICE', 'TXN_TWICE', {same} FROM payments_payment WHERE public_id = '{payment}'"
    )
    found = "\n".join(reckoning.differences(system, told))
    assert f"an order paid more than once: {order}" in found
    assert "a completed payment that was not charged: PAY_TWICE" in found
    assert "a completed payment without exactly one capture in the ledger: PAY_TWICE" in found

    system.execute(f"DELETE FROM payments_payment WHERE public_id IN ('PAY_TWICE', '{payment}')")
    found = "\n".join(reckoning.differences(system, told))
    assert f"told {payment} for {order}, found None" in found
    assert f"a charge of no payment: {payment}" in found
    assert f"a capture in the ledger of no completed payment: {payment}" in found
