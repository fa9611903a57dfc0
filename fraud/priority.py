"""The order of the queue: expected loss times closeness of the point of no return. Pure arithmetic.

Closeness halves with every half-life between now and the point of no return. So the product is

    loss * 2 ** -((due_at - now) / half_life)

and its logarithm is `log2(loss) - due_at / half_life` plus something that is the same for every case at one moment:
what is stored once stays in the right order while time goes on, and an index serves it (docs/fraud-queue.md).
"""

import math
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

BASIS_POINTS = 10_000
HOUR = timedelta(hours=1)
# Hours are counted from here, so that numbers stay small. Any moment gives the same order.
SINCE = datetime(2026, 1, 1, tzinfo=UTC)

Bands = Sequence[Sequence[int]]


def expected_loss(amount_minor: int, score: int | None, *, bands: Bands, unscored: int) -> int:
    """Minor units of the amount's currency, rounded down. Bands are `[highest score, basis points]`, rising."""
    share = unscored if score is None else next(share for top, share in bands if score <= top)
    return amount_minor * share // BASIS_POINTS


def priority(loss_minor: int, due_at: datetime, *, half_life_hours: int) -> float:
    """Higher is more urgent. A loss below one minor unit counts as one."""
    return math.log2(max(loss_minor, 1)) - (due_at - SINCE) / HOUR / half_life_hours


def in_words(span: timedelta) -> str:
    """How long: `3 h 10 min`, `12 min`, `2 d 4 h`, `less than a minute`. The sign is not said."""
    minutes = int(abs(span).total_seconds() // 60)
    days, hours = divmod(minutes // 60, 24)
    parts = [(days, "d"), (hours, "h"), (minutes % 60, "min")]
    said = [f"{number} {unit}" for number, unit in parts if number][:2]
    return " ".join(said) or "less than a minute"


def clock(*, due_at: datetime, is_held: bool, now: datetime) -> str:
    """`declines itself in 3 h 10 min`, `due in 2 d`, `overdue 12 min`."""
    left = due_at - now
    if left <= timedelta(0):
        return f"overdue {in_words(left)}"
    return f"{'declines itself' if is_held else 'due'} in {in_words(left)}"
