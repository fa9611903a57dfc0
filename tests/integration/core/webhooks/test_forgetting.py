"""What webhooks keep, and for how long."""

from datetime import UTC, datetime, timedelta

import pytest

from core.actors import SYSTEM
from core.parameters import services as parameters
from core.webhooks import tasks
from core.webhooks.models import Attempt, Delivery, PublicEvent, Secret
from core.webhooks.services import endpoints, secrets
from core.work.models import State
from tests.factories import webhooks

pytestmark = pytest.mark.django_db(transaction=True)
NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
KEPT = timedelta(days=10)
SECOND = timedelta(seconds=1)


@pytest.fixture(autouse=True)
def _kept_for_ten_days() -> None:
    parameters.change(
        name="webhooks.keep_days", value=10, effective_from=NOW, reason="for this test", actor=SYSTEM, now=NOW
    )


def test_an_event_goes_with_its_deliveries_and_attempts_when_its_days_are_over() -> None:
    with webhooks.receiver() as shop:
        webhooks.endpoint(shop.url, now=NOW)
        webhooks.publish(now=NOW)
        young = webhooks.publish(now=NOW + SECOND)
        webhooks.send(now=NOW + SECOND)
    tasks.forget_old(now=NOW + KEPT)
    assert PublicEvent.objects.count() == 2
    tasks.forget_old(now=NOW + KEPT + SECOND)
    assert [event.pk for event in PublicEvent.objects.all()] == [young]
    assert [delivery.event_id for delivery in Delivery.objects.all()] == [young]
    assert Attempt.objects.count() == 1


def test_more_than_one_batch_is_forgotten_in_one_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "FORGET_BATCH", 2)
    webhooks.endpoint(now=NOW)
    for _ in range(5):
        webhooks.publish(now=NOW)
    tasks.forget_old(now=NOW + KEPT + SECOND)
    assert not PublicEvent.objects.exists()


def test_an_event_on_its_way_stays() -> None:
    webhooks.endpoint(now=NOW)
    webhooks.publish(now=NOW)
    Delivery.objects.update(state=State.RUNNING, lease_until=NOW + SECOND)
    tasks.forget_old(now=NOW + KEPT + SECOND)
    assert PublicEvent.objects.count() == Delivery.objects.count() == 1


def test_a_secret_goes_when_its_overlap_is_over_and_the_current_one_stays() -> None:
    endpoint = webhooks.endpoint(now=NOW)
    fresh = secrets.mint(now=NOW)
    endpoints.rotate(endpoint_id=endpoint.public_id, secret=fresh, actor=SYSTEM, now=NOW)
    end = Secret.objects.get(expires_at__isnull=False).expires_at
    assert end is not None
    tasks.forget_old(now=end - SECOND)
    assert Secret.objects.count() == 2
    tasks.forget_old(now=end)
    assert [secret.public_id for secret in Secret.objects.all()] == [fresh.public_id]
