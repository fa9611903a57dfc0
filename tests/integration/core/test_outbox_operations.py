"""What the people who run it see: depth, lag, parked rows, and the commands that show and retry them."""

import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any, ClassVar

import pytest
from django.core.management import call_command
from django.db import transaction

from core import clock
from core.outbox import metrics as lanes
from core.outbox import selectors
from core.outbox import services as outbox
from core.outbox.models import Delivery
from core.telemetry import context, metrics
from core.work import brokers
from core.work import selectors as work_selectors
from core.work import services as work
from core.work.models import State, WorkItem
from tests.integration.core.registered import only_these

pytestmark = pytest.mark.django_db
NOON = datetime.fromisoformat("2026-03-02T12:00:00+00:00")


@dataclass(frozen=True)
class ParcelArrived:
    name: ClassVar[str] = "tests.parcel_arrived"
    version: ClassVar[int] = 1
    parcel_id: str
    arrived_at: datetime


@pytest.fixture(autouse=True)
def _at_noon() -> Iterator[None]:
    with only_these(), clock.use(clock.FixedClock(NOON)):
        yield


def park_one() -> None:
    @outbox.handles(ParcelArrived)
    def on_arrival(event: ParcelArrived, *, now: datetime) -> None:
        raise RuntimeError

    with transaction.atomic():
        outbox.publish(ParcelArrived(parcel_id="p1", arrived_at=NOON))
    outbox.fan_out(now=NOON)
    Delivery.objects.update(attempts=11)
    outbox.drain(now=NOON)


def said(*command: str) -> str:
    out = StringIO()
    call_command(*command, stdout=out)
    return out.getvalue()


def test_depth_and_lag_count_events_before_and_after_their_fan_out() -> None:
    outbox.handles(ParcelArrived)(lambda event, *, now: None)
    for seconds in (90, 30):
        outbox.publish(ParcelArrived(parcel_id="p", arrived_at=NOON - timedelta(seconds=seconds)))
    assert selectors.load(now=NOON) == work_selectors.Load(2, timedelta(seconds=90), 0)
    outbox.fan_out(now=NOON - timedelta(seconds=80))
    assert selectors.load(now=NOON) == work_selectors.Load(2, timedelta(seconds=80), 0)
    outbox.drain(now=NOON)
    assert selectors.load(now=NOON) == work_selectors.Load(0, timedelta(), 0)


def test_work_ordered_for_later_is_no_load() -> None:
    work.enqueue(kind="tests.ship", key="1", payload={}, due_at=NOON + timedelta(days=1), now=NOON)
    work.enqueue(kind="tests.ship", key="2", payload={}, due_at=NOON - timedelta(seconds=5), now=NOON)
    assert work_selectors.load(now=NOON) == work_selectors.Load(1, timedelta(seconds=5), 0)


def test_the_numbers_are_in_the_metrics() -> None:
    park_one()
    lanes.declare()
    assert b'holdfast_lane_parked{lane="outbox"} 1.0' in metrics.render()


def test_parked_deliveries_are_shown_and_retried_by_command() -> None:
    park_one()
    row = Delivery.objects.get()
    shown = said("outbox", "parked")
    assert f"{row.pk}  {row.event_id}  tests.parcel_arrived" in shown
    assert "12 tries  RuntimeError in tests.integration.core.test_outbox_operations" in shown
    assert said("outbox", "load") == "depth 0, lag 0.0 s, parked 1\n"
    assert said("outbox", "retry", str(row.pk)) == "1 given a fresh round of tries\n"
    row.refresh_from_db()
    assert (row.state, row.attempts) == (State.DUE, 0)
    assert said("outbox", "parked") == ""


def test_parked_work_is_shown_and_retried_by_command() -> None:
    WorkItem.objects.create(kind="tests.ship", key="9", state=State.PARKED, attempts=12, due_at=NOON, created_at=NOON)
    assert "tests.ship  9  12 tries" in said("work", "parked")
    assert said("work", "retry") == "1 given a fresh round of tries\n"


def test_one_command_does_everything_that_is_due() -> None:
    done: list[str] = []
    outbox.handles(ParcelArrived)(lambda event, *, now: done.append("event"))
    work.periodic("tests.job", every=timedelta(hours=1))(lambda *, now: done.append("job"))

    @work.performs("tests.ship")
    def ship(*, key: str, payload: dict[str, Any], now: datetime) -> None:
        done.append("work")

    outbox.publish(ParcelArrived(parcel_id="p", arrived_at=NOON))
    work.enqueue(kind="tests.ship", key="1", payload={}, due_at=NOON, now=NOON)
    call_command("work", "--once")
    assert sorted(done) == ["event", "job", "work"]


@pytest.mark.django_db(transaction=True)
def test_a_broker_that_never_answers_slows_no_request(settings: Any, tmp_path: Path) -> None:
    """It takes the connection and says nothing: the worst kind of away."""
    path = str(tmp_path / "silent.sock")
    with socket.socket(socket.AF_UNIX) as silent:
        silent.bind(path)
        silent.listen()
        settings.HOLDFAST_WAKE_WORKERS = True
        settings.HOLDFAST_REDIS_URL = f"unix://{path}?db=0"
        brokers.client.cache_clear()
        started = time.monotonic()
        try:
            for _ in range(20):
                with transaction.atomic():
                    outbox.publish(ParcelArrived(parcel_id="p", arrived_at=NOON))
            assert time.monotonic() - started < 1.0
            assert selectors.load(now=NOON).depth == 20
        finally:
            brokers.client.cache_clear()


def test_what_a_request_sets_in_motion_carries_its_id() -> None:
    seen: list[str | None] = []

    @work.performs("tests.ship")
    def ship(*, key: str, payload: dict[str, Any], now: datetime) -> None:
        seen.append(context.correlation_id())

    @outbox.handles(ParcelArrived)
    def on_arrival(event: ParcelArrived, *, now: datetime) -> None:
        seen.append(context.correlation_id())
        work.enqueue(kind="tests.ship", key="1", payload={}, due_at=now, now=now)

    with context.scope(request_id="req_1"):
        outbox.publish(ParcelArrived(parcel_id="p", arrived_at=NOON))
    outbox.drain(now=NOON)
    work.drain(now=NOON)
    assert seen == ["req_1", "req_1"]
