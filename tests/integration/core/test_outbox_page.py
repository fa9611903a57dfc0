"""The page of background work: what is behind, what is parked, and who may try it again."""

from datetime import UTC, datetime
from typing import Any

import pytest

from core.audit.models import AuditEntry
from core.outbox.models import Delivery, Event
from core.work.models import State, WorkItem
from tests.factories.staff import signed_in

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


@pytest.fixture
def parked() -> tuple[WorkItem, Delivery]:
    event = Event.objects.create(
        id="evt_1", name="payments.captured", version=1, payload={}, published_at=NOON, relayed_at=NOON
    )
    common = {"state": State.PARKED, "attempts": 12, "due_at": NOON, "created_at": NOON}
    return (
        WorkItem.objects.create(kind="payments.resume", key="pay_1", last_error="GatewayAway", **common),
        Delivery.objects.create(event=event, handler="escrow.handlers.on_x", last_error="DealFell", **common),
    )


def test_it_shows_what_is_parked_with_its_error(parked: Any, django_assert_max_num_queries: Any) -> None:
    on_call = signed_in("ON_CALL")
    with django_assert_max_num_queries(18):
        page = on_call.get("/admin/background/").content.decode()
    for shown in ("payments.resume", "pay_1", "GatewayAway", "payments.captured", "evt_1", "DealFell"):
        assert shown in page
    assert page.count(">Try again<") == 2


def test_on_call_gives_a_parked_row_another_round_and_is_named_for_it(parked: Any) -> None:
    item, delivery = parked
    on_call = signed_in("ON_CALL", email="on.call@holdfast.example")
    for path in (f"items/{item.pk}", f"deliveries/{delivery.pk}"):
        answer = on_call.post(f"/admin/background/{path}/retry/", follow=True)
        assert "It will be tried again at once." in answer.content.decode()
    item.refresh_from_db()
    delivery.refresh_from_db()
    assert (item.state, item.attempts, delivery.state, delivery.attempts) == (State.DUE, 0, State.DUE, 0)
    retried = AuditEntry.objects.filter(action__in=["work.item.retried", "outbox.delivery.retried"])
    assert {entry.actor_kind for entry in retried} == {"STAFF"}
    assert retried.count() == 2
    again = on_call.post(f"/admin/background/items/{item.pk}/retry/", follow=True)
    assert "It is not parked any more." in again.content.decode()


def test_an_auditor_sees_and_does_not_touch(parked: Any) -> None:
    item, _ = parked
    auditor = signed_in("AUDITOR")
    page = auditor.get("/admin/background/").content.decode()
    assert "pay_1" in page
    assert "Try again" not in page
    assert auditor.post(f"/admin/background/items/{item.pk}/retry/").status_code == 403
    item.refresh_from_db()
    assert item.state == State.PARKED


def test_an_analyst_does_not_see_it() -> None:
    assert signed_in("FRAUD_ANALYST").get("/admin/background/").status_code == 403


@pytest.mark.parametrize("table", ["work/workitem", "work/jobrun", "outbox/event", "outbox/delivery"])
def test_the_records_can_be_browsed(parked: Any, table: str) -> None:
    on_call = signed_in("ON_CALL")
    assert on_call.get(f"/admin/records/{table}/").status_code == 200
    assert on_call.get(f"/admin/records/{table}/?q=evt_1").status_code == 200
