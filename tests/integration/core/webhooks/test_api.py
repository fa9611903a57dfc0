"""Webhook endpoints and events in the public API."""

import json
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from standardwebhooks import Webhook

from core import clock
from core.api import documents
from core.idempotency.models import IdempotentRequest
from core.webhooks import catalogue
from core.webhooks.models import Delivery, Endpoint, PublicEvent
from core.work.models import State
from tests.factories import webhooks
from tests.factories.api import ApiClient, client

pytestmark = pytest.mark.django_db
ADDRESS = "/v1/webhook-endpoints"
BODY = {"url": "https://shop.example.com/holdfast", "events": ["payment.completed", "refund.succeeded"]}


@pytest.fixture
def shop() -> ApiClient:
    return client("webhooks:read", "webhooks:write", "events:read")


def patch(shop: ApiClient, path: str, body: dict[str, object], **options: object):
    return shop.generic("PATCH", path, json.dumps(body), **options)


def test_an_endpoint_is_opened_and_its_secret_shown_once(shop: ApiClient) -> None:
    answer = shop.post(ADDRESS, BODY)
    made = answer.json()
    assert answer.status_code == 201
    assert made["id"].startswith("whk_")
    assert (made["status"], made["events"], made["livemode"]) == ("ENABLED", sorted(BODY["events"]), False)
    assert Webhook(made["secret"]).sign("evt_1", clock.now(), "{}").startswith("v1,")
    again = shop.get(f"{ADDRESS}/{made['id']}").json()
    assert "secret" not in again
    assert again["url"] == BODY["url"]


def test_a_retry_gets_the_same_answer_and_no_row_keeps_the_secret(shop: ApiClient) -> None:
    first = shop.post(ADDRESS, BODY, headers={"Idempotency-Key": "open-1"})
    second = shop.post(ADDRESS, BODY, headers={"Idempotency-Key": "open-1"})
    assert second.headers["Idempotent-Replayed"] == "true"
    assert first.json() == second.json()
    assert Endpoint.objects.count() == 1
    kept = str(IdempotentRequest.objects.values_list("response_body", flat=True).get())
    assert "whsec_" not in kept
    sealed = bytes(Endpoint.objects.get().secrets.get().sealed)
    assert first.json()["secret"].removeprefix("whsec_").encode() not in sealed


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({**BODY, "url": "https://10.0.0.1/"}, "INVALID_WEBHOOK_URL"),
        ({**BODY, "url": "http://shop.example.com/"}, "INVALID_WEBHOOK_URL"),
        ({**BODY, "events": ["payment.invented"]}, "UNKNOWN_EVENT_TYPE"),
        ({**BODY, "events": ["*", "payment.completed"]}, "UNKNOWN_EVENT_TYPE"),
        ({**BODY, "events": []}, "INVALID_REQUEST"),
        ({**BODY, "secret": "whsec_mine"}, "INVALID_REQUEST"),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(shop: ApiClient, body: dict[str, object], code: str) -> None:
    answer = shop.post(ADDRESS, body)
    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert not Endpoint.objects.exists()


def test_live_endpoints_never_lead_to_this_machine_even_where_test_ones_may() -> None:
    url = {"url": "http://127.0.0.1:8123/", "events": ["*"]}
    assert client("webhooks:write").post(ADDRESS, url).status_code == 201
    live = client("webhooks:write", livemode=True)
    assert live.post(ADDRESS, url).json()["code"] == "INVALID_WEBHOOK_URL"


def test_an_account_has_no_more_than_its_endpoints(shop: ApiClient) -> None:
    for number in range(20):
        webhooks.endpoint(f"https://shop{number}.example.com/")
    answer = shop.post(ADDRESS, BODY)
    assert (answer.status_code, answer.json()["code"]) == (409, "TOO_MANY_WEBHOOK_ENDPOINTS")
    webhooks.endpoint(account="another")


def test_it_is_changed_disabled_enabled_and_deleted(shop: ApiClient) -> None:
    made = shop.post(ADDRESS, BODY).json()
    address = f"{ADDRESS}/{made['id']}"
    changed = patch(shop, address, {"url": "https://new.example.com/in", "events": ["*"]}).json()
    assert (changed["url"], changed["events"]) == ("https://new.example.com/in", ["*"])
    off = patch(shop, address, {"status": "DISABLED"}).json()
    assert (off["status"], off["disabledBecause"]) == ("DISABLED", "ASKED")
    assert patch(shop, address, {"status": "ENABLED"}).json()["disabledAt"] is None
    assert patch(shop, address, {"status": "DELETED"}).status_code == 400
    assert patch(shop, address, {"url": "https://[fd00::1]/"}).json()["code"] == "INVALID_WEBHOOK_URL"
    assert shop.delete(address).json() == {"success": True, "id": made["id"], "deleted": True}
    assert shop.get(address).status_code == 404
    assert shop.get(ADDRESS).json()["data"] == []


def test_a_change_of_what_has_changed_meanwhile_is_refused(shop: ApiClient) -> None:
    made = shop.post(ADDRESS, BODY).json()
    address = f"{ADDRESS}/{made['id']}"
    seen = {"If-Match": shop.get(address)["ETag"]}
    patch(shop, address, {"description": "moved"})

    refused = patch(shop, address, {"status": "DISABLED"}, headers=seen)
    kept = shop.delete(address, headers=seen)

    assert [answer.json()["code"] for answer in (refused, kept)] == ["PRECONDITION_FAILED"] * 2
    assert shop.get(address).json()["status"] == "ENABLED"
    fresh = {"If-Match": shop.get(address)["ETag"]}
    assert patch(shop, address, {"status": "DISABLED"}, headers=fresh).status_code == 200


def test_rotation_gives_another_secret(shop: ApiClient) -> None:
    made = shop.post(ADDRESS, BODY).json()
    rotated = shop.post(f"{ADDRESS}/{made['id']}/rotate-secret").json()
    assert rotated["secret"] != made["secret"]
    assert rotated["secret"].startswith("whsec_")


def test_nobody_reaches_another_account_or_the_other_mode(shop: ApiClient) -> None:
    now = clock.now()
    for other in (webhooks.endpoint(account="another"), webhooks.endpoint("https://live.example.com/", livemode=True)):
        for method, path in (
            ("GET", ""), ("PATCH", ""), ("DELETE", ""), ("GET", "/deliveries"), ("POST", "/test"),
            ("POST", "/rotate-secret"),
        ):  # fmt: skip
            body = json.dumps({"description": "mine"}) if method in {"PATCH", "POST"} and not path else "{}"
            answer = shop.generic(method, f"{ADDRESS}/{other.public_id}{path}", body if method != "GET" else "")
            assert answer.status_code == 404, (method, path)
    for event_id in (webhooks.publish(now=now, account="another"), webhooks.publish(now=now, livemode=True)):
        assert shop.get(f"/v1/events/{event_id}").status_code == 404
        assert shop.post(f"/v1/events/{event_id}/redeliver").status_code == 404
    assert shop.get("/v1/events").json()["data"] == []
    assert shop.get(ADDRESS).json()["data"] == []


@pytest.mark.parametrize(
    ("scope", "method", "path"),
    [
        ("webhooks:read", "POST", ADDRESS), ("events:read", "GET", ADDRESS), ("webhooks:write", "GET", "/v1/events"),
        ("webhooks:read", "DELETE", f"{ADDRESS}/whk_1"), ("events:read", "POST", "/v1/events/evt_1/redeliver"),
    ],
)  # fmt: skip
def test_each_operation_asks_for_its_own_scope(scope: str, method: str, path: str) -> None:
    answer = client(scope).generic(method, path, "{}" if method == "POST" else "")
    assert (answer.status_code, answer.json()["code"]) == (403, "INSUFFICIENT_SCOPE")


def test_events_are_listed_by_type_subject_and_time_and_say_what_the_webhook_said(shop: ApiClient) -> None:
    now = clock.now()
    old = webhooks.publish("payment.failed", subject="pay_1703123456789_aaaaaaaaa", now=now - timedelta(days=1))
    new = webhooks.publish("payment.completed", subject="pay_1703123456789_bbbbbbbbb", now=now)

    def ids(query: str) -> list[str]:
        return [event["id"] for event in shop.get(f"/v1/events{query}").json()["data"]]

    assert ids("") == [new, old]
    assert ids("?type=payment.failed") == [old]
    assert ids("?subjectId=pay_1703123456789_bbbbbbbbb") == [new]
    assert ids(f"?createdAt[lt]={(now - timedelta(hours=1)).strftime('%Y-%m-%dT%H:%M:%SZ')}") == [old]
    event = shop.get(f"/v1/events/{new}").json()
    body = json.loads(PublicEvent.objects.get(pk=new).body)
    assert (event["type"], event["timestamp"], event["data"]) == (body["type"], body["timestamp"], body["data"])


def test_events_page_by_key(shop: ApiClient) -> None:
    now = clock.now()
    made = [webhooks.publish(now=now + timedelta(microseconds=number)) for number in range(5)]
    first = shop.get("/v1/events?limit=3").json()
    rest = shop.get(f"/v1/events?limit=3&cursor={first['nextCursor']}").json()
    assert [event["id"] for event in [*first["data"], *rest["data"]]] == made[::-1]
    assert rest["hasMore"] is False


def test_deliveries_of_an_endpoint_ask_as_many_questions_for_ten_as_for_one(shop: ApiClient) -> None:
    endpoint = webhooks.endpoint()
    now, address = clock.now(), f"{ADDRESS}/{endpoint.public_id}/deliveries"

    def questions() -> int:
        with CaptureQueriesContext(connection) as seen:
            assert shop.get(address).status_code == 200
        return len(seen)

    webhooks.publish(now=now)
    questions()
    few = questions()
    for number in range(1, 10):
        webhooks.publish(now=now + timedelta(microseconds=number))
    assert questions() == few
    rows = shop.get(f"{address}?status=PENDING").json()["data"]
    assert len(rows) == 10
    assert (rows[0]["status"], rows[0]["attempts"], rows[0]["eventType"]) == ("PENDING", 0, "payment.completed")
    assert shop.get(f"{address}?status=SUCCEEDED").json()["data"] == []


def test_an_event_is_sent_again_to_every_endpoint_that_once_got_it(shop: ApiClient) -> None:
    endpoint, now = webhooks.endpoint(), clock.now()
    event_id = webhooks.publish(now=now)
    Delivery.objects.update(state=State.DONE, finished_at=now, attempts=1)
    webhooks.endpoint("https://later.example.com/")
    answer = shop.post(f"/v1/events/{event_id}/redeliver").json()
    assert answer == {"success": True, "id": event_id, "deliveries": 1}
    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.endpoint_id) == (State.DUE, endpoint.pk)


def test_a_test_goes_to_that_endpoint_alone(shop: ApiClient) -> None:
    endpoint = webhooks.endpoint("https://a.example.com/", "payment.failed")
    webhooks.endpoint("https://b.example.com/")
    answer = shop.post(f"{ADDRESS}/{endpoint.public_id}/test")
    assert answer.status_code == 202
    assert Delivery.objects.get().event_id == answer.json()["eventId"]


def test_fan_out_is_one_statement_however_many_endpoints_there_are() -> None:
    now = clock.now()

    def statements() -> int:
        with CaptureQueriesContext(connection) as seen:
            webhooks.publish(now=clock.now())
        return len(seen)

    webhooks.endpoint(now=now)
    one = statements()
    for number in range(15):
        webhooks.endpoint(f"https://shop{number}.example.com/", now=now)
    assert statements() == one
    assert Delivery.objects.count() == 17


def test_every_type_of_the_catalogue_is_described_with_an_example_that_fits() -> None:
    described = documents.openapi()["webhooks"]
    assert set(described) == {entry.type for entry in catalogue.types()}
    assert {"payment.completed", "refund.succeeded", "escrow.funded", "review.closed"} <= set(described)
    for entry in catalogue.types():
        assert {"id", "object", "livemode"} <= set(entry.example)
        secret = {name for name in entry.example if "score" in name.lower() or "card" in name.lower()}
        assert secret == set()
