"""What is remembered of a seller. Layout and meaning stand in `fraud.features.state`."""

from typing import Any

from fraud.features import rings
from fraud.features.rings import DAY

FIRST_AT, RUN, RUN_SINCE, RUN_LAST, GENUINE_LAST, DAYS = range(6)
DAYS_WIDTH = 4  # bucket, attempts, labels that became known, of them fraud

RAW = (
    "seller_first_at",
    "seller_payments_7d",
    "seller_payments_30d",
    "seller_labels_7d",
    "seller_frauds_7d",
    "seller_labels_30d",
    "seller_frauds_30d",
    "seller_fraud_run",
    "seller_fraud_run_since",
)


def new() -> list[Any]:
    return [-1, 0, -1, -1, -1, []]


def look(state: list[Any], at: int) -> list[int | float]:
    """RAW in its order, before the payment that asks."""
    attempts_7d = attempts = labels_7d = labels = frauds_7d = frauds = 0
    ring, today = state[DAYS], at // DAY
    position = len(ring) - DAYS_WIDTH
    while position >= 0 and ring[position] > today - rings.DAYS:
        day, tried, known, fraud = ring[position : position + DAYS_WIDTH]
        attempts += tried
        labels += known
        frauds += fraud
        if day > today - 7:
            attempts_7d += tried
            labels_7d += known
            frauds_7d += fraud
        position -= DAYS_WIDTH
    run = state[RUN] if state[RUN] or state[GENUINE_LAST] >= 0 else -1
    return [state[FIRST_AT], attempts_7d, attempts, labels_7d, frauds_7d, labels, frauds, run, state[RUN_SINCE]]


def attempt(state: list[Any], at: int) -> None:
    if state[FIRST_AT] < 0 or at < state[FIRST_AT]:
        state[FIRST_AT] = at
    position = rings.slot(state[DAYS], DAYS_WIDTH, rings.DAYS, at // DAY)
    if position >= 0:
        state[DAYS][position + 1] += 1


def label(state: list[Any], at: int, known_at: int, is_fraud: bool) -> None:
    """What a payment of `at` turned out to be. A genuine one ends the run of fraud that it came after."""
    position = rings.slot(state[DAYS], DAYS_WIDTH, rings.DAYS, known_at // DAY)
    if position >= 0:
        state[DAYS][position + 2] += 1
        state[DAYS][position + 3] += 1 if is_fraud else 0
    if not is_fraud:
        state[GENUINE_LAST] = max(state[GENUINE_LAST], at)
        if at >= state[RUN_LAST]:
            state[RUN], state[RUN_SINCE], state[RUN_LAST] = 0, -1, -1
    elif at >= state[GENUINE_LAST]:
        state[RUN_SINCE] = min(state[RUN_SINCE], at) if state[RUN] else at
        state[RUN_LAST] = max(state[RUN_LAST], at)
        state[RUN] += 1
