"""A relay or a worker dies at the worst moment; the next one finishes what it left, once."""

import signal
from datetime import timedelta

import pytest
from django.db import transaction

from core import clock
from core.outbox import services as outbox
from core.outbox.models import Delivery, Event
from core.work import services as work
from core.work.models import State, WorkItem
from tests.fault.processes import Processes, broker, processes, set_parameter, wait_until
from tests.fault.shop import marks
from tests.fault.shop.events import ParcelArrived

__all__ = ["broker", "processes"]
pytestmark = [pytest.mark.fault, pytest.mark.django_db(transaction=True)]


def arrive(count: int) -> list[str]:
    with transaction.atomic():
        for number in range(count):
            outbox.publish(ParcelArrived(parcel_id=f"p{number}", arrived_at=clock.now()))
    return [f"p{number}" for number in range(count)]


@pytest.mark.parametrize(
    ("failpoint", "told_before"),
    [
        ("outbox.fanned_out", 0),
        ("outbox.claimed", 0),
        ("outbox.before_commit:5", 4),
        ("outbox.committed:5", 5),
    ],
)
def test_a_relay_killed_in_the_middle_of_a_batch_is_continued_by_another(
    processes: Processes, failpoint: str, told_before: int
) -> None:
    parcels = arrive(20)
    dying = processes.work(HOLDFAST_FAILPOINT=failpoint)
    assert dying.wait(30) == -signal.SIGKILL
    assert sum(marks.count("told").values()) + sum(marks.count("invoiced").values()) == told_before
    processes.work()
    wait_until(lambda: Delivery.objects.filter(state=State.DONE).count() == 40, seconds=30, what="40 deliveries")
    assert marks.count("told") == dict.fromkeys(parcels, 1)
    assert marks.count("invoiced") == dict.fromkeys(parcels, 1)
    assert not Event.objects.filter(relayed_at__isnull=True).exists()


def test_a_caller_killed_after_its_outside_work_is_repeated(processes: Processes) -> None:
    """At least once is all that can be promised there; the other side needs an idempotency key."""
    with transaction.atomic():
        work.enqueue(kind="shop.call", key="1", payload={}, due_at=clock.now(), now=clock.now())
    assert processes.work(HOLDFAST_FAILPOINT="work.before_finish").wait(30) == -signal.SIGKILL
    processes.work()
    wait_until(lambda: WorkItem.objects.filter(state=State.DONE).exists(), seconds=20, what="the call is done")
    assert marks.count("called") == {"1": 2}


def test_a_row_that_kills_every_worker_parks_and_its_neighbours_are_done(processes: Processes) -> None:
    set_parameter("work.max_attempts", 3)
    now = clock.now()
    with transaction.atomic():
        for number in range(5):
            work.enqueue(kind="shop.ship", key=f"s{number}", payload={"kills": number == 2}, due_at=now, now=now)
    for _ in range(3):
        assert processes.work().wait(30) == -signal.SIGKILL
    processes.work()
    wait_until(lambda: WorkItem.objects.filter(state=State.PARKED).exists(), seconds=20, what="the poison is parked")
    assert WorkItem.objects.get(state=State.PARKED).key == "s2"
    assert marks.count("shipped") == {"s0": 1, "s1": 1, "s3": 1, "s4": 1}


def test_work_stops_when_asked_and_leaves_nothing_claimed(processes: Processes) -> None:
    now = clock.now()
    with transaction.atomic():
        for number in range(300):
            work.enqueue(kind="shop.ship", key=f"s{number}", payload={}, due_at=now, now=now)
    running = processes.work()
    wait_until(lambda: len(marks.count("shipped")) > 10, seconds=20, what="some are shipped")
    running.terminate()
    assert running.wait(10) == 0
    assert not WorkItem.objects.filter(state=State.RUNNING).exists()
    assert WorkItem.objects.filter(due_at__gt=now + timedelta(seconds=1)).count() == 0
