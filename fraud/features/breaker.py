"""The breaker in front of the feature store: half of the last 20 calls without an answer, and it rests for 30 s."""

from datetime import datetime

from core.breaker import CircuitBreaker, Limits
from core.parameters import services as parameters

STORE = CircuitBreaker()


def limits(*, at: datetime) -> Limits:
    """As dated parameters say. Half of a full window must have failed: a single slow answer opens nothing."""
    calls = parameters.read("fraud.breaker_calls", at=at)
    return Limits(
        failure_percent=parameters.read("fraud.breaker_failure_percent", at=at),
        window_calls=calls,
        minimum_calls=calls,
        open_seconds=parameters.read("fraud.breaker_open_seconds", at=at),
    )
