"""Sends what is due: the database in one thread, the network in many, neither waiting for the other.

A slow endpoint fills its own slots and no others; what is finished makes room at once.
"""

from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from types import TracebackType
from typing import Self

import structlog

from core.errors import Refusal
from core.parameters import services as parameters
from core.telemetry import metrics
from core.webhooks import client, destinations, signing
from core.webhooks.client import Limits, Outcome, Parcel
from core.webhooks.destinations import Resolve
from core.webhooks.enums import Result
from core.webhooks.models import Delivery
from core.webhooks.policies import policy
from core.webhooks.services import deliveries, secrets
from core.webhooks.services.deliveries import Ended

log = structlog.get_logger("holdfast.webhooks")
ATTEMPTS = metrics.counter("webhook_attempts", "Attempts to deliver a webhook by their result", ["result"])
SECONDS = metrics.histogram("webhook_seconds", "From connecting to the answer of an endpoint")
PAUSE_WITHOUT_SECRETS = timedelta(minutes=1)
GATHER_SECONDS = 0.01


@dataclass(frozen=True, slots=True)
class _Sent:
    delivery: Delivery
    sent_at: datetime


class Sender:
    """Use it as a context: leaving it waits for what is on its way, at most one deadline, and records it."""

    def __init__(self, *, slots: int, resolve: Resolve = destinations.ask_the_system) -> None:
        self.slots = slots
        self.going: dict[Future[Outcome], _Sent] = {}
        self._post = partial(client.post, resolve=resolve)
        self._threads = ThreadPoolExecutor(slots, thread_name_prefix="holdfast-webhook")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        try:
            if error is None:
                self.finish()
        finally:
            self._threads.shutdown(wait=False, cancel_futures=True)

    def turn(self, *, now: datetime, patience_seconds: float = 0.05) -> bool:
        """Record what has ended, send what is due. False when nothing was due and nothing is on its way."""
        recovered = deliveries.recover(besides=[sent.delivery.pk for sent in self.going.values()], now=now)
        free = self.slots - len(self.going)
        claimed = deliveries.claim(limit=free, now=now) if free else []
        for delivery, parcel in self._parcels(claimed, now):
            self.going[self._threads.submit(self._post, parcel)] = _Sent(delivery, now)
        ended = self._collect(patience_seconds)
        deliveries.record(ended=ended, now=now)
        return bool(recovered or claimed or ended or self.going)

    def finish(self) -> None:
        """Wait for everything that is on its way, and record it as of the moment it was sent plus its duration."""
        while self.going:
            ended = self._collect(None)
            latest = max(each.sent_at + timedelta(milliseconds=each.outcome.duration_ms) for each in ended)
            deliveries.record(ended=ended, now=latest)

    def _collect(self, patience_seconds: float | None) -> list[Ended]:
        done, left = wait(self.going, timeout=patience_seconds, return_when=FIRST_COMPLETED)
        if done and left:
            # Those right behind it go into the same transaction; a slow one is not waited for.
            done, _ = wait(self.going, timeout=GATHER_SECONDS)
        ended = []
        for future in done:
            sent = self.going.pop(future)
            outcome = self._outcome(future, sent.delivery)
            ATTEMPTS.labels(str(outcome.result)).inc()
            SECONDS.observe(outcome.duration_ms / 1000)
            ended.append(Ended(sent.delivery, sent.sent_at, outcome))
        return ended

    def _outcome(self, future: Future[Outcome], delivery: Delivery) -> Outcome:
        try:
            return future.result()
        except Exception as error:  # noqa: BLE001 - whatever one answer sets off, the other deliveries go on
            log.warning("a webhook could not be sent", delivery=delivery.public_id, error=type(error).__name__)
            return Outcome(Result.CUT_OFF, detail=type(error).__name__)

    def _parcels(self, claimed: list[Delivery], now: datetime) -> list[tuple[Delivery, Parcel]]:
        """Signed and ready. Where a secret cannot be opened the delivery waits, and nothing unsigned leaves."""
        if not claimed:
            return []
        by_endpoint: dict[int, list[bytes]] = {}
        try:
            for secret in secrets.signing_for([delivery.endpoint_id for delivery in claimed], now=now):
                by_endpoint.setdefault(secret.endpoint_id, []).append(secrets.opened(secret))
        except Refusal as unable:
            reason = f"{type(unable).__name__}: {unable.detail}"
            deliveries.give_back(deliveries=claimed, reason=reason, pause=PAUSE_WITHOUT_SECRETS, now=now)
            return []
        limits = Limits(
            connect_seconds=parameters.read("webhooks.connect_seconds", at=now),
            total_seconds=parameters.read("webhooks.total_seconds", at=now),
            response_bytes=parameters.read("webhooks.response_bytes", at=now),
        )
        policies = {livemode: policy(livemode=livemode, at=now) for livemode in (False, True)}
        return [
            (
                delivery,
                Parcel(
                    url=delivery.endpoint.url,
                    policy=policies[delivery.endpoint.livemode],
                    limits=limits,
                    body=(body := delivery.event.body.encode()),
                    headers=signing.headers(
                        by_endpoint[delivery.endpoint_id],
                        message_id=delivery.event_id,
                        seconds=int(now.timestamp()),
                        body=body,
                    ),
                ),
            )
            for delivery in claimed
        ]
