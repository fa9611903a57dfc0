"""A request sent twice has one effect and one answer."""

import hashlib
import json
import threading
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction

from core.actors import SYSTEM
from core.idempotency import services as idempotency
from core.idempotency.models import IdempotentRequest
from core.idempotency.tasks import forget_answered
from core.parameters import services as parameters
from core.work.models import State, WorkItem

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
BODY = hashlib.sha256(b'{"amount":50000}').digest()
OTHER_BODY = hashlib.sha256(b'{"amount":50001}').digest()


def claim(
    *,
    caller: str = "key_1",
    key: str = "order-1",
    body: bytes = BODY,
    now: datetime = NOON,
    operation: str = "tests.pay",
) -> idempotency.Claim | idempotency.Replay:
    with transaction.atomic():
        return idempotency.claim(caller=caller, key=key, request_hash=body, operation=operation, now=now)


def pay(claim_id: int, *, now: datetime = NOON) -> None:
    """The effect (a countable row) and the answer in one transaction."""
    with transaction.atomic():
        WorkItem.objects.create(
            kind="paid", key=str(claim_id), due_at=now, created_at=now, state=State.DONE, finished_at=now
        )
        idempotency.finish(claim_id=claim_id, status=201, body={"id": "pay_1"}, now=now)


def at_once(count: int, attempt: Callable[[], str]) -> Counter[str]:
    together, seen, lock = threading.Barrier(count), Counter[str](), threading.Lock()

    def run() -> None:
        together.wait()
        outcome = attempt()
        connection.close()
        with lock:
            seen[outcome] += 1

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return seen


@pytest.mark.django_db
def test_the_first_request_costs_one_insert(django_assert_num_queries: Any) -> None:
    claim(key="warm the parameters")
    with django_assert_num_queries(1):
        first = idempotency.claim(caller="key_1", key="order-1", request_hash=BODY, operation="tests.pay", now=NOON)
    assert isinstance(first, idempotency.Claim)
    assert (first.recovered, first.recovery_point, first.resource_id) == (False, "STARTED", None)
    with django_assert_num_queries(1):
        idempotency.finish(claim_id=first.id, status=201, body={"id": "pay_1"}, now=NOON)


@pytest.mark.django_db
def test_the_same_request_again_gets_the_same_answer() -> None:
    first = claim()
    pay(first.id)
    assert claim() == idempotency.Replay(status=201, body={"id": "pay_1"}, resource_id=None)


@pytest.mark.django_db
def test_an_answer_keeps_the_order_of_its_names_and_the_form_of_its_numbers() -> None:
    """Clients compare and sign what they get: longer names before shorter ones would be `jsonb`'s order, not ours."""
    answer = {"success": True, "id": "pay_1", "zip": {"bb": 1, "a": 12345678901234567890, "c": 1.5e-7}, "an": None}
    first = claim()
    assert isinstance(first, idempotency.Claim)
    with transaction.atomic():
        idempotency.finish(claim_id=first.id, status=201, body=answer, now=NOON)
    again = claim()
    assert isinstance(again, idempotency.Replay)
    assert json.dumps(again.body) == json.dumps(answer)


@pytest.mark.django_db
@pytest.mark.parametrize("finished", [False, True])
def test_a_key_means_one_body_and_one_operation(finished: bool) -> None:
    first = claim()
    if finished:
        pay(first.id)
    with pytest.raises(idempotency.KeyReusedWithOtherBody) as refused:
        claim(body=OTHER_BODY)
    assert (refused.value.status, refused.value.code) == (422, "IDEMPOTENCY_KEY_REUSED")
    with pytest.raises(idempotency.KeyReusedWithOtherBody):
        claim(operation="tests.refund")


@pytest.mark.django_db
def test_callers_do_not_share_keys() -> None:
    mine, theirs = claim(caller="key_1"), claim(caller="key_2", body=OTHER_BODY)
    assert isinstance(mine, idempotency.Claim)
    assert isinstance(theirs, idempotency.Claim)
    assert mine.id != theirs.id


@pytest.mark.django_db
def test_while_the_first_is_answered_the_second_is_told_to_wait() -> None:
    claim()
    with pytest.raises(idempotency.RequestInFlight) as refused:
        claim(now=NOON + timedelta(seconds=59))
    assert (refused.value.status, refused.value.code) == (409, "REQUEST_IN_FLIGHT")


@pytest.mark.django_db
def test_a_retry_after_the_lease_goes_on_from_the_recovery_point() -> None:
    first = claim()
    with transaction.atomic():
        idempotency.advance(first.id, "CHARGED", resource_id="pay_1")
    later = claim(now=NOON + timedelta(seconds=60))
    assert later == idempotency.Claim(first.id, recovered=True, recovery_point="CHARGED", resource_id="pay_1")
    with pytest.raises(idempotency.RequestInFlight):
        claim(now=NOON + timedelta(seconds=61))


@pytest.mark.django_db
def test_only_one_of_two_executions_can_finish() -> None:
    """The first was slow, not dead: it comes back after the second took over and finished."""
    slow = claim()
    quick = claim(now=NOON + timedelta(seconds=60))
    pay(quick.id)
    with pytest.raises(idempotency.ClaimLost):
        pay(slow.id)
    with pytest.raises(idempotency.ClaimLost), transaction.atomic():
        idempotency.advance(slow.id, "CHARGED")
    assert WorkItem.objects.filter(kind="paid").count() == 1


@pytest.mark.django_db
def test_a_crash_between_effect_and_answer_leaves_neither() -> None:
    first = claim()
    with pytest.raises(SystemExit), transaction.atomic():
        WorkItem.objects.create(kind="paid", key="1", due_at=NOON, created_at=NOON)
        raise SystemExit
    assert not WorkItem.objects.filter(kind="paid").exists()
    again = claim(now=NOON + timedelta(seconds=60))
    assert (again.id, again.recovered) == (first.id, True)


@pytest.mark.django_db
def test_a_refused_request_gives_its_key_back() -> None:
    first = claim()
    with transaction.atomic():
        idempotency.release(first.id)
    assert isinstance(claim(body=OTHER_BODY), idempotency.Claim)


@pytest.mark.django_db
def test_an_answer_is_not_released() -> None:
    first = claim()
    pay(first.id)
    with transaction.atomic():
        idempotency.release(first.id)
    assert isinstance(claim(), idempotency.Replay)


@pytest.mark.django_db(transaction=True)
def test_nothing_of_it_works_outside_a_transaction() -> None:
    with pytest.raises(idempotency.OutsideTransaction):
        idempotency.claim(caller="key_1", key="k", request_hash=BODY, operation="tests.pay", now=NOON)
    with pytest.raises(idempotency.OutsideTransaction):
        idempotency.finish(claim_id=1, status=201, body={}, now=NOON)


@pytest.mark.django_db(transaction=True)
def test_24_requests_at_once_with_recovery_points_have_one_effect() -> None:
    """Claim, outside work, effect: the others are told to wait, or see the answer if they come after it."""

    def attempt() -> str:
        try:
            mine = claim()
        except idempotency.RequestInFlight:
            return "wait"
        if isinstance(mine, idempotency.Replay):
            return "replay"
        pay(mine.id)
        return "paid"

    seen = at_once(24, attempt)
    assert seen["paid"] == 1
    assert seen.total() == 24
    assert WorkItem.objects.filter(kind="paid").count() == 1


@pytest.mark.django_db(transaction=True)
def test_24_requests_at_once_in_one_transaction_each_have_one_effect_and_23_replays() -> None:
    """Claim, effect and answer in one transaction: the others wait for its commit and replay."""

    def attempt() -> str:
        with transaction.atomic():
            mine = idempotency.claim(caller="key_1", key="k", request_hash=BODY, operation="tests.pay", now=NOON)
            if isinstance(mine, idempotency.Replay):
                return "replay"
            pay(mine.id)
            return "paid"

    assert at_once(24, attempt) == Counter(paid=1, replay=23)
    assert WorkItem.objects.filter(kind="paid").count() == 1


@pytest.mark.django_db(transaction=True)
def test_after_the_lease_exactly_one_of_24_retries_takes_over() -> None:
    claim()

    def attempt() -> str:
        try:
            mine = claim(now=NOON + timedelta(minutes=2))
        except idempotency.RequestInFlight:
            return "wait"
        return "recovered" if mine.recovered else "new"

    assert at_once(24, attempt) == Counter(recovered=1, wait=23)


@pytest.mark.django_db
def test_no_parameter_makes_an_answer_shorter_lived_than_a_day() -> None:
    parameters.change(
        name="idempotency.keep_hours", value=1, effective_from=NOON, reason="thrift", actor=SYSTEM, now=NOON
    )
    claim(operation="fraud.report")
    forget_answered(now=NOON + timedelta(hours=24))
    assert IdempotentRequest.objects.count() == 1
    forget_answered(now=NOON + timedelta(hours=24, seconds=1))
    assert not IdempotentRequest.objects.exists()


@pytest.mark.django_db
def test_answers_are_forgotten_after_their_time_unless_they_moved_money() -> None:
    for key, operation in (("a", "fraud.report"), ("b", "payments.create")):
        first = claim(key=key, operation=operation)
        with transaction.atomic():
            idempotency.finish(claim_id=first.id, status=200, body={}, now=NOON)
    forget_answered(now=NOON + timedelta(hours=71))
    assert IdempotentRequest.objects.count() == 2
    forget_answered(now=NOON + timedelta(days=3_650))
    assert list(IdempotentRequest.objects.values_list("operation", flat=True)) == ["payments.create"]
