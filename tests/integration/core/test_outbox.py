"""What commits is delivered, once per handler in effect; what rolls back never was."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import ClassVar

import pytest
from django.db import connection, transaction

from core.actors import SYSTEM
from core.outbox import services as outbox
from core.outbox.models import Delivery, Event
from core.work.models import State, WorkItem
from tests.integration.core.registered import only_these

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


@dataclass(frozen=True)
class ParcelArrived:
    name: ClassVar[str] = "tests.parcel_arrived"
    version: ClassVar[int] = 1
    parcel_id: str
    weight_grams: int
    arrived_at: datetime


@pytest.fixture(autouse=True)
def _clean() -> Iterator[None]:
    with only_these():
        yield


def arrive(parcel: str) -> None:
    with transaction.atomic():
        outbox.publish(ParcelArrived(parcel_id=parcel, weight_grams=1_200, arrived_at=NOON))


@pytest.mark.django_db
def test_many_events_are_published_by_one_statement_and_heard_each(django_assert_num_queries) -> None:
    heard = []
    outbox.handles(ParcelArrived)(lambda event, *, now: heard.append((event.parcel_id, event.arrived_at)))
    with django_assert_num_queries(1):
        outbox.publish_many([ParcelArrived(f"p{number}", 1_200, NOON) for number in range(3)], now=NOON)
    outbox.publish_many([], now=NOON)
    outbox.drain(now=NOON)
    assert sorted(heard) == [("p0", NOON), ("p1", NOON), ("p2", NOON)]


@pytest.mark.django_db(transaction=True)
def test_many_events_outside_a_transaction_are_refused() -> None:
    with pytest.raises(outbox.OutsideTransaction):
        outbox.publish_many([ParcelArrived("p1", 1_200, NOON)], now=NOON)
    assert not Event.objects.exists()


def leave_mark(mark: str) -> None:
    """An effect that can be counted: every call adds a row."""
    WorkItem.objects.create(kind="mark", key=mark, due_at=NOON, created_at=NOON, state=State.DONE, finished_at=NOON)


def marks() -> list[str]:
    return sorted(WorkItem.objects.filter(kind="mark").values_list("key", flat=True))


@pytest.mark.django_db(transaction=True)
def test_an_event_outside_a_transaction_is_refused() -> None:
    with pytest.raises(outbox.OutsideTransaction):
        outbox.publish(ParcelArrived(parcel_id="p1", weight_grams=1_200, arrived_at=NOON))
    assert not Event.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_what_rolls_back_was_never_published() -> None:
    heard = []
    outbox.handles(ParcelArrived)(lambda event, *, now: heard.append(event.parcel_id))
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        outbox.publish(ParcelArrived(parcel_id="lost", weight_grams=1_200, arrived_at=NOON))
        raise ZeroDivisionError
    arrive("kept")
    outbox.drain(now=NOON)
    assert heard == ["kept"]


@pytest.mark.django_db
def test_publishing_is_one_statement_and_keeps_types(django_assert_num_queries) -> None:
    heard = []
    outbox.handles(ParcelArrived)(lambda event, *, now: heard.append(event))
    with django_assert_num_queries(1):
        event_id = outbox.publish(ParcelArrived(parcel_id="p1", weight_grams=1_200, arrived_at=NOON))
    assert event_id.startswith("evt_")
    outbox.drain(now=NOON)
    assert heard == [ParcelArrived(parcel_id="p1", weight_grams=1_200, arrived_at=NOON)]
    assert Event.objects.get().published_at == NOON


@pytest.mark.django_db
def test_a_second_relay_pass_delivers_nothing_again() -> None:
    outbox.handles(ParcelArrived)(lambda event, *, now: leave_mark(event.parcel_id))
    arrive("p1")
    outbox.drain(now=NOON)
    outbox.drain(now=NOON + timedelta(hours=1))
    assert marks() == ["p1"]
    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.attempts) == (State.DONE, 1)


@pytest.mark.django_db
def test_the_effect_of_a_failed_try_is_undone_and_its_neighbour_is_not_held_up() -> None:
    broken = True

    def on_arrival_write_invoice(event: ParcelArrived, *, now: datetime) -> None:
        leave_mark(f"invoice {event.parcel_id}")
        if broken:
            raise RuntimeError("the printer card 4111111111111111 is jammed")

    def on_arrival_tell_buyer(event: ParcelArrived, *, now: datetime) -> None:
        leave_mark(f"told {event.parcel_id}")

    outbox.handles(ParcelArrived)(on_arrival_write_invoice)
    outbox.handles(ParcelArrived)(on_arrival_tell_buyer)
    arrive("p1")
    outbox.drain(now=NOON)
    assert marks() == ["told p1"]
    failed = Delivery.objects.get(state=State.DUE)
    assert failed.attempts == 1
    assert NOON + timedelta(seconds=0.5) <= failed.due_at <= NOON + timedelta(seconds=1)
    assert failed.last_error.startswith("RuntimeError in tests.integration.core.test_outbox line ")
    assert "4111" not in failed.last_error

    broken = False
    outbox.drain(now=NOON + timedelta(seconds=1))
    assert marks() == ["invoice p1", "told p1"]


@pytest.mark.django_db
def test_pauses_double_until_the_event_parks_and_a_person_can_send_it_again() -> None:
    cured = False

    def on_arrival(event: ParcelArrived, *, now: datetime) -> None:
        if not cured:
            raise RuntimeError

    outbox.handles(ParcelArrived)(on_arrival)
    arrive("poison")
    now, pauses = NOON, []
    for _ in range(12):
        outbox.drain(now=now)
        due_at = Delivery.objects.get().due_at
        pauses.append((due_at - now).total_seconds())
        now = due_at
    assert Delivery.objects.get().state == State.PARKED
    for attempt, pause in enumerate(pauses):
        longest = min(600, 2**attempt)
        assert longest / 2 <= pause <= longest

    outbox.drain(now=now + timedelta(days=1))
    assert Delivery.objects.get().state == State.PARKED
    cured = True
    assert outbox.retry(delivery_id=Delivery.objects.get().pk, actor=SYSTEM, now=now)
    outbox.drain(now=now)
    assert Delivery.objects.get().state == State.DONE


@pytest.mark.django_db(transaction=True)
def test_an_event_that_commits_after_a_younger_one_is_not_overlooked() -> None:
    """Two transactions overlap; the older event commits last, after the relay has passed. The control is a relay
    that reads on from the last id it saw: it never sees the older one."""
    heard: list[str] = []
    outbox.handles(ParcelArrived)(lambda event, *, now: heard.append(event.parcel_id))
    published, younger_relayed = threading.Event(), threading.Event()

    def slow() -> None:
        with transaction.atomic():
            outbox.publish(ParcelArrived(parcel_id="older", weight_grams=1, arrived_at=NOON))
            published.set()
            assert younger_relayed.wait(10)
        connection.close()

    thread = threading.Thread(target=slow)
    thread.start()
    assert published.wait(10)
    with transaction.atomic():
        outbox.publish(ParcelArrived(parcel_id="younger", weight_grams=1, arrived_at=NOON + timedelta(seconds=1)))
    outbox.drain(now=NOON)
    assert heard == ["younger"]
    last_seen = Event.objects.order_by("id").last()
    younger_relayed.set()
    thread.join()
    outbox.drain(now=NOON)
    assert heard == ["younger", "older"]
    assert not Event.objects.filter(id__gt=last_seen.id).exists(), "the control overlooks the older event"


@pytest.mark.django_db(transaction=True)
def test_four_relays_at_once_give_each_handler_each_event_once() -> None:
    outbox.handles(ParcelArrived)(lambda event, *, now: leave_mark(event.parcel_id))
    with transaction.atomic():
        for number in range(120):
            outbox.publish(ParcelArrived(parcel_id=f"p{number:03}", weight_grams=1, arrived_at=NOON))
    together = threading.Barrier(4)

    def relay() -> None:
        together.wait()
        outbox.drain(now=NOON)
        connection.close()

    threads = [threading.Thread(target=relay) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert marks() == [f"p{number:03}" for number in range(120)]


@pytest.mark.django_db
def test_an_unknown_version_or_a_vanished_handler_waits_and_never_vanishes() -> None:
    outbox.handles(ParcelArrived)(lambda event, *, now: None)
    arrive("p1")
    Event.objects.update(version=2)
    outbox.drain(now=NOON)
    assert Delivery.objects.get().last_error.startswith("UnknownVersion")
    Delivery.objects.update(handler="payments.handlers.gone")
    outbox.drain(now=NOON + timedelta(seconds=5))
    assert Delivery.objects.get().last_error.startswith("UnknownHandler")
    assert Delivery.objects.get().state == State.DUE


@pytest.mark.django_db
def test_delivered_events_are_forgotten_after_their_time_and_open_ones_never() -> None:
    from core.outbox.tasks import forget_delivered

    def on_arrival(event: ParcelArrived, *, now: datetime) -> None:
        if event.parcel_id == "stuck":
            raise RuntimeError

    outbox.handles(ParcelArrived)(on_arrival)
    arrive("heard")
    arrive("stuck")
    outbox.drain(now=NOON)
    forget_delivered(now=NOON + timedelta(days=29))
    assert Event.objects.count() == 2
    forget_delivered(now=NOON + timedelta(days=31))
    assert [event.payload["parcel_id"] for event in Event.objects.all()] == ["stuck"]
