"""A sender dies with a delivery in its hands; once its lease is over the next one sends it, under the same id."""

import signal
from datetime import timedelta

import pytest

from core import clock
from core.webhooks.models import Attempt, Delivery
from core.work.models import State
from tests.factories import webhooks
from tests.fault.processes import Processes, broker, processes, wait_until

__all__ = ["broker", "processes"]
pytestmark = [pytest.mark.fault, pytest.mark.django_db(transaction=True)]
SEND = "import django; django.setup(); from core.webhooks.tasks import send; send()"
PAST_THE_LEASE = timedelta(minutes=3)


def test_a_delivery_claimed_by_a_dead_sender_is_sent_by_the_next(processes: Processes) -> None:
    with webhooks.receiver() as shop:
        webhooks.endpoint(shop.url)
        event_id = webhooks.publish(now=clock.now())
        assert processes.start("-c", SEND, HOLDFAST_FAILPOINT="webhooks.claimed").wait(30) == -signal.SIGKILL
        assert shop.received == []
        assert Delivery.objects.get().state == State.RUNNING
        webhooks.send(now=clock.now() + PAST_THE_LEASE)
    assert [request.headers["webhook-id"] for request in shop.received] == [event_id]
    assert Delivery.objects.get().state == State.DONE


def test_a_sender_killed_while_the_receiver_thinks_sends_the_same_id_again(processes: Processes) -> None:
    """The receiver may have acted on the first; by the id it knows the second."""
    slow_then_quick = webhooks.in_turn(webhooks.says(204, after_seconds=3), webhooks.says(204))
    with webhooks.receiver(slow_then_quick) as shop:
        webhooks.endpoint(shop.url)
        event_id = webhooks.publish(now=clock.now())
        dying = processes.start("-c", SEND)
        wait_until(lambda: len(shop.received) == 1, seconds=30, what="the first request has arrived")
        dying.kill()
        dying.wait()
        webhooks.send(now=clock.now() + PAST_THE_LEASE)
    assert [request.headers["webhook-id"] for request in shop.received] == [event_id] * 2
    assert shop.received[0].body == shop.received[1].body
    assert Attempt.objects.filter(delivery__event=event_id, status_code=204).count() == 1
