"""The circuit breaker on a clock of its own: 50 % of at least 10 calls, open for 30 seconds, one probe."""

import pytest

from core.breaker import BreakerState, CircuitBreaker, Limits

LIMITS = Limits(failure_percent=50, window_calls=20, minimum_calls=10, open_seconds=30)


class Clock:
    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def breaker(clock: Clock) -> CircuitBreaker:
    return CircuitBreaker(monotonic=clock)


def record(breaker: CircuitBreaker, *, answered: int = 0, failed: int = 0) -> None:
    for result in [True] * answered + [False] * failed:
        breaker.record(LIMITS, answered=result)


def test_nine_failures_say_nothing_yet(breaker: CircuitBreaker) -> None:
    record(breaker, failed=9)
    assert breaker.allows_call(LIMITS)


def test_half_of_ten_opens_it(breaker: CircuitBreaker) -> None:
    record(breaker, answered=5, failed=5)
    assert not breaker.allows_call(LIMITS)
    assert breaker.state(LIMITS) is BreakerState.OPEN


def test_less_than_half_does_not(breaker: CircuitBreaker) -> None:
    record(breaker, answered=11, failed=9)
    assert breaker.allows_call(LIMITS)


def test_old_calls_are_forgotten(breaker: CircuitBreaker) -> None:
    """Nine failures, then 20 answers: the next nine failures are nine of 20, not 18 of 38."""
    record(breaker, answered=11, failed=9)
    record(breaker, answered=20, failed=9)
    assert breaker.allows_call(LIMITS)
    record(breaker, failed=1)
    assert not breaker.allows_call(LIMITS)


def test_half_open_lets_one_call_through(breaker: CircuitBreaker, clock: Clock) -> None:
    record(breaker, failed=10)
    clock.seconds += 29.9
    assert not breaker.allows_call(LIMITS)
    clock.seconds += 0.2
    assert breaker.allows_call(LIMITS)
    assert not breaker.allows_call(LIMITS), "the one probe is out"


def test_an_answered_probe_closes_it(breaker: CircuitBreaker, clock: Clock) -> None:
    record(breaker, failed=10)
    clock.seconds += 31
    assert breaker.allows_call(LIMITS)
    breaker.record(LIMITS, answered=True)
    assert breaker.state(LIMITS) is BreakerState.CLOSED
    record(breaker, failed=9)
    assert breaker.allows_call(LIMITS), "the old failures are forgotten"


def test_a_failed_probe_opens_it_for_another_thirty_seconds(breaker: CircuitBreaker, clock: Clock) -> None:
    record(breaker, failed=10)
    clock.seconds += 31
    assert breaker.allows_call(LIMITS)
    breaker.record(LIMITS, answered=False)
    clock.seconds += 29
    assert not breaker.allows_call(LIMITS)
    clock.seconds += 2
    assert breaker.allows_call(LIMITS)


def test_a_probe_whose_caller_died_is_replaced(breaker: CircuitBreaker, clock: Clock) -> None:
    record(breaker, failed=10)
    clock.seconds += 31
    assert breaker.allows_call(LIMITS)
    clock.seconds += 31
    assert breaker.allows_call(LIMITS)


def test_calls_that_began_before_it_opened_do_not_close_it(breaker: CircuitBreaker) -> None:
    record(breaker, failed=10)
    record(breaker, answered=5)
    assert not breaker.allows_call(LIMITS)
