"""Circuit breaker: stop asking somebody who does not answer.

Closed until at least `minimum_calls` of the last `window_calls` are known and `failure_percent` of them failed; then
open for `open_seconds`, after which exactly one call is let through: its success closes the breaker, its failure opens
it again. One breaker per somebody and process. A no is an answer, not a failure: a declined card is one.
"""

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum


@dataclass(frozen=True, slots=True)
class Limits:
    failure_percent: int
    window_calls: int
    minimum_calls: int
    open_seconds: float


class BreakerState(Enum):
    CLOSED = "CLOSED"
    OPEN = "OPEN"
    HALF_OPEN = "HALF_OPEN"


class CircuitBreaker:
    """`monotonic` is a clock of seconds that only goes forward; tests pass their own."""

    def __init__(self, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._results: deque[bool] = deque()
        self._opened_at: float | None = None
        self._probe_sent_at: float | None = None

    def allows_call(self, limits: Limits) -> bool:
        """Whether a call may be made now. When half open, the first asker gets the one probe."""
        with self._lock:
            state = self._state(limits)
            if state is BreakerState.HALF_OPEN:
                self._probe_sent_at = self._monotonic()
            return state is not BreakerState.OPEN

    def is_open(self, limits: Limits) -> bool:
        """As `allows_call`, without taking the probe."""
        with self._lock:
            return self._state(limits) is BreakerState.OPEN

    def record(self, limits: Limits, *, answered: bool) -> None:
        with self._lock:
            if self._opened_at is not None:
                self._end_probe(answered=answered)
                return
            self._results.append(answered)
            while len(self._results) > limits.window_calls:
                self._results.popleft()
            failed = self._results.count(False)
            enough = len(self._results) >= limits.minimum_calls
            if enough and failed * 100 >= limits.failure_percent * len(self._results):
                self._opened_at = self._monotonic()

    def state(self, limits: Limits) -> BreakerState:
        with self._lock:
            return self._state(limits)

    def _state(self, limits: Limits) -> BreakerState:
        if self._opened_at is None:
            return BreakerState.CLOSED
        now = self._monotonic()
        if now - self._opened_at < limits.open_seconds:
            return BreakerState.OPEN
        # A probe whose caller died must not keep the breaker shut for ever.
        if self._probe_sent_at is not None and now - self._probe_sent_at < limits.open_seconds:
            return BreakerState.OPEN
        return BreakerState.HALF_OPEN

    def _end_probe(self, *, answered: bool) -> None:
        """Calls begun before the breaker opened end here too; only the probe's result counts."""
        if self._probe_sent_at is None:
            return
        self._probe_sent_at = None
        if answered:
            self._opened_at = None
            self._results.clear()
        else:
            self._opened_at = self._monotonic()
