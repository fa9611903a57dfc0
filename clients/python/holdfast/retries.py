"""When a request is sent again, and how long to wait before."""

import random
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

IN_FLIGHT = "REQUEST_IN_FLIGHT"
_OVERLOADED = frozenset({429, 503})
_BROKEN_ON_THE_WAY = frozenset({502, 504})


@dataclass(frozen=True, slots=True)
class Retries:
    """At most `attempts` requests a call; times in seconds.

    Waits are drawn between nothing and `base`·2ⁿ, at most `cap` (full jitter), unless the server asks for a time by
    `Retry-After`: that is waited, never longer. A time asked for beyond `longest_wait` is not waited: the call raises.
    """

    attempts: int = 6
    base: float = 0.25
    cap: float = 8.0
    longest_wait: float = 30.0

    def __post_init__(self) -> None:
        if self.attempts < 1 or min(self.base, self.cap, self.longest_wait) < 0:
            raise ValueError("at least one attempt, and no negative times")

    def wait(self, attempt: int, retry_after: float | None) -> float | None:
        """Seconds before the attempt after number `attempt` (from 1); None to give up."""
        if attempt >= self.attempts:
            return None
        if retry_after is not None:
            return retry_after if retry_after <= self.longest_wait else None
        return random.uniform(0.0, min(self.cap, self.base * 2**attempt))  # noqa: S311 - spreads load, hides nothing


def may_repeat(*, method: str, status: int, code: str, attempt: int, has_key: bool) -> bool:
    """Whether an answer of this status may be asked for again.

    429 and 503 did nothing; a 409 in flight will have its answer soon. A gateway's 502 or 504 leaves open what
    happened, a 500 may be the operation's own fault: both only where a repetition has no second effect, a 500 once.
    """
    if status in _OVERLOADED or (status == 409 and code == IN_FLIGHT):
        return True
    if not is_repeatable(method, has_key=has_key):
        return False
    return status in _BROKEN_ON_THE_WAY or (status == 500 and attempt == 1)


def is_repeatable(method: str, *, has_key: bool) -> bool:
    """Whether a request that may have had its effect can be sent once more without a second one."""
    return method in {"GET", "PUT", "DELETE"} or (method == "POST" and has_key)


def read_retry_after(header: str | None) -> float | None:
    """Seconds of a `Retry-After`, a number or an HTTP date. None where it says nothing usable."""
    if not header:
        return None
    if header.strip().isascii() and header.strip().isdigit():
        return float(header.strip())
    try:
        at = parsedate_to_datetime(header)
    except (TypeError, ValueError):
        return None
    if at.tzinfo is None:
        at = at.replace(tzinfo=UTC)
    return max(0.0, (at - datetime.now(UTC)).total_seconds())
