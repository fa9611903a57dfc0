"""Sends recorded payments through the public API at a steady rate and counts what came back."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import httpx

from ops.marketplace import cards
from ops.marketplace.client import Answer, MarketplaceClient
from ops.marketplace.transactions import RecordedTransaction

OUTCOMES = ("accepted", "reviewed", "blocked", "declined", "failed")


@dataclass
class Tally:
    """`outcomes` by name of OUTCOMES, `statuses` by HTTP status (0: no answer), `seconds` of each answered request."""

    outcomes: Counter[str] = field(default_factory=Counter)
    statuses: Counter[int] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def add(self, answer: Answer | None) -> None:
        with self._lock:
            self.outcomes[outcome_of(answer)] += 1
            self.statuses[answer.status if answer else 0] += 1
            if answer:
                self.seconds.append(answer.seconds)

    def percentile(self, share: float) -> float:
        """Milliseconds; 0 where nothing was answered."""
        if not self.seconds:
            return 0.0
        ordered = sorted(self.seconds)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))] * 1000


def outcome_of(answer: Answer | None) -> str:
    """What the API said, in the summary's words."""
    if answer is None:
        return "failed"
    if answer.status in {200, 201, 202}:
        return "accepted" if answer.body.get("status") == "COMPLETED" else "reviewed"
    if answer.body.get("code") == "FRAUD_DETECTION_BLOCK":
        return "blocked"
    return "declined" if answer.status == httpx.codes.PAYMENT_REQUIRED else "failed"


def request_body(transaction: RecordedTransaction) -> dict[str, Any]:
    """The documented payment request. The customer pays with a card of their own; the terminal is the seller."""
    customer = f"cus_replay_{transaction.customer_id}"
    return {
        "cardNumber": cards.number_for(customer),
        "expiryMonth": "12",
        "expiryYear": "2030",
        "cvc": "123",
        "amount": transaction.amount_minor,
        "currency": "USD",
        "customerId": customer,
        "providerId": f"prov_replay_{transaction.terminal_id}",
        "bookingId": f"book_replay_{transaction.row}",
        "paymentMethod": "card",
        "metadata": {"recordedAt": transaction.at.isoformat(), "row": str(transaction.row)},
    }


def send_all(
    client: MarketplaceClient,
    transactions: Iterable[RecordedTransaction],
    *,
    run: str,
    rate: float | None,
    connections: int,
    progress: Callable[[], None],
) -> Tally:
    """Each row once; `run` and the row number make the idempotency key, so a second run changes nothing."""
    tally = Tally()
    in_flight = threading.Semaphore(connections * 2)

    def send(transaction: RecordedTransaction) -> None:
        try:
            answer = client.post("/v1/payments", request_body(transaction), key=f"replay-{run}-{transaction.row}")
        except httpx.HTTPError:
            tally.add(None)
        else:
            tally.add(answer)

    def done(_: Future[None]) -> None:
        in_flight.release()
        progress()

    started = time.monotonic()
    with ThreadPoolExecutor(connections) as pool:
        for number, transaction in enumerate(transactions):
            if rate:
                time.sleep(max(0.0, started + number / rate - time.monotonic()))
            in_flight.acquire()
            pool.submit(send, transaction).add_done_callback(done)
    return tally
