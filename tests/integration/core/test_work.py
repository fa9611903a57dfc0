"""The work list: ordered with its cause, run once in effect, never lost, never in a crowd."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from core.actors import SYSTEM
from core.audit.models import AuditEntry
from core.errors import Refusal
from core.work import jobs
from core.work import services as work
from core.work.models import JobRun, State, WorkItem
from core.work.registry import DeclaredTwice
from tests.integration.core.registered import only_these

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@pytest.fixture(autouse=True)
def _clean() -> Iterator[None]:
    with only_these():
        yield


def order(key: str, *, due_at: datetime = NOON, now: datetime = NOON, **payload: Any) -> None:
    with transaction.atomic():
        work.enqueue(kind="tests.ship", key=key, payload=payload, due_at=due_at, now=now)


def shipping(fails: bool = False, external: bool = False) -> list[str]:
    shipped: list[str] = []

    @work.performs("tests.ship", external=external)
    def ship(*, key: str, payload: dict[str, Any], now: datetime) -> None:
        shipped.append(key)
        if fails:
            raise RuntimeError

    return shipped


@pytest.mark.django_db(transaction=True)
def test_an_order_outside_a_transaction_is_refused_and_a_rolled_back_one_never_was() -> None:
    with pytest.raises(work.OutsideTransaction):
        work.enqueue(kind="tests.ship", key="1", payload={}, due_at=NOON, now=NOON)
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        work.enqueue(kind="tests.ship", key="1", payload={}, due_at=NOON, now=NOON)
        raise ZeroDivisionError
    assert not WorkItem.objects.exists()


@pytest.mark.django_db
def test_work_is_done_when_due_and_not_before() -> None:
    shipped = shipping()
    order("1", due_at=NOON + timedelta(days=7))
    work.drain(now=NOON + timedelta(days=7) - SECOND)
    assert shipped == []
    work.drain(now=NOON + timedelta(days=7))
    work.drain(now=NOON + timedelta(days=8))
    assert shipped == ["1"]


@pytest.mark.django_db
def test_a_second_order_for_the_same_thing_brings_it_forward_and_never_back() -> None:
    shipping()
    order("1", due_at=NOON + timedelta(hours=5), note="first")
    order("1", due_at=NOON + timedelta(hours=2), note="second")
    order("1", due_at=NOON + timedelta(hours=9), note="third")
    item = WorkItem.objects.get()
    assert (item.due_at, item.payload) == (NOON + timedelta(hours=2), {"note": "third"})


@pytest.mark.django_db
def test_ordering_again_does_not_shorten_the_pause_after_a_failure() -> None:
    shipped = shipping(fails=True)
    order("1")
    work.drain(now=NOON)
    paused_until = WorkItem.objects.get().due_at
    order("1")
    assert WorkItem.objects.get().due_at == paused_until > NOON
    assert shipped == ["1"]


@pytest.mark.django_db
@pytest.mark.parametrize("external", [False, True])
def test_an_order_that_comes_while_it_runs_is_run_after_it(external: bool) -> None:
    """The running one may have read the world before the order came."""
    runs = []

    @work.performs("tests.ship", external=external)
    def ship(*, key: str, payload: dict[str, Any], now: datetime) -> None:
        runs.append(payload)
        if len(runs) < 3:
            with transaction.atomic():
                work.enqueue(kind="tests.ship", key=key, payload={"round": len(runs)}, due_at=now, now=now)

    order("1")
    work.drain(now=NOON)
    assert runs == [{}, {"round": 1}, {"round": 2}]
    assert set(WorkItem.objects.values_list("state", flat=True)) == {State.DONE}


@pytest.mark.django_db
def test_a_failed_run_that_was_ordered_again_meanwhile_goes_on_as_the_newer_order() -> None:
    @work.performs("tests.ship", external=True)
    def ship(*, key: str, payload: dict[str, Any], now: datetime) -> None:
        with transaction.atomic():
            work.enqueue(kind="tests.ship", key=key, payload={"newer": 1}, due_at=now, now=now)
        raise RuntimeError

    order("1")
    work.run_pending(now=NOON)
    waiting = WorkItem.objects.get(state=State.DUE)
    assert (waiting.payload, waiting.attempts) == ({"newer": 1}, 1)
    assert waiting.due_at > NOON


@pytest.mark.django_db
def test_poison_parks_and_a_new_order_does_not_unpark_it() -> None:
    shipped = shipping(fails=True)
    order("1")
    now = NOON
    for _ in range(12):
        now = WorkItem.objects.get().due_at
        work.drain(now=now)
    order("1", now=now, due_at=now)
    work.drain(now=now + timedelta(days=1))
    item = WorkItem.objects.get()
    assert (item.state, item.attempts, len(shipped)) == (State.PARKED, 12, 12)
    assert work.retry(item_id=item.pk, actor=SYSTEM, now=now)
    assert not work.retry(item_id=item.pk, actor=SYSTEM, now=now)
    assert AuditEntry.objects.filter(action="work.item.retried", subject="1").count() == 1
    work.drain(now=now)
    assert len(shipped) == 13


@pytest.mark.django_db
def test_a_kind_nobody_performs_waits() -> None:
    order("1")
    work.drain(now=NOON)
    assert WorkItem.objects.get().last_error.startswith("NoPerformer")
    shipped = shipping()
    work.drain(now=NOON + 2 * SECOND)
    assert shipped == ["1"]


@pytest.mark.django_db
def test_what_is_kept_of_an_error_holds_no_row_values() -> None:
    class UnableToShip(Refusal):
        title = "The van is full"

    errors: dict[str, Exception] = {
        "refusal": UnableToShip(),
        "ours": ValueError("card 4111111111111111"),
    }

    @work.performs("tests.ship")
    def ship(*, key: str, payload: dict[str, Any], now: datetime) -> None:
        if key == "database":
            WorkItem.objects.create(kind="4111111111111111", key=key, due_at=now, created_at=now, state="DONE")
        raise errors[key]

    for key in (*errors, "database"):
        order(key)
    work.drain(now=NOON)
    kept = dict(WorkItem.objects.values_list("key", "last_error"))
    assert kept["refusal"] == "UnableToShip: The van is full"
    assert kept["ours"].startswith("ValueError in tests.integration.core.test_work line")
    assert kept["database"] == "IntegrityError 23514 work_item_is_finished_when_done"


@pytest.mark.django_db
def test_a_withdrawn_order_is_not_run() -> None:
    shipped = shipping()
    order("1")
    with transaction.atomic():
        assert work.cancel(kind="tests.ship", key="1")
        assert not work.cancel(kind="tests.ship", key="1")
    work.drain(now=NOON)
    assert shipped == []


@pytest.mark.django_db
def test_a_row_whose_runner_died_comes_back_with_its_try_counted() -> None:
    shipped = shipping()
    order("1")
    WorkItem.objects.update(state=State.RUNNING, attempts=1, lease_until=NOON + 10 * SECOND)
    work.drain(now=NOON + 9 * SECOND)
    assert shipped == []
    work.drain(now=NOON + 10 * SECOND)
    item = WorkItem.objects.get()
    assert (shipped, item.state, item.attempts) == (["1"], State.DONE, 2)


@pytest.mark.django_db
def test_a_row_that_loses_a_second_runner_pauses() -> None:
    shipping()
    order("1")
    WorkItem.objects.update(state=State.RUNNING, attempts=2, lease_until=NOON)
    work.drain(now=NOON)
    item = WorkItem.objects.get()
    assert (item.state, item.attempts, item.last_error) == (State.DUE, 2, "RunnerLost")
    assert NOON + SECOND <= item.due_at <= NOON + 2 * SECOND


@pytest.mark.django_db
def test_a_row_that_kills_its_runner_every_time_parks_too() -> None:
    shipping()
    order("1")
    now = NOON
    for attempt in range(2, 13):
        WorkItem.objects.update(state=State.RUNNING, attempts=attempt, lease_until=now)
        work.run_pending(now=now)
    assert WorkItem.objects.get().state == State.PARKED


@pytest.mark.django_db
def test_rows_that_failed_before_are_claimed_alone() -> None:
    """So a row that kills its worker cannot use up its neighbours' tries."""
    together: list[int] = []

    @work.performs("tests.ship")
    def ship(*, key: str, payload: dict[str, Any], now: datetime) -> None:
        together.append(WorkItem.objects.filter(state=State.RUNNING).count())

    for number in range(5):
        order(str(number))
    WorkItem.objects.filter(key__in=["3", "4"]).update(attempts=1)
    work.drain(now=NOON)
    assert together == [2, 1, 0, 0, 0]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("external", [False, True])
def test_a_run_longer_than_its_lease_is_neither_doubled_nor_counted_as_lost(external: bool) -> None:
    started, may_end, runs = threading.Event(), threading.Event(), []

    @work.performs("tests.ship", external=external)
    def ship(*, key: str, payload: dict[str, Any], now: datetime) -> None:
        runs.append(now)
        started.set()
        assert may_end.wait(10)

    order("1")

    def run() -> None:
        work.drain(now=NOON)
        connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    assert started.wait(10)
    work.drain(now=NOON + timedelta(minutes=10))
    assert WorkItem.objects.get().state == State.RUNNING
    may_end.set()
    thread.join()
    item = WorkItem.objects.get()
    assert (len(runs), item.state, item.attempts) == (1, State.DONE, 1)


@pytest.mark.django_db(transaction=True)
def test_one_thing_is_never_run_twice_at_a_time() -> None:
    order("1")
    WorkItem.objects.update(state=State.RUNNING, attempts=1, lease_until=NOON + timedelta(hours=1))
    order("1")
    shipped = shipping()
    work.drain(now=NOON)
    assert shipped == []
    with pytest.raises(IntegrityError, match="work_item_runs_alone"):
        WorkItem.objects.filter(state=State.DUE).update(state=State.RUNNING, lease_until=NOON)


def test_two_functions_cannot_perform_one_kind() -> None:
    shipping()
    with pytest.raises(DeclaredTwice):

        @work.performs("tests.ship")
        def other(*, key: str, payload: dict[str, Any], now: datetime) -> None: ...


@pytest.mark.django_db(transaction=True)
def test_two_beats_and_four_workers_run_each_moment_of_a_job_once() -> None:
    ran: list[datetime] = []
    lock = threading.Lock()

    @work.periodic("tests.close_books", every=timedelta(minutes=1))
    def close_books(*, now: datetime) -> None:
        with lock:
            ran.append(now)

    together = threading.Barrier(4)

    def beat_and_work() -> None:
        together.wait()
        for minute in range(3):
            jobs.forget_schedule()
            work.drain(now=NOON + timedelta(minutes=minute, seconds=7), with_jobs=True)
            together.wait()
        connection.close()

    threads = [threading.Thread(target=beat_and_work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [moment.minute for moment in ran] == [0, 1, 2]
    assert list(JobRun.objects.order_by("scheduled_for").values_list("scheduled_for", flat=True)) == [
        NOON + timedelta(minutes=minute) for minute in range(3)
    ]


@pytest.mark.django_db
def test_a_job_does_not_overlap_itself_and_missed_moments_are_not_made_up() -> None:
    ran: list[datetime] = []
    work.periodic("tests.sweep", every=SECOND)(lambda *, now: ran.append(now))
    JobRun.objects.create(
        job="tests.sweep", scheduled_for=NOON - SECOND, due_at=NOON - SECOND, created_at=NOON,
        state=State.RUNNING, attempts=1, lease_until=NOON + 9 * SECOND,
    )  # fmt: skip
    work.run_pending(now=NOON)
    assert ran == []
    work.drain(now=NOON + 3600 * SECOND, with_jobs=True)
    work.drain(now=NOON + 3601 * SECOND, with_jobs=True)
    assert ran == [NOON + 3600 * SECOND, NOON + 3601 * SECOND], "the lost run is repeated, the missed ones are not"


@pytest.mark.django_db
def test_finished_rows_are_forgotten_after_their_time_and_parked_ones_never() -> None:
    shipping()
    order("done")
    work.drain(now=NOON)
    WorkItem.objects.create(kind="tests.ship", key="parked", state=State.PARKED, due_at=NOON, created_at=NOON)
    jobs.forget_finished(now=NOON + timedelta(days=13))
    assert WorkItem.objects.count() == 2
    jobs.forget_finished(now=NOON + timedelta(days=365))
    assert [item.key for item in WorkItem.objects.all()] == ["parked"]
