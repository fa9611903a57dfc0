"""The Python client against the program itself: in its process, and over a real socket that breaks."""

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, connections
from holdfast import (
    AuthenticationFailed,
    Card,
    Client,
    Conflict,
    InvalidRequest,
    NoAnswer,
    NotAllowed,
    NotFound,
    PaymentRefused,
    RateLimited,
    Retries,
)

from core import clock
from core.actors import SYSTEM
from core.api import catalogue, keys
from core.idempotency.models import IdempotentRequest
from core.outbox import services as outbox
from payments.gateways.sandbox.network import SandboxGateway
from payments.models import Payment, SandboxCharge

VISA = Card("4242424242424242", 12, 2031, "123")
QUICK = Retries(attempts=6, base=0.05, cap=0.2)


def secret(*scopes: str, bulk: bool = True) -> str:
    _, found = keys.create(
        name="client",
        livemode=False,
        scopes=scopes or catalogue.scopes(),
        actor=SYSTEM,
        now=clock.now(),
        throttle_class="BULK" if bulk else "STANDARD",
    )
    return found


def in_process() -> httpx.WSGITransport:
    return httpx.WSGITransport(app=WSGIHandler())


@pytest.fixture
def client() -> Iterator[Client]:
    """Without a socket: the request goes straight to the application, in this test's transaction."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    with Client(secret(), base_url="http://testserver", transport=in_process(), retries=QUICK) as it:
        yield it
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.mark.django_db
def test_a_booking_from_the_first_card_to_the_refund(client: Client) -> None:
    """500.00 by a stored card; 460.00 held for the photographer; 100.00 back."""
    buyer = client.parties.create(type="CUSTOMER", party_id="cus_ada", first_name="Ada", email="ada@example.com")
    client.parties.create(type="PROVIDER", kind="BUSINESS", party_id="prov_lumen", business_name="Lumen Photography")
    token = client.card_tokens.create(VISA, customer_id="cus_ada").data["cardToken"]
    order = {"amount": 50_000, "customer_id": "cus_ada", "provider_id": "prov_lumen", "booking_id": "book_1"}
    price = client.payments.validate(**order, card_token=token)
    paid = client.payments.create(**order, card_token=token, metadata={"order_id": "7"})
    outbox.drain(now=clock.now())
    refund = client.refunds.create(paid.data["paymentId"], amount=10_000, reason="one hour less")
    again = client.payments.get(paid.data["paymentId"]).data
    escrow = client.escrows.get(again["escrowId"] or "").data

    assert buyer.data["partyId"] == "cus_ada"
    assert (price.data["fees"], price.data["netAmount"]) == (4_000, 46_000)
    assert (paid.status, paid.data["status"], paid.data["metadata"]) == (201, "COMPLETED", {"order_id": "7"})
    assert refund.data["amountRefunded"] == again["amountRefunded"] == 10_000
    assert (escrow["payerId"], escrow["amount"]) == ("cus_ada", 46_000)
    assert paid.rate_limit is not None
    assert paid.request_id


@pytest.mark.django_db
def test_the_same_key_again_is_the_same_payment(client: Client) -> None:
    order = {"amount": 5_000, "customer_id": "cus_ada", "card": VISA, "idempotency_key": "order-7"}
    first, second = client.payments.create(**order), client.payments.create(**order)
    assert first.data["paymentId"] == second.data["paymentId"]
    assert (first.replayed, second.replayed) == (False, True)
    with pytest.raises(InvalidRequest) as raised:
        client.payments.create(**{**order, "amount": 6_000})
    assert raised.value.status == 422


@pytest.mark.django_db
def test_refusals_arrive_as_what_they_are(client: Client) -> None:
    with pytest.raises(PaymentRefused) as declined:
        client.payments.create(amount=5_000, customer_id="cus_ada", card=Card("4000000000009995", 12, 2031, "123"))
    with pytest.raises(InvalidRequest) as malformed:
        client.payments.create(amount=0, customer_id="cus_ada", card=VISA)
    with pytest.raises(NotFound) as unknown:
        client.payments.get("pay_1700000000000_unknown00")
    assert declined.value.code == "INSUFFICIENT_FUNDS"
    assert {"/amount"} <= {fault["pointer"] for fault in malformed.value.errors}
    assert unknown.value.code == "PAYMENT_NOT_FOUND"
    assert unknown.value.request_id


@pytest.mark.django_db
def test_a_list_is_walked_over_its_pages(client: Client) -> None:
    made = [client.parties.create(type="CUSTOMER", party_id=f"cus_{number}").data["partyId"] for number in range(7)]
    assert [party["partyId"] for party in client.parties.list(limit=3)] == made[::-1]
    pages = client.parties.list(limit=3).pages()
    first = next(pages)
    rest = client.parties.list(limit=3, cursor=first.next_cursor or "")
    assert [party["partyId"] for party in [*first.rows, *rest]] == made[::-1]
    assert [party["partyId"] for party in client.parties.list(limit=3, at_most=4)] == made[:2:-1]


@pytest.mark.django_db
def test_fraud_from_score_to_report(client: Client) -> None:
    score = client.fraud.evaluate(amount=5_000, customer_id="cus_ada", transaction_id="txn_1700000000000_abc")
    assert client.fraud.score("txn_1700000000000_abc").data["fraudScore"] == score.data["fraudScore"]
    report = client.fraud.report(
        transaction_id="txn_1700000000000_abc", fraud_type="payment_fraud", customer_id="cus_ada"
    )
    assert report.data["fraudType"] == "payment_fraud"
    assert [event["transactionId"] for event in client.fraud.history("cus_ada")] == ["txn_1700000000000_abc"]
    assert client.fraud.rules().data["active"]["version"] >= 1
    assert client.fraud.analytics(granularity="WEEK").data["granularity"] == "WEEK"


@pytest.mark.django_db
def test_a_key_that_is_wrong_or_too_small(client: Client) -> None:
    stranger = Client("sk_test_" + "0" * 32, base_url="http://testserver", transport=in_process())
    with pytest.raises(AuthenticationFailed):
        stranger.payments.get("pay_1")
    reader = Client(secret("payments:read"), base_url="http://testserver", transport=in_process())
    with pytest.raises(NotAllowed) as raised:
        reader.payments.create(amount=1, customer_id="cus_ada", card=VISA)
    assert raised.value.code == "INSUFFICIENT_SCOPE"


@pytest.mark.django_db
def test_a_limit_is_waited_for_as_long_as_the_server_asks_and_no_longer(client: Client) -> None:
    """With its burst used up, a key is told when to come back. The client waits that long, or says so."""
    waited: list[float] = []
    limited = Client(
        secret(bulk=False),
        base_url="http://testserver",
        transport=in_process(),
        retries=Retries(attempts=2, longest_wait=30),
        sleep=waited.append,
    )
    with pytest.raises(RateLimited) as raised:
        for _ in range(300):
            with contextlib.suppress(InvalidRequest):
                limited.payments.create(amount=0, customer_id="cus_ada", card=VISA)
    assert raised.value.retry_after is not None
    assert waited == [raised.value.retry_after]
    assert raised.value.attempts == 2


class Unreliable:
    """A line to the server that is cut: `cut` decides for each connection whether the answer gets through."""

    def __init__(self, server: str, cut: Callable[[int], str]) -> None:
        parts = urlsplit(server)
        self.target = (parts.hostname or "", parts.port or 0)
        self.cut = cut
        self.connections = 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self._thread.join(10)

    def _serve(self) -> None:
        while True:
            try:
                line, _ = self.listener.accept()
            except OSError:
                return
            self.connections += 1
            with line:
                self._carry(line, self.cut(self.connections))

    def _carry(self, line: socket.socket, how: str) -> None:
        """One request: `never sent`, `answer lost` (it had its effect), or whole."""
        request = _whole(line)
        if how == "never sent":
            return
        with socket.create_connection(self.target, timeout=30) as onward:
            onward.sendall(request)
            answer = _whole(onward)
        if how == "answer lost":
            line.sendall(answer[:20])
        else:
            line.sendall(answer)


def _whole(line: socket.socket) -> bytes:
    """A request or an answer with its body."""
    data = b""
    while b"\r\n\r\n" not in data:
        data += line.recv(65536)
    head, _, body = data.partition(b"\r\n\r\n")
    lengths = [int(row.split(b":")[1]) for row in head.lower().split(b"\r\n") if row.startswith(b"content-length:")]
    while len(body) < (lengths[0] if lengths else 0):
        body += line.recv(65536)
    return head + b"\r\n\r\n" + body


@pytest.fixture
def line(live_server: Any) -> Iterator[Callable[[Callable[[int], str]], Unreliable]]:
    made: list[Unreliable] = []

    def make(cut: Callable[[int], str]) -> Unreliable:
        made.append(Unreliable(live_server.url, cut))
        return made[-1]

    yield make
    for each in made:
        each.close()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("how", ["never sent", "answer lost"])
def test_a_line_that_is_cut_twice_charges_once(how: str, line: Callable[..., Unreliable]) -> None:
    cut = line(lambda number: how if number < 3 else "whole")
    with Client(secret(), base_url=cut.address, retries=QUICK) as client:
        paid = client.payments.create(amount=5_000, customer_id="cus_ada", card=VISA)
    assert paid.attempts == 3
    assert paid.replayed is (how == "answer lost")
    assert Payment.objects.count() == SandboxCharge.objects.count() == 1
    assert paid.data["paymentId"] == Payment.objects.get().public_id


@pytest.mark.django_db(transaction=True)
def test_a_line_that_stays_cut_is_given_up_and_gone_on_with_later(line: Callable[..., Unreliable]) -> None:
    """The caller keeps the key of the error; the next day's call has the first one's answer."""
    cut = line(lambda number: "answer lost" if number <= 2 else "whole")
    with Client(secret(), base_url=cut.address, retries=Retries(attempts=2, base=0.01)) as client:
        with pytest.raises(NoAnswer) as raised:
            client.payments.create(amount=5_000, customer_id="cus_ada", card=VISA)
        key = raised.value.idempotency_key
        paid = client.payments.create(amount=5_000, customer_id="cus_ada", card=VISA, idempotency_key=key)
    assert paid.replayed
    assert Payment.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_nobody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    client = Client(secret(), base_url=f"http://127.0.0.1:{port}", retries=Retries(attempts=3, base=0.01))
    with client, pytest.raises(NoAnswer, match="3 attempts: ConnectError"):
        client.payments.create(amount=5_000, customer_id="cus_ada", card=VISA)


@pytest.mark.django_db(transaction=True)
def test_a_request_in_flight_is_waited_for(live_server: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two calls with one key at once: the second is told that the first still runs, and then has its answer."""
    began, go_on = threading.Event(), threading.Event()
    authorise = SandboxGateway.authorise

    def slowly(self: SandboxGateway, *args: Any, **options: Any) -> Any:
        began.set()
        assert go_on.wait(20)
        return authorise(self, *args, **options)

    monkeypatch.setattr(SandboxGateway, "authorise", slowly)
    order = {"amount": 5_000, "customer_id": "cus_ada", "card": VISA, "idempotency_key": "order-7"}
    waited: list[float] = []

    def patient(seconds: float) -> None:
        waited.append(seconds)
        go_on.set()
        time.sleep(0.3)

    key = secret()
    first, second = Client(key, base_url=live_server.url), Client(key, base_url=live_server.url, sleep=patient)
    with first, second, ThreadPoolExecutor(1) as pool:
        running = pool.submit(first.payments.create, **order)
        assert began.wait(20)
        answer = second.payments.create(**order)
        assert running.result(20).data["paymentId"] == answer.data["paymentId"]
    assert waited
    assert answer.replayed
    assert Payment.objects.count() == 1
    connections.close_all()


@pytest.mark.django_db
def test_a_request_that_stays_in_flight_is_a_conflict(client: Client) -> None:
    """Somebody else holds the key and does not come back: after the retries it is told, not hidden."""
    order = {"amount": 5_000, "customer_id": "cus_ada", "card": VISA, "idempotency_key": "order-7"}
    client.payments.create(**order)
    IdempotentRequest.objects.filter(key="order-7").update(
        status="STARTED",
        response_status=None,
        response_body=None,
        finished_at=None,
        lease_until=clock.now() + timedelta(minutes=5),
    )
    with pytest.raises(Conflict) as raised:
        client.payments.create(**order)
    assert (raised.value.code, raised.value.attempts) == ("REQUEST_IN_FLIGHT", QUICK.attempts)
