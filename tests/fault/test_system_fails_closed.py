"""What the program stands on is taken away under it: no payment is approved without a decision, none is half done."""

import statistics
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.fault.checkouts import PAYMENT
from tests.fault.processes import wait_until
from tests.fault.system import System, running

pytestmark = [pytest.mark.fault, pytest.mark.timeout(240)]

NUMBERS = iter(range(10**6))


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    with running(tmp_path_factory.mktemp("system")) as started:
        yield started


def pay(system: System, **changes: Any) -> tuple[httpx.Response, float]:
    """A payment of a new customer and a new key; the answer and the seconds it took."""
    number = next(NUMBERS)
    body = {**PAYMENT, "customerId": f"cus_closed{number}", "bookingId": f"book_closed{number}", **changes}
    began = time.monotonic()
    answer = system.post("/v1/payments", body, f"closed-{number}")
    return answer, time.monotonic() - began


def status(answer: httpx.Response) -> str:
    return f"{answer.status_code} {answer.json().get('status')}"


def counts(system: System) -> list[tuple[int, ...]]:
    return system.rows(
        "SELECT (SELECT count(*) FROM payments_payment), (SELECT count(*) FROM payments_sandboxcharge),"
        " (SELECT count(*) FROM idempotency_idempotentrequest), (SELECT count(*) FROM ledger_entry),"
        " (SELECT count(*) FROM vault_storedcard), (SELECT count(*) FROM compliance_party)"
    )


def approved_without_a_decision(system: System) -> list[tuple[str]]:
    return system.rows(
        "SELECT p.public_id FROM payments_payment p LEFT JOIN fraud_assessment a ON a.id = p.assessment_id"
        " WHERE p.captured_at IS NOT NULL AND (a.id IS NULL OR a.score IS NULL OR p.fraud_recommendation <> 'APPROVE')"
    )


def ready(system: System) -> tuple[int, list[str]]:
    answer = httpx.get(f"{system.base_url}/ready", timeout=10)
    return answer.status_code, answer.json()["down"]


def test_without_redis_payments_are_decided_in_time_and_work_catches_up(system: System) -> None:
    for _ in range(4):
        assert status(pay(system)[0]) == "201 COMPLETED"
    assert ready(system) == (200, [])
    system.valkey.kill()
    paid = [pay(system) for _ in range(20)]
    # Everybody is new here, and what fraud remembers is away: decided by the database, held for a person.
    assert {status(answer) for answer, _ in paid} == {"201 PENDING"}
    assert all(answer.json()["fraudScore"] is not None for answer, _ in paid)
    seconds = sorted(taken for _, taken in paid)
    assert seconds[-2] < 0.5, seconds
    assert ready(system) == (503, ["redis"])
    assert approved_without_a_decision(system) == []

    system.valkey.start()
    wait_until(lambda: ready(system) == (200, []), seconds=20, what="ready again")
    missing = (
        "SELECT count(*) FROM payments_payment p LEFT JOIN escrow_escrow e ON e.public_id = p.escrow_id"
        " WHERE p.status = 'COMPLETED' AND e.id IS NULL"
    )
    wait_until(lambda: system.rows(missing) == [(0,)], seconds=60, what="every booking has its escrow")
    # Each process of the web has a breaker of its own.
    in_a_row = range(8)
    wait_until(
        lambda: all(status(pay(system)[0]) == "201 COMPLETED" for _ in in_a_row),
        seconds=90, what="decisions by the memory again",
    )  # fmt: skip
    print(f"without Redis: median {statistics.median(seconds) * 1000:.0f} ms, worst {seconds[-1] * 1000:.0f} ms")


def test_without_the_master_key_a_payment_is_refused_whole(system: System) -> None:
    """A key file others may read is as good as none. The open keys in memory are gone with the web processes."""
    key_file = system.state / "keys" / "master.json"
    assert status(pay(system)[0]) == "201 COMPLETED"
    system.web.stop()
    key_file.chmod(0o644)
    try:
        system.web.start()
        wait_until(lambda: _is_up(system), seconds=40, what="the web answers")
        before = counts(system)
        refused = [pay(system) for _ in range(6)]
        for answer, seconds in refused:
            assert (answer.status_code, answer.json()["code"]) == (500, "CARD_DATA_ENCRYPTION_FAILED"), answer.text
            assert seconds < 2
            assert str(key_file) not in answer.text
        assert counts(system) == before
        assert ready(system) == (503, ["vault"])
    finally:
        key_file.chmod(0o600)
    # Each of the two processes leaves the key service alone for a second after a failure.
    wait_until(lambda: all(status(pay(system)[0]) == "201 COMPLETED" for _ in range(6)), seconds=20, what="recovery")
    assert ready(system) == (200, [])


@pytest.mark.parametrize(
    ("broken", "mended"),
    [
        (
            "ALTER FUNCTION fraud_held_back RENAME TO fraud_held_back_gone",
            "ALTER FUNCTION fraud_held_back_gone RENAME TO fraud_held_back",
        ),
        (
            "UPDATE fraud_ruleset SET state = 'RETIRED' WHERE version = 1",
            "UPDATE fraud_ruleset SET state = 'ACTIVE' WHERE version = 1",
        ),
    ],
    ids=["what is in force unreadable", "no rules"],
)
def test_without_fraud_advice_a_payment_waits_for_a_person(system: System, broken: str, mended: str) -> None:
    """Never COMPLETED, never lost: authorised, held, with a case that says why."""
    assert status(pay(system)[0]) == "201 COMPLETED"
    system.execute(broken)
    try:
        for _ in range(4):
            answer, seconds = pay(system)
            assert status(answer) == "201 PENDING", answer.text
            assert answer.json()["fraudScore"] is None
            assert answer.json()["fraudRecommendation"] == "REVIEW"
            assert seconds < 1
            payment = answer.json()["paymentId"]
            assert system.rows("SELECT state FROM payments_sandboxcharge WHERE reference = %s", payment) == [
                ("AUTHORISED",)
            ]
            assert system.rows("SELECT state FROM fraud_reviewcase WHERE payment_id = %s", payment) == [("OPEN",)]
    finally:
        system.execute(mended)
    assert status(pay(system)[0]) == "201 COMPLETED"
    assert approved_without_a_decision(system) == []


def test_without_the_fraud_tables_a_payment_is_finished_later_by_what_was_decided(system: System) -> None:
    """The memory had decided, the tables fail after that: the answer fails, and recovery ends what was begun."""
    order = next(NUMBERS)
    body = {**PAYMENT, "customerId": f"cus_closed{order}", "bookingId": f"book_closed{order}"}
    system.execute("REVOKE SELECT ON fraud_observation FROM holdfast_app")
    try:
        answer = system.post("/v1/payments", body, f"tables-{order}")
        assert answer.status_code == 500
    finally:
        system.execute("GRANT SELECT ON fraud_observation TO holdfast_app")
    seen = "SELECT status, step, fraud_outcome FROM payments_payment WHERE booking_id = %s"
    ends = {("PENDING", "HOLD", "NO_ADVICE"), ("COMPLETED", "DONE", "APPROVE")}
    wait_until(lambda: set(system.rows(seen, body["bookingId"])) <= ends, seconds=40, what="finished")
    again = system.post("/v1/payments", body, f"tables-{order}")
    assert (again.status_code, again.json()["status"]) in {(201, "PENDING"), (201, "COMPLETED")}
    assert again.headers["Idempotent-Replayed"] == "true"
    assert approved_without_a_decision(system) == []


def test_a_decision_that_cannot_be_kept_takes_no_money(system: System) -> None:
    """Nobody could say later why it was approved."""
    system.execute("REVOKE INSERT ON fraud_assessment FROM holdfast_app")
    try:
        for _ in range(4):
            answer, _ = pay(system)
            assert status(answer) != "201 COMPLETED", answer.text
    finally:
        system.execute("GRANT INSERT ON fraud_assessment TO holdfast_app")
    assert status(pay(system)[0]) == "201 COMPLETED"
    assert approved_without_a_decision(system) == []


def test_a_closed_switch_takes_no_money_at_once(system: System) -> None:
    """And opens again by itself when it was closed for a time; sooner takes a signature."""
    system.manage("switch", "close", "PAYMENTS", "--reason", "fault test", "--for", "10s")
    time.sleep(2.1)
    before = counts(system)
    answer, _ = pay(system)
    assert (answer.status_code, answer.json()["code"]) == (503, "OPERATION_SUSPENDED")
    assert counts(system) == before
    wait_until(lambda: status(pay(system)[0]) == "201 COMPLETED", seconds=20, what="open again")


def test_the_check_for_undecided_approvals_can_fail(system: System) -> None:
    """Control: a captured payment whose assessment has no score is found."""
    payment = pay(system)[0].json()["paymentId"]
    system.execute(f"UPDATE payments_payment SET assessment_id = NULL WHERE public_id = '{payment}'")
    assert approved_without_a_decision(system) == [(payment,)]


def _is_up(system: System) -> bool:
    try:
        return httpx.get(f"{system.base_url}/health", timeout=2).status_code == 200
    except httpx.TransportError:
        return False
