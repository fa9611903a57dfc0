"""Celery workers are killed, the broker is emptied, two beats tick: every row is done once and none is forgotten."""

import itertools
import threading
import time
from datetime import timedelta

import pytest
import redis
from django.db import connection, transaction

from core import clock
from core.outbox import services as outbox
from core.outbox.models import Delivery
from core.work import services as work
from core.work.models import JobRun, State, WorkItem
from embedded.servers import Valkey
from tests.fault.processes import Processes, broker, kill_a_child, kill_group, processes, wait_until
from tests.fault.shop import marks
from tests.fault.shop.events import ParcelArrived

__all__ = ["broker", "processes"]
pytestmark = [pytest.mark.fault, pytest.mark.django_db(transaction=True), pytest.mark.timeout(300)]

KILLS = 21


class Customers:
    """Parcels, shipments and calls, some every moment, until told to stop."""

    def __init__(self) -> None:
        self.numbers: list[str] = []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> "Customers":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        for number in map(str, itertools.count()):
            if self._stop.wait(0.05):
                break
            now = clock.now()
            with transaction.atomic():
                outbox.publish(ParcelArrived(parcel_id=number, arrived_at=now))
                work.enqueue(kind="shop.ship", key=number, payload={}, due_at=now + timedelta(seconds=1), now=now)
                work.enqueue(kind="shop.call", key=number, payload={}, due_at=now, now=now)
            self.numbers.append(number)
        connection.close()


def everything_is_done() -> bool:
    finished = [State.DONE]
    return not (
        WorkItem.objects.exclude(state__in=finished).exists() or Delivery.objects.exclude(state__in=finished).exists()
    )


def test_workers_killed_21_times_broker_flushed_two_beats(processes: Processes, broker: Valkey) -> None:
    processes.celery_beat()
    processes.celery_beat()
    workers = [processes.celery_worker(), processes.celery_worker()]
    wait_until(lambda: bool(marks.count("ticked")), seconds=60, what="the first periodic job")
    kills, flushed = 0, False
    with Customers() as customers:
        while kills < KILLS:
            time.sleep(0.7)
            victim = kills % 2
            if kills % 5 == 4:
                kill_group(workers[victim])
                kills += 1
            else:
                kills += kill_a_child(workers[victim])
            if kills >= KILLS // 2 and not flushed:
                flushed = redis.Redis.from_url(broker.url()).flushall()
            # A worker whose child dies while it starts ends itself; what supervises it starts it again.
            if workers[victim].poll() is not None:
                workers[victim] = processes.celery_worker()
    wait_until(everything_is_done, seconds=90, what="all rows done")

    once = dict.fromkeys(customers.numbers, 1)
    assert len(once) > 100
    assert marks.count("told") == once
    assert marks.count("invoiced") == once
    assert marks.count("shipped") == once
    called = marks.count("called")
    assert called.keys() == once.keys()
    repeated = sum(called.values()) - len(called)
    assert repeated <= KILLS, "an outside call is repeated only when its worker died in it"

    runs = JobRun.objects.filter(job="shop.tick")
    assert runs.count() == runs.values("scheduled_for").distinct().count() > 10
    slowest = max(run.finished_at - run.scheduled_for for run in runs.filter(state=State.DONE))
    assert slowest < timedelta(seconds=15), "a run whose worker died is taken up again by the next"
    print(f"{kills} kills, {len(once)} of each, {repeated} calls repeated, slowest periodic run {slowest}")


def test_a_published_event_wakes_a_worker_at_once_without_beat(processes: Processes, broker: Valkey) -> None:
    """The message is a hint, but a quick one; `manage.py` in another process publishes, a worker hears."""
    processes.celery_worker()
    publish = (
        "import django; django.setup()\n"
        "import time\n"
        "from django.db import transaction\n"
        "from core import clock\n"
        "from core.outbox import services as outbox\n"
        "from tests.fault.shop.events import ParcelArrived\n"
        "for number in range(5):\n"
        "    with transaction.atomic():\n"
        "        outbox.publish(ParcelArrived(parcel_id=str(number), arrived_at=clock.now()))\n"
        "    time.sleep(0.45)\n"
    )
    processes.start("-c", publish)
    wait_until(lambda: len(marks.count("told")) == 5, seconds=60, what="five parcels told of")
    waits = sorted(
        (row.finished_at - row.created_at).total_seconds() for row in Delivery.objects.filter(state=State.DONE)
    )
    assert waits[len(waits) // 2] < 1.0


def test_the_sweeper_finds_what_an_emptied_broker_forgot(processes: Processes, broker: Valkey) -> None:
    """No message was ever sent for this row: the beat's tick alone brings a worker to it."""
    now = clock.now()
    with transaction.atomic():
        work.enqueue(kind="shop.ship", key="1", payload={}, due_at=now, now=now)
    redis.Redis.from_url(broker.url()).flushall()
    processes.celery_worker()
    processes.celery_beat()
    wait_until(everything_is_done, seconds=60, what="the row is done")
    assert marks.count("shipped") == {"1": 1}
