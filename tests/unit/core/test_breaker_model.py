"""The breaker against a model of it: the last 20 results, when it opened, and whether the one probe is out."""

from collections import deque

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from core.breaker import BreakerState, CircuitBreaker, Limits

LIMITS = Limits(failure_percent=50, window_calls=20, minimum_calls=20, open_seconds=30)
WINDOW, HALF, REST_SECONDS = 20, 10, 30


class Callers(RuleBasedStateMachine):
    """Everybody asks first and tells the result. Whole seconds, so that the 30th is exact."""

    def __init__(self) -> None:
        super().__init__()
        self.second = 1_000
        self.breaker = CircuitBreaker(monotonic=lambda: float(self.second))
        self.results: deque[bool] = deque(maxlen=WINDOW)
        self.resting_until: int | None = None
        self.probe_is_out = False

    @property
    def is_due(self) -> bool:
        return self.resting_until is not None and self.second >= self.resting_until

    @rule(seconds=st.one_of(st.integers(1, 31), st.sampled_from([29, 30])))
    def wait(self, seconds: int) -> None:
        self.second += seconds

    @precondition(lambda self: self.resting_until is None)
    @rule(results=st.lists(st.booleans(), min_size=1, max_size=30))
    def call(self, results: list[bool]) -> None:
        """Until it opens: with the first result that leaves 10 of exactly 20 failed, neither before nor after."""
        for answered in results:
            assert self.breaker.allows_call(LIMITS)
            self.breaker.record(LIMITS, answered=answered)
            self.results.append(answered)
            opens = len(self.results) == WINDOW and self.results.count(False) >= HALF
            assert (self.breaker.state(LIMITS) is BreakerState.OPEN) == opens
            if opens:
                self.resting_until = self.second + REST_SECONDS
                return

    @precondition(lambda self: self.resting_until is not None)
    @rule(askers=st.integers(1, 5))
    def ask(self, askers: int) -> None:
        """While it rests nobody is let through; once it is due the first asker is, and only that one."""
        let_through = [self.breaker.allows_call(LIMITS) for _ in range(askers)]
        assert let_through == [self.is_due] + [False] * (askers - 1)
        if let_through[0]:
            self.probe_is_out = True
            # Who does not come back within the rest is replaced.
            self.resting_until = self.second + REST_SECONDS

    @precondition(lambda self: self.probe_is_out)
    @rule()
    def the_probe_succeeds(self) -> None:
        self.breaker.record(LIMITS, answered=True)
        self.resting_until, self.probe_is_out = None, False
        self.results.clear()

    @precondition(lambda self: self.probe_is_out)
    @rule()
    def the_probe_fails(self) -> None:
        self.breaker.record(LIMITS, answered=False)
        self.resting_until, self.probe_is_out = self.second + REST_SECONDS, False

    @precondition(lambda self: self.resting_until is not None and not self.probe_is_out)
    @rule(answered=st.booleans())
    def a_call_from_before_ends(self, answered: bool) -> None:
        """Neither closes it nor prolongs the rest."""
        self.breaker.record(LIMITS, answered=answered)

    @invariant()
    def both_say_the_same(self) -> None:
        expected = BreakerState.CLOSED
        if self.resting_until is not None:
            expected = BreakerState.HALF_OPEN if self.is_due else BreakerState.OPEN
        assert self.breaker.state(LIMITS) is expected
        assert self.breaker.is_open(LIMITS) == (expected is BreakerState.OPEN)


TestCallers = Callers.TestCase
TestCallers.settings = settings(max_examples=100, stateful_step_count=40)
