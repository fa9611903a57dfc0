"""Webhooks in the console: what each role may do, and that lists ask the database a fixed number of questions."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from core import clock
from core.actors import SYSTEM
from core.audit.models import AuditEntry
from core.webhooks.enums import DisabledBecause
from core.webhooks.models import Attempt, Delivery, Endpoint
from core.webhooks.services import endpoints
from core.work.models import State
from tests.factories import webhooks
from tests.factories.staff import signed_in

pytestmark = pytest.mark.django_db


def delivered(number: int) -> Delivery:
    """One delivery of its own event, with two attempts."""
    now = clock.now()
    event_id = webhooks.publish(now=now + timedelta(microseconds=number))
    delivery = Delivery.objects.filter(event=event_id).latest("pk")
    for count in (1, 2):
        Attempt.objects.create(
            delivery=delivery, endpoint=delivery.endpoint, number=count, sent_at=now, duration_ms=12,
            result="BAD_STATUS" if count == 1 else "DELIVERED", status_code=500 if count == 1 else 204,
            excerpt="<script>alert(1)</script>" if count == 1 else "",
        )  # fmt: skip
    return delivery


@pytest.fixture
def engineer() -> Client:
    return signed_in("INTEGRATION")


def test_an_endpoint_is_opened_its_secret_shown_once_and_rotated(engineer: Client) -> None:
    form = {"url": "https://shop.example.com/in", "types": ["payment.completed"], "description": "Orders"}
    first = engineer.post("/admin/webhooks/open/endpoint/", form).content.decode()
    endpoint = Endpoint.objects.get()
    assert first.count("whsec_") >= 1
    page = engineer.get(f"/admin/webhooks/{endpoint.public_id}/").content.decode()
    assert "whsec_" not in page
    second = engineer.post(f"/admin/webhooks/{endpoint.public_id}/rotate/").content.decode()
    assert "whsec_" in second
    assert endpoint.secrets.count() == 2


def test_a_url_that_is_not_public_is_refused_on_the_form(engineer: Client) -> None:
    for url in ("https://169.254.169.254/latest", "http://shop.example.com/", "https://user:pw@shop.example.com/"):
        answer = engineer.post("/admin/webhooks/open/endpoint/", {"url": url, "types": ["*"]})
        assert answer.status_code == 200
        assert 'role="alert"' in answer.content.decode()
    assert not Endpoint.objects.exists()


def test_one_that_failed_is_replayed_from_its_page_and_the_chain_says_by_whom(engineer: Client) -> None:
    webhooks.endpoint()
    delivery = delivered(1)
    Delivery.objects.filter(pk=delivery.pk).update(state=State.PARKED, attempts=10)
    page = engineer.get(f"/admin/webhook-deliveries/{delivery.public_id}/").content.decode()
    assert "Replay" in page
    assert "&lt;script&gt;alert(1)" in page
    engineer.post(f"/admin/webhook-deliveries/{delivery.public_id}/replay/")
    delivery.refresh_from_db()
    assert (delivery.state, delivery.earlier_attempts) == (State.DUE, 10)
    entry = AuditEntry.objects.get(action="webhooks.delivery.replayed")
    assert (entry.subject, entry.actor_kind) == (delivery.event_id, "STAFF")


def test_a_range_of_days_is_replayed_and_a_senseless_one_is_not(engineer: Client) -> None:
    endpoint = webhooks.endpoint()
    delivery = delivered(1)
    Delivery.objects.filter(pk=delivery.pk).update(state=State.PARKED)
    today = clock.now().date()
    address = f"/admin/webhooks/{endpoint.public_id}/replay/"
    refused = engineer.post(address, {"since": today, "until": today - timedelta(days=1)})
    assert "Ends before it begins" in refused.content.decode()
    engineer.post(address, {"since": today, "until": today})
    delivery.refresh_from_db()
    assert delivery.state == State.DUE


def test_on_call_replays_but_opens_nothing_and_an_analyst_sees_nothing() -> None:
    endpoint = webhooks.endpoint()
    delivery = delivered(1)
    on_call, analyst = signed_in("ON_CALL"), signed_in("FRAUD_ANALYST")
    assert on_call.post(f"/admin/webhook-deliveries/{delivery.public_id}/replay/").status_code == 302
    assert on_call.get("/admin/webhooks/").status_code == 200
    for act in ("change", "rotate", "disable", "enable", "test"):
        assert on_call.post(f"/admin/webhooks/{endpoint.public_id}/{act}/").status_code == 403
    assert on_call.get("/admin/webhooks/open/endpoint/").status_code == 403
    for address in ("/admin/webhooks/", "/admin/webhook-deliveries/", "/admin/events/"):
        assert analyst.get(address).status_code == 403


def test_what_the_program_disabled_stands_in_a_note(engineer: Client) -> None:
    endpoint = webhooks.endpoint()
    endpoints.close(endpoint, because=DisabledBecause.FAILING, now=clock.now())
    page = engineer.get("/admin/webhooks/").content.decode()
    assert "was disabled" in page
    engineer.post(f"/admin/webhooks/{endpoint.public_id}/enable/")
    assert "was disabled" not in engineer.get("/admin/webhooks/").content.decode()


def test_the_console_shows_the_data_of_one_mode_alone(engineer: Client) -> None:
    live = webhooks.endpoint("https://live.example.com/", livemode=True)
    event_id = webhooks.publish(now=clock.now(), livemode=True)
    delivery = Delivery.objects.get()
    for address in (
        f"webhooks/{live.public_id}/", f"events/{event_id}/", f"webhook-deliveries/{delivery.public_id}/",
    ):  # fmt: skip
        assert engineer.get(f"/admin/{address}").status_code == 404
    assert "live.example.com" not in engineer.get("/admin/webhooks/").content.decode()


@pytest.mark.parametrize("address", ["/admin/webhooks/", "/admin/webhook-deliveries/", "/admin/events/"])
def test_a_list_asks_as_many_questions_for_thirty_rows_as_for_three(engineer: Client, address: str) -> None:
    def questions() -> int:
        with CaptureQueriesContext(connection) as seen:
            assert engineer.get(address).status_code == 200
        return len(seen)

    webhooks.endpoint("https://first.example.com/")
    delivered(0)
    questions()
    few = questions()
    for number in range(1, 10):
        webhooks.endpoint(f"https://shop{number}.example.com/")
        delivered(number)
    assert questions() == few


def test_ids_lead_to_their_pages(engineer: Client) -> None:
    endpoint = webhooks.endpoint()
    delivery = delivered(1)
    for wanted, page in (
        (endpoint.public_id, "webhooks"), (delivery.public_id, "webhook-deliveries"), (delivery.event_id, "events"),
    ):  # fmt: skip
        assert engineer.get("/admin/search/", {"q": wanted})["Location"] == f"/admin/{page}/{wanted}/"


def test_test_event_goes_to_that_endpoint_alone(engineer: Client) -> None:
    endpoint = webhooks.endpoint("https://a.example.com/", "payment.failed")
    webhooks.endpoint("https://b.example.com/")
    engineer.post(f"/admin/webhooks/{endpoint.public_id}/test/")
    assert Delivery.objects.get().endpoint_id == endpoint.pk
    assert AuditEntry.objects.filter(action="webhooks.endpoint.tested").count() == 1


def test_the_actor_is_asked_for_nothing_twice() -> None:
    """Disabling and enabling again are told once each."""
    endpoint = webhooks.endpoint()
    now = clock.now()
    for _ in range(2):
        endpoints.disable(endpoint_id=endpoint.public_id, actor=SYSTEM, now=now)
    for _ in range(2):
        endpoints.enable(endpoint_id=endpoint.public_id, actor=SYSTEM, now=now)
    assert (
        AuditEntry.objects.filter(action__in=["webhooks.endpoint.disabled", "webhooks.endpoint.enabled"]).count() == 2
    )
