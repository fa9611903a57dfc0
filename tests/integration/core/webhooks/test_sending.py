"""Webhooks on their way: real servers in threads, real rows; the clock is ours."""

import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest
from django.db import connection
from standardwebhooks import Webhook, WebhookVerificationError

from core.actors import SYSTEM
from core.audit.models import AuditEntry
from core.outbox.models import Event as OutboxEvent
from core.parameters import services as parameters
from core.switches import services as switches
from core.switches.enums import Switch
from core.webhooks.enums import DisabledBecause, EndpointStatus, Result
from core.webhooks.models import Attempt, Delivery, Endpoint, PublicEvent
from core.webhooks.sender import Sender
from core.webhooks.services import deliveries, endpoints, secrets
from core.work.models import State
from tests.factories import switches as switches_signed
from tests.factories import webhooks
from tests.factories.webhooks import Received, in_turn, opened, publish, receiver, says, send, send_for

pytestmark = pytest.mark.django_db(transaction=True)
NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
DAY = timedelta(days=1)


def verified(secret: str, request: Received) -> Any:
    """What the independent library makes of it; its clock is the system's, so the age is not judged here."""
    return Webhook(secret).verify(request.body, _recent(request, secret))


def _recent(request: Received, secret: str) -> dict[str, str]:
    """The library refuses what is older than five minutes; signed anew for now by itself, it must come out the same."""
    sent = datetime.fromtimestamp(int(request.headers["webhook-timestamp"]), UTC)
    again = Webhook(secret).sign(request.headers["webhook-id"], sent, request.body.decode())
    assert again in request.headers["webhook-signature"].split(" ")
    now = datetime.now(UTC)
    fresh = Webhook(secret).sign(request.headers["webhook-id"], now, request.body.decode())
    return {
        "webhook-id": request.headers["webhook-id"],
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": fresh,
    }


def set_parameter(name: str, value: Any) -> None:
    parameters.change(name=name, value=value, effective_from=NOW, reason="for this test", actor=SYSTEM, now=NOW)


def test_an_event_arrives_once_signed_and_thin() -> None:
    with receiver() as shop:
        _, secret = opened(shop.url, "payment.completed", now=NOW)
        event_id = publish(subject="pay_1703123456789_k2n8m9p1q", now=NOW)
        send(now=NOW)
    (request,) = shop.received
    assert request.headers["webhook-id"] == event_id
    assert request.headers["webhook-timestamp"] == str(int(NOW.timestamp()))
    assert request.headers["content-type"] == "application/json"
    assert verified(secret, request) == {
        "type": "payment.completed",
        "timestamp": "2026-03-02T09:30:00.000Z",
        "data": {"id": "pay_1703123456789_k2n8m9p1q", "object": "payment", "livemode": False, "amount": 50_000},
    }
    attempt = Attempt.objects.get()
    assert (attempt.result, attempt.status_code, attempt.number) == (Result.DELIVERED, 204, 1)
    assert Delivery.objects.get().state == State.DONE


def test_the_library_itself_accepts_what_is_sent_now() -> None:
    """Untouched headers, the library's own clock and tolerance."""
    now = datetime.now(UTC)
    with receiver() as shop:
        _, secret = opened(shop.url, now=now)
        publish(now=now)
        send(now=now)
    (request,) = shop.received
    assert Webhook(secret).verify(request.body, request.headers)["type"] == "payment.completed"
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(request.body + b" ", request.headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(request.body, {**request.headers, "webhook-id": "evt_other"})


def test_only_endpoints_that_hear_the_type_in_its_mode_and_account_are_told() -> None:
    wanted = {
        webhooks.endpoint("https://a.example.com/", "payment.completed", now=NOW).pk,
        webhooks.endpoint("https://b.example.com/", "*", now=NOW).pk,
    }
    webhooks.endpoint("https://c.example.com/", "payment.failed", now=NOW)
    webhooks.endpoint("https://d.example.com/", "*", now=NOW, livemode=True)
    webhooks.endpoint("https://e.example.com/", "*", now=NOW, account="another")
    off = webhooks.endpoint("https://f.example.com/", "*", now=NOW)
    endpoints.disable(endpoint_id=off.public_id, actor=SYSTEM, now=NOW)
    publish("payment.completed", now=NOW)
    assert set(Delivery.objects.values_list("endpoint_id", flat=True)) == wanted


def test_the_same_cause_is_published_once() -> None:
    """A second hearing of one outbox event, under whatever name, tells nobody a second time."""
    webhooks.endpoint(now=NOW)
    publish(subject="pay_1703123456789_k2n8m9p1q", now=NOW)
    with pytest.raises(AssertionError):
        publish(subject="pay_1703123456789_k2n8m9p1q", now=NOW)
    assert (PublicEvent.objects.count(), Delivery.objects.count()) == (1, 1)


def test_a_failing_endpoint_is_tried_ten_times_over_about_three_days_and_then_no_more() -> None:
    with receiver(says(500, b"out of order")) as shop:
        opened(shop.url, now=NOW)
        publish(now=NOW)
        send_for(4 * DAY, start=NOW, step=timedelta(minutes=15))
    log = list(Attempt.objects.order_by("number"))
    assert [attempt.number for attempt in log] == list(range(1, 11))
    assert {attempt.result for attempt in log} == {Result.BAD_STATUS}
    assert log[0].excerpt == "out of order"
    assert timedelta(days=3) < log[-1].sent_at - NOW < timedelta(days=4)
    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.last_error) == (State.PARKED, "BAD_STATUS 500")
    assert {request.headers["webhook-id"] for request in shop.received} == {delivery.event_id}


def test_it_succeeds_at_a_later_try_and_the_record_is_clean_again() -> None:
    with receiver(in_turn(says(500), says(502), says(200))) as shop:
        endpoint, _ = opened(shop.url, now=NOW)
        publish(now=NOW)
        send(now=NOW)
        endpoint.refresh_from_db()
        assert (endpoint.failures, endpoint.failing_since) == (1, NOW)
        send(now=NOW + timedelta(seconds=4))
        assert len(shop.received) == 1, "the first pause is five seconds or more"
        send(now=NOW + timedelta(seconds=7))
        send(now=NOW + timedelta(minutes=10))
    endpoint.refresh_from_db()
    assert (endpoint.failures, endpoint.failing_since, endpoint.rests_until) == (0, None, None)
    assert [attempt.status_code for attempt in Attempt.objects.order_by("number")] == [500, 502, 200]


def test_a_redirect_is_never_followed() -> None:
    with receiver() as elsewhere, receiver(says(302, headers={"Location": elsewhere.url})) as shop:
        opened(shop.url, now=NOW)
        publish(now=NOW)
        send(now=NOW)
    assert elsewhere.received == []
    assert Attempt.objects.get().result == Result.REDIRECT


def test_a_busy_endpoint_is_left_alone_as_long_as_it_asks_but_not_longer_than_the_bound() -> None:
    with receiver(says(429, headers={"Retry-After": "600"})) as shop:
        endpoint, _ = opened(shop.url, now=NOW)
        publish(now=NOW)
        send(now=NOW)
        publish(now=NOW + timedelta(seconds=1))
        send(now=NOW + timedelta(seconds=599))
        assert len(shop.received) == 1, "the endpoint rests, also for another event"
        shop.answer = says(503, headers={"Retry-After": "999999"})
        send(now=NOW + timedelta(seconds=601))
    endpoint.refresh_from_db()
    assert len(shop.received) == 3
    assert endpoint.rests_until == NOW + timedelta(seconds=601 + 3_600)


def test_gone_disables_at_once_with_notice_and_what_waits_is_sent_when_it_is_enabled_again() -> None:
    with receiver(says(410)) as shop:
        endpoint, _ = opened(shop.url, now=NOW)
        publish(now=NOW)
        send(now=NOW)
        publish(now=NOW + DAY)
        send(now=NOW + DAY)
        endpoint.refresh_from_db()
        assert (endpoint.status, endpoint.disabled_because) == (EndpointStatus.DISABLED, DisabledBecause.GONE)
        assert len(shop.received) == 1, "and what happens meanwhile is not queued"
        assert AuditEntry.objects.filter(action="webhooks.endpoint.disabled", subject=endpoint.public_id).count() == 1
        assert OutboxEvent.objects.get(name="webhooks.endpoint_disabled").payload["because"] == "GONE"
        shop.answer = says(200)
        endpoints.enable(endpoint_id=endpoint.public_id, actor=SYSTEM, now=NOW + DAY)
        send(now=NOW + DAY)
    assert Delivery.objects.get().state == State.DONE


def test_days_of_failures_alone_disable_an_endpoint_and_one_success_saves_it() -> None:
    with receiver(says(500)) as dead, receiver(says(500)) as ill:
        lost, _ = opened(dead.url, now=NOW)
        saved, _ = opened(ill.url, now=NOW)
        for day in range(6):
            publish(now=NOW + day * DAY)
            ill.answer = says(200) if day == 4 else says(500)
            send_for(timedelta(hours=23), start=NOW + day * DAY, step=timedelta(hours=1))
    lost.refresh_from_db()
    saved.refresh_from_db()
    assert (lost.status, lost.disabled_because) == (EndpointStatus.DISABLED, DisabledBecause.FAILING)
    assert lost.disabled_at is not None
    assert 5 * DAY <= lost.disabled_at - NOW < 6 * DAY
    assert saved.status == EndpointStatus.ENABLED


def test_a_dead_endpoint_costs_little() -> None:
    """A hundred events wait for it; after five failures in a row one of them at a time asks whether it lives again."""
    set_parameter("webhooks.endpoint_slots", 5)
    with receiver(says(500)) as dead:
        opened(dead.url, now=NOW)
        for number in range(100):
            publish(now=NOW + timedelta(microseconds=number))
        send(now=NOW + timedelta(seconds=1))
        asked = len(dead.received)
        assert 5 <= asked <= 9, "those that were on their way when the fifth failed still count"
        send_for(timedelta(minutes=20), start=NOW + timedelta(seconds=2), step=timedelta(seconds=30))
        assert asked < len(dead.received) <= asked + 6
        dead.answer = says(200)
        send_for(timedelta(hours=2), start=NOW + timedelta(hours=1), step=timedelta(minutes=30))
    assert Delivery.objects.filter(state=State.DONE).count() == 100, "and nothing is lost by it"


def test_a_slow_endpoint_does_not_hold_the_others() -> None:
    """The slow one keeps its eight slots busy for a second each; the quick one gets its twenty meanwhile."""
    quick_done: list[float] = []

    def note(handler: BaseHTTPRequestHandler, request: Received) -> None:
        says(204)(handler, request)
        quick_done.append(time.monotonic())

    with receiver(says(204, after_seconds=1.0)) as slow, receiver(note) as quick:
        opened(slow.url, "payment.failed", now=NOW)
        opened(quick.url, "payment.completed", now=NOW)
        for number in range(20):
            publish("payment.failed", now=NOW + timedelta(microseconds=number))
            publish("payment.completed", now=NOW + timedelta(microseconds=number))
        began = time.monotonic()
        send(now=NOW + timedelta(seconds=1), slots=16)
    assert len(quick_done) == 20
    assert max(quick_done) - began < 1.0
    assert slow.most_at_once == 8
    assert len(slow.received) == 20


def test_no_more_than_its_slots_are_on_their_way_to_one_endpoint_over_all_senders() -> None:
    webhooks.endpoint(now=NOW)
    for number in range(12):
        publish(now=NOW + timedelta(microseconds=number))
    at = NOW + timedelta(seconds=1)
    assert len(deliveries.claim(limit=32, now=at)) == 8
    assert deliveries.claim(limit=32, now=at) == []


def test_an_answer_that_does_not_come_in_time_is_a_failure_and_no_byte_by_byte_answer_stretches_it() -> None:
    set_parameter("webhooks.total_seconds", 1)

    def drip(handler: BaseHTTPRequestHandler, request: Received) -> None:
        for byte in b"HTTP/1.1 200 OK\r\nX-Slow: " + b"a" * 100:
            handler.wfile.write(bytes([byte]))
            handler.wfile.flush()
            time.sleep(0.1)

    with receiver(drip) as shop:
        opened(shop.url, now=NOW)
        publish(now=NOW)
        began = time.monotonic()
        send(now=NOW)
        took = time.monotonic() - began
    assert Attempt.objects.get().result == Result.TIMEOUT
    assert took < 2


def test_of_a_huge_answer_only_the_beginning_is_read() -> None:
    written: list[int] = []

    def flood(handler: BaseHTTPRequestHandler, request: Received) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", str(10**9))
        handler.end_headers()
        written.extend(handler.wfile.write(b"x" * 65_536) for _ in range(2_000))

    with receiver(flood) as shop:
        opened(shop.url, now=NOW)
        publish(now=NOW)
        send(now=NOW)
    attempt = Attempt.objects.get()
    assert (attempt.result, attempt.excerpt) == (Result.DELIVERED, "x" * 600)
    assert sum(written) < 50 * 10**6


def test_a_connection_that_ends_early_is_a_failure_before_the_status_and_none_after_it() -> None:
    def silent(handler: BaseHTTPRequestHandler, request: Received) -> None:
        handler.connection.close()

    def half(handler: BaseHTTPRequestHandler, request: Received) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nthanks")
        handler.wfile.flush()
        handler.connection.close()

    with receiver(in_turn(silent, half)) as shop:
        opened(shop.url, now=NOW)
        publish(now=NOW)
        send(now=NOW)
        send(now=NOW + timedelta(seconds=7))
    first, second = Attempt.objects.order_by("number")
    assert (first.result, second.result) == (Result.CUT_OFF, Result.DELIVERED)
    assert second.excerpt.startswith("thanks")


def test_what_an_endpoint_answers_is_kept_without_secrets_and_card_numbers() -> None:
    with receiver(says(500, b'{"card":"4242424242424242","key":"sk_live_abcdefghijklmnop"}\x00')) as shop:
        opened(shop.url, now=NOW)
        publish(now=NOW)
        send(now=NOW)
    excerpt = Attempt.objects.get().excerpt
    assert "4242424242424242" not in excerpt
    assert "abcdefghijklmnop" not in excerpt


def test_nobody_listens() -> None:
    with receiver() as shop:
        url = shop.url
    opened(url, now=NOW)
    publish(now=NOW)
    send(now=NOW)
    assert Attempt.objects.get().result == Result.CONNECT_FAILED


def test_while_the_switch_is_closed_everything_waits_and_nothing_is_lost() -> None:
    with receiver() as shop:
        opened(shop.url, now=NOW)
        switches.close(switch=Switch.WEBHOOKS, reason="the shop floods us", actor=SYSTEM, now=NOW)
        publish(now=NOW)
        send(now=NOW)
        assert (shop.received, Attempt.objects.count()) == ([], 0)
        switches_signed.opened(Switch.WEBHOOKS, reason="it is calm again", now=NOW + DAY)
        send(now=NOW + DAY)
    assert len(shop.received) == 1


def test_both_secrets_sign_for_a_day_after_a_rotation_and_then_only_the_new_one() -> None:
    with receiver() as shop:
        endpoint, old = opened(shop.url, now=NOW)
        minted = secrets.mint(now=NOW)
        endpoints.rotate(endpoint_id=endpoint.public_id, secret=minted, actor=SYSTEM, now=NOW)
        publish(now=NOW)
        send(now=NOW)
        publish(now=NOW + timedelta(hours=25))
        send(now=NOW + timedelta(hours=25))
    during, after = shop.received
    assert len(during.headers["webhook-signature"].split(" ")) == 2
    assert verified(old, during) == verified(minted.text, during)
    assert len(after.headers["webhook-signature"].split(" ")) == 1
    assert verified(minted.text, after)
    with pytest.raises(AssertionError):
        verified(old, after)


def test_of_three_secrets_the_oldest_stops_at_once() -> None:
    endpoint, _ = opened("https://hooks.example.com/in", now=NOW)
    for minutes in (1, 2):
        at = NOW + timedelta(minutes=minutes)
        endpoints.rotate(endpoint_id=endpoint.public_id, secret=secrets.mint(now=at), actor=SYSTEM, now=at)
    assert len(secrets.signing_for([endpoint.pk], now=NOW + timedelta(minutes=3))) == 2


def test_what_a_dead_sender_had_claimed_is_sent_again_and_a_late_one_changes_nothing() -> None:
    with receiver() as shop:
        opened(shop.url, now=NOW)
        event_id = publish(now=NOW)
        (stale,) = deliveries.claim(limit=1, now=NOW)
        send(now=NOW + timedelta(seconds=60))
        assert shop.received == [], "its lease still runs"
        send(now=NOW + timedelta(seconds=91))
        late = deliveries.Ended(stale, NOW, webhooks_outcome(Result.BAD_STATUS, 500))
        assert deliveries.record(ended=[late], now=NOW + timedelta(seconds=92)) == 0
    assert [request.headers["webhook-id"] for request in shop.received] == [event_id]
    assert Delivery.objects.get().state == State.DONE
    assert Attempt.objects.get().number == 2


def test_what_a_living_sender_has_on_its_way_is_not_sent_again_however_far_the_clock_leaps() -> None:
    """A demo moves the clock by days; the session that holds the delivery still lives."""
    with receiver(says(204, after_seconds=0.5)) as shop:
        opened(shop.url, now=NOW)
        publish(now=NOW)
        with Sender(slots=4) as sender:
            sender.turn(now=NOW)
            in_another_session(lambda: send(now=NOW + DAY))
            while sender.turn(now=NOW + 2 * DAY):
                continue
    assert len(shop.received) == 1
    assert Delivery.objects.get().state == State.DONE


def in_another_session(act: Callable[[], object]) -> None:
    """In a thread, which has a connection of its own."""

    def run() -> None:
        try:
            act()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as threads:
        threads.submit(run).result()


def webhooks_outcome(result: Result, status: int) -> Any:
    from core.webhooks.client import Outcome

    return Outcome(result, 3, status)


def test_replay_sends_the_same_message_again_with_a_new_schedule() -> None:
    with receiver(says(500)) as shop:
        opened(shop.url, now=NOW)
        publish(now=NOW)
        send_for(4 * DAY, start=NOW, step=timedelta(hours=1))
        delivery = Delivery.objects.get()
        assert delivery.state == State.PARKED
        tries = len(shop.received)
        later = NOW + timedelta(days=4, hours=6)
        Endpoint.objects.update(rests_until=later + DAY)
        deliveries.replay(delivery_id=delivery.pk, actor=SYSTEM, now=later)
        send(now=later)
        delivery.refresh_from_db()
        assert delivery.state == State.DUE, "a first failure again, not the last one"
        shop.answer = says(200)
        send(now=later + timedelta(minutes=40))
    bodies = {(request.headers["webhook-id"], request.body) for request in shop.received}
    assert len(shop.received) == tries + 2
    assert len(bodies) == 1
    assert json.loads(shop.received[0].body)["type"] == "payment.completed"


def test_replay_of_a_range_takes_what_failed_and_what_was_never_queued_and_leaves_what_arrived() -> None:
    with receiver() as shop:
        endpoint, _ = opened(shop.url, "payment.completed", now=NOW)
        publish(now=NOW)
        send(now=NOW)
        endpoints.disable(endpoint_id=endpoint.public_id, actor=SYSTEM, now=NOW)
        missed = publish(now=NOW + timedelta(hours=1))
        publish("payment.failed", now=NOW + timedelta(hours=1))
        endpoints.enable(endpoint_id=endpoint.public_id, actor=SYSTEM, now=NOW + timedelta(hours=2))
        failed = publish(now=NOW + timedelta(hours=3))
        Delivery.objects.filter(event=failed).update(state=State.PARKED)
        count = deliveries.replay_range(
            endpoint_id=endpoint.public_id, since=NOW, until=NOW + DAY, actor=SYSTEM, now=NOW + DAY
        )
        again = deliveries.replay_range(
            endpoint_id=endpoint.public_id, since=NOW, until=NOW + DAY, actor=SYSTEM, now=NOW + DAY
        )
        send(now=NOW + DAY)
    assert (count, again) == (2, 0)
    assert {request.headers["webhook-id"] for request in shop.received[1:]} == {missed, failed}


def test_a_deleted_endpoint_has_no_secrets_and_gets_nothing_more() -> None:
    with receiver() as shop:
        endpoint, _ = opened(shop.url, now=NOW)
        publish(now=NOW)
        endpoints.delete(endpoint_id=endpoint.public_id, actor=SYSTEM, now=NOW)
        publish(now=NOW + timedelta(minutes=1))
        send(now=NOW + timedelta(minutes=1))
    assert shop.received == []
    assert endpoint.secrets.count() == 0
    with pytest.raises(deliveries.UnableToReplay):
        deliveries.replay(delivery_id=Delivery.objects.get().pk, actor=SYSTEM, now=NOW)


def test_without_the_vault_nothing_leaves_unsigned_and_no_try_is_used_up(monkeypatch: pytest.MonkeyPatch) -> None:
    from core.vault import envelope

    def shut(**_: Any) -> bytes:
        raise envelope.VaultUnavailable

    with receiver() as shop:
        opened(shop.url, now=NOW)
        publish(now=NOW)
        with monkeypatch.context() as patch:
            patch.setattr(envelope, "decrypt", shut)
            send(now=NOW)
        assert shop.received == []
        delivery = Delivery.objects.get()
        assert delivery.attempts == delivery.earlier_attempts
        send(now=NOW + timedelta(minutes=2))
    assert len(shop.received) == 1
