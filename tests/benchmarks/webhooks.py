"""How fast webhooks leave through the whole path (rows, vault, signature, guard, network, log), against bare posts."""

import statistics
import subprocess
import sys
import time
from datetime import datetime, timedelta

import httpx
from django.db import transaction

from core import clock, ids
from core.actors import SYSTEM
from core.webhooks.catalogue import ACCOUNT, Subject
from core.webhooks.enums import EndpointStatus
from core.webhooks.models import Attempt, Delivery, Endpoint, PublicEvent, Secret
from core.webhooks.sender import Sender
from core.webhooks.services import endpoints, events, secrets
from core.work.models import State
from tests.benchmarks.report import Report
from tests.benchmarks.servers import free_port

ROUNDS = 5
EVENTS = 400
ENDPOINTS = 8


def run(report: Report) -> None:
    port = free_port()
    receiver = subprocess.Popen([sys.executable, "-m", "embedded.receiver", str(port)])
    try:
        _wait_for(port)
        _measure(report, port)
    finally:
        receiver.terminate()
        receiver.wait()
        for model in (Attempt, Delivery, PublicEvent, Secret, Endpoint):
            model.objects.all().delete()


def _measure(report: Report, port: int) -> None:
    """In turns, because the machine changes: bare posts, one endpoint, several; and what a row costs to make."""
    bare, one, several, made = [], [], [], []
    for number in range(ROUNDS):
        bare.append(_bare(port))
        made.append(_publish([f"http://127.0.0.1:{port}/one/{number}"], EVENTS))
        one.append(_send(EVENTS))
        _publish([f"http://127.0.0.1:{port}/{place}/{number}" for place in range(ENDPOINTS)], EVENTS // ENDPOINTS)
        several.append(_send(EVENTS))
    floor = statistics.median(bare)
    report.add("httpx.post to the same receiver, a connection each, one after the other (floor)", floor, "/s")
    report.add("deliveries to one endpoint by one sender, eight at once", statistics.median(one), "/s", floor=floor)
    rate = statistics.median(several)
    report.add(
        f"deliveries to {ENDPOINTS} endpoints by one sender", rate, "/s", floor=floor, target=">= 0.50",
        met=rate >= 0.5 * floor,
    )  # fmt: skip
    report.add("public events written with their delivery", statistics.median(made), "/s")


def _bare(port: int) -> float:
    """No pool: a webhook's connection is never kept either. One TLS context, as in the sender."""
    context = httpx.create_ssl_context()
    began = time.perf_counter()
    for _ in range(EVENTS // 2):
        httpx.post(f"http://127.0.0.1:{port}/bare", content=b'{"type":"payment.completed"}', verify=context)
    return EVENTS // 2 / (time.perf_counter() - began)


def _publish(urls: list[str], count: int) -> float:
    """Fresh endpoints, and `count` events that each of them hears. Events a second."""
    now = clock.now()
    for old in Endpoint.objects.filter(status=EndpointStatus.ENABLED):
        endpoints.delete(endpoint_id=old.public_id, actor=SYSTEM, now=now)
    for url in urls:
        endpoints.create(
            url=url, types=["payment.completed"], description="", account=ACCOUNT, livemode=False,
            secret=secrets.mint(now=now), actor=SYSTEM, now=now,
        )  # fmt: skip
    began = time.perf_counter()
    for number in range(count):
        at = now + timedelta(microseconds=number)
        with transaction.atomic():
            events.publish(event_type="payment.completed", subject=_subject(at), now=at)
    return count / (time.perf_counter() - began)


def _subject(at: datetime) -> Subject:
    return Subject(ids.payment(at), "payment", False, at, {"amount": 50_000, "currency": "USD"})


def _send(count: int) -> float:
    before = Delivery.objects.filter(state=State.DONE).count()
    began = time.perf_counter()
    with Sender(slots=32) as sender:
        while sender.turn(now=clock.now()):
            continue
    taken = time.perf_counter() - began
    done = Delivery.objects.filter(state=State.DONE).count() - before
    if done != count:
        raise RuntimeError(f"{done} of {count} webhooks arrived")
    return count / taken


def _wait_for(port: int) -> None:
    for _ in range(100):
        try:
            httpx.post(f"http://127.0.0.1:{port}/ready", content=b"{}")
        except httpx.ConnectError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError("the receiver does not answer")
