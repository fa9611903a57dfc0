"""Talking to a gateway: breaker before, timeout on, retries with jitter around, a note of every try.

Every question to a gateway may be repeated because it carries our reference (`payments.gateways.port`).
"""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

from core.breaker import CircuitBreaker, Limits
from core.parameters import services as parameters
from payments import metrics
from payments.enums import AttemptOutcome, ChargeState, Operation
from payments.gateways.port import (
    Charge,
    Gateway,
    GatewayTimedOut,
    GatewayUnavailable,
    NetworkRefund,
    require_no_transaction,
)

Answer = TypeVar("Answer", bound=Charge | NetworkRefund | None)


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try of one question: what came back and how long it took. Kept as a row by whoever asked."""

    operation: Operation
    outcome: AttemptOutcome
    code: str
    at: datetime
    duration_ms: int


@dataclass(slots=True)
class Line:
    """One gateway, its breaker, and the tries made through this line."""

    gateway: Gateway
    breaker: CircuitBreaker
    now: datetime
    attempts: list[Attempt] = field(default_factory=list)
    pause: Callable[[float], None] = time.sleep

    def ask(self, operation: Operation, question: Callable[[float], Answer]) -> Answer:
        """Put a question until it is answered or the tries are used up.

        Raises GatewayTimedOut if any try may have had an effect, GatewayUnavailable if certainly none had. The breaker
        counts the question once, answered or not: the tries of one unlucky payment are no sign of an outage.
        """
        require_no_transaction()
        limits = breaker_limits(self.now)
        tries = parameters.read("payments.gateway_tries", at=self.now)
        may_have_happened = was_asked = False
        for number in range(tries):
            if number:
                self.pause(backoff_seconds(number, self.now))
            if not self.breaker.allows_call(limits):
                self._note(operation, AttemptOutcome.REFUSED_BY_BREAKER, "", 0.0)
                break
            was_asked = True
            try:
                answer = self._ask_once(operation, question)
                self.breaker.record(limits, answered=True)
                return answer
            except GatewayTimedOut:
                may_have_happened = True
            except GatewayUnavailable:
                continue
        if was_asked:
            self.breaker.record(limits, answered=False)
        if may_have_happened:
            raise GatewayTimedOut(f"{self.gateway.name} did not answer")
        raise GatewayUnavailable(f"{self.gateway.name} is not available")

    def _ask_once(self, operation: Operation, question: Callable[[float], Answer]) -> Answer:
        began = time.monotonic()
        try:
            answer = question(parameters.read("payments.gateway_timeout_ms", at=self.now) / 1000)
        except GatewayTimedOut:
            self._note(operation, AttemptOutcome.TIMED_OUT, "", began)
            raise
        except GatewayUnavailable:
            self._note(operation, AttemptOutcome.UNAVAILABLE, "", began)
            raise
        self._note(operation, *_outcome(answer), began)
        return answer

    def _note(self, operation: Operation, outcome: AttemptOutcome, code: str, began: float) -> None:
        seconds = time.monotonic() - began if began else 0.0
        self.attempts.append(Attempt(operation, outcome, code, self.now, int(seconds * 1000)))
        metrics.GATEWAY_SECONDS.labels(self.gateway.name, str(operation), str(outcome)).observe(seconds)


def _outcome(answer: Charge | NetworkRefund | None) -> tuple[AttemptOutcome, str]:
    if answer is None:
        return AttemptOutcome.NOT_FOUND, ""
    declined = answer.state is ChargeState.DECLINED if isinstance(answer, Charge) else not answer.accepted
    return (AttemptOutcome.DECLINED if declined else AttemptOutcome.APPROVED), answer.code


def breaker_limits(now: datetime) -> Limits:
    return Limits(
        failure_percent=parameters.read("payments.breaker_failure_percent", at=now),
        window_calls=parameters.read("payments.breaker_window_calls", at=now),
        minimum_calls=parameters.read("payments.breaker_minimum_calls", at=now),
        open_seconds=parameters.read("payments.breaker_open_seconds", at=now),
    )


def backoff_seconds(number: int, now: datetime) -> float:
    """Full jitter: somewhere between nothing and the doubled pause of this try."""
    ceiling = parameters.read("payments.gateway_backoff_ms", at=now) * 2 ** (number - 1) / 1000
    return random.uniform(0, ceiling)  # noqa: S311 spreads load, guards nothing
