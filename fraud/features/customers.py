"""What is remembered of a customer. Layout and meaning stand in `fraud.features.state`."""

from typing import Any

from fraud.features import rings
from fraud.features.rings import DAY, HOUR, MINUTE

(
    FIRST_AT,
    LAST_AT,
    USUAL,
    USUAL_LARGEST,
    USUAL_PAYMENTS,
    LARGE_AT,
    ATTEMPTS,
    MINUTES,
    HOURS,
    DAYS,
    AMOUNTS,
    CARDS,
    DEVICES,
    FRAUDS,
) = range(14)

# Beyond this many times the usual amount a payment is large, and counts towards the usual only as that much.
LARGE = 2.8
# The usual amount forgets: no payment weighs less than one in so many.
USUAL_MEMORY = 256
ATTEMPTS_CAP = 128
AMOUNTS_CAP = 32
FRAUDS_CAP = 16
FRAUDS_KEPT = 90 * DAY

HOURS_WIDTH = 4  # bucket, attempts, refused, paid amount
DAYS_WIDTH = 7  # bucket, attempts, paid, paid amount, sum of squares, largest, large

RAW = (
    "customer_first_at",
    "customer_last_at",
    "customer_payments_1h",
    "customer_payments_24h",
    "customer_payments_7d",
    "customer_payments_30d",
    "customer_paid_7d",
    "customer_paid_30d",
    "customer_amount_24h_minor",
    "customer_amount_7d_minor",
    "customer_amount_30d_minor",
    "customer_squares_30d",
    "customer_largest_minor",
    "customer_median_minor",
    "customer_declines_24h",
    "customer_cards_24h",
    "customer_devices_24h",
    "customer_other_countries_24h",
    "customer_usual_minor",
    "customer_usual_largest_minor",
    "customer_large_3d",
    "customer_large_14d",
    "customer_large_at",
    "customer_fraud_reports_90d",
)


def new() -> list[Any]:
    return [-1, -1, 0.0, 0, 0, -1, [], [], [], [], [], [], [], []]


def look(state: list[Any], at: int, card: Any, device: Any, country: str) -> list[int | float]:
    """RAW in its order, before the payment that asks."""
    last_hour, last_day, elsewhere = _attempts(state, at, country)
    hours = _hours(state[HOURS], at // HOUR - rings.HOURS)
    days = _days(state[DAYS], at // DAY)
    attempts_7d, attempts_30d, paid_7d, paid_30d, amount_7d, amount_30d, squares, largest, large_3d, large_14d = days
    return [
        state[FIRST_AT],
        state[LAST_AT],
        last_hour,
        last_day,
        attempts_7d,
        attempts_30d,
        paid_7d,
        paid_30d,
        hours[2],
        amount_7d,
        amount_30d,
        squares,
        largest,
        _median(state[AMOUNTS], at - 30 * DAY),
        hours[1],
        rings.others(state[CARDS], card, at - DAY) + (card != ""),
        rings.others(state[DEVICES], device, at - DAY) + (device != ""),
        elsewhere,
        state[USUAL] if state[USUAL_PAYMENTS] else -1,
        state[USUAL_LARGEST] if state[USUAL_PAYMENTS] else -1,
        large_3d,
        large_14d,
        state[LARGE_AT],
        rings.others(state[FRAUDS], "", at - FRAUDS_KEPT),
    ]


def _attempts(state: list[Any], at: int, country: str) -> tuple[int, int, int]:
    """Attempts within the hour and the day, to the microsecond while there are fewer than ATTEMPTS_CAP; elsewhere."""
    attempts = state[ATTEMPTS]
    last_hour = last_day = elsewhere = 0
    position = len(attempts) - 2
    while position >= 0 and attempts[position] > at - DAY:
        last_day += 1
        if attempts[position] > at - HOUR:
            last_hour += 1
        if attempts[position + 1] != "" and attempts[position + 1] != country:
            elsewhere += 1
        position -= 2
    if last_hour == ATTEMPTS_CAP:
        last_hour = max(last_hour, rings.total(state[MINUTES], 2, 1, at // MINUTE - rings.MINUTES))
    if last_day == ATTEMPTS_CAP:
        last_day = max(last_day, rings.total(state[HOURS], HOURS_WIDTH, 1, at // HOUR - rings.HOURS))
    return last_hour, last_day, elsewhere if country != "" else -1


def _hours(ring: list[Any], after: int) -> tuple[int, int, int]:
    attempts = refused = amount = 0
    position = len(ring) - HOURS_WIDTH
    while position >= 0 and ring[position] > after:
        attempts += ring[position + 1]
        refused += ring[position + 2]
        amount += ring[position + 3]
        position -= HOURS_WIDTH
    return attempts, refused, amount


def _days(ring: list[Any], today: int) -> tuple[int | float, ...]:
    attempts_7d = attempts = paid_7d = paid = amount_7d = amount = large_3d = large_14d = 0
    squares, largest = 0.0, -1
    position = len(ring) - DAYS_WIDTH
    while position >= 0 and ring[position] > today - rings.DAYS:
        day, tried, settled, sum_minor, day_squares, day_largest, large = ring[position : position + DAYS_WIDTH]
        attempts += tried
        paid += settled
        amount += sum_minor
        squares += day_squares
        if settled:
            largest = max(largest, day_largest)
        if day > today - 14:
            large_14d += large
            if day > today - 7:
                attempts_7d += tried
                paid_7d += settled
                amount_7d += sum_minor
                if day > today - 3:
                    large_3d += large
        position -= DAYS_WIDTH
    return attempts_7d, attempts, paid_7d, paid, amount_7d, amount, squares, largest, large_3d, large_14d


def _median(amounts: list[Any], after: int) -> float:
    """Of the newest AMOUNTS_CAP paid amounts; the mean of the middle two where their number is even."""
    kept = sorted(amounts[position + 1] for position in range(0, len(amounts), 2) if amounts[position] > after)
    if not kept:
        return -1
    middle = len(kept) // 2
    return float(kept[middle]) if len(kept) % 2 else (kept[middle - 1] + kept[middle]) / 2


def attempt(state: list[Any], at: int, card: Any, device: Any, country: str) -> None:
    if state[FIRST_AT] < 0 or at < state[FIRST_AT]:
        state[FIRST_AT] = at
    if at > state[LAST_AT]:
        state[LAST_AT] = at
    rings.push(state[ATTEMPTS], at, country, ATTEMPTS_CAP, at - DAY)
    for ring, width, buckets, bucket in (
        (state[MINUTES], 2, rings.MINUTES, at // MINUTE),
        (state[HOURS], HOURS_WIDTH, rings.HOURS, at // HOUR),
        (state[DAYS], DAYS_WIDTH, rings.DAYS, at // DAY),
    ):
        position = rings.slot(ring, width, buckets, bucket)
        if position >= 0:
            ring[position + 1] += 1
    if card != "":
        rings.touch(state[CARDS], card, at, at - DAY)
    if device != "":
        rings.touch(state[DEVICES], device, at, at - DAY)


def paid(state: list[Any], at: int, amount_minor: int) -> None:
    large = _learn_usual(state, at, amount_minor)
    hours, days = state[HOURS], state[DAYS]
    position = rings.slot(hours, HOURS_WIDTH, rings.HOURS, at // HOUR)
    if position >= 0:
        hours[position + 3] += amount_minor
    position = rings.slot(days, DAYS_WIDTH, rings.DAYS, at // DAY)
    if position >= 0:
        days[position + 2] += 1
        days[position + 3] += amount_minor
        days[position + 4] += float(amount_minor) * float(amount_minor)
        days[position + 5] = max(days[position + 5], amount_minor)
        days[position + 6] += large
    rings.push(state[AMOUNTS], at, amount_minor, AMOUNTS_CAP, at - 30 * DAY)


def _learn_usual(state: list[Any], at: int, amount_minor: int) -> int:
    """The running mean and maximum of amounts, to which one far out contributes LARGE times the mean. 1 if it was."""
    payments = state[USUAL_PAYMENTS]
    usual = state[USUAL]
    counted = float(amount_minor)
    large = 0
    if payments and counted > LARGE * usual:
        counted = LARGE * usual
        large = 1
        state[LARGE_AT] = max(state[LARGE_AT], at)
    payments = min(payments + 1, USUAL_MEMORY)
    state[USUAL_PAYMENTS] = payments
    state[USUAL] = usual + (counted - usual) / payments
    state[USUAL_LARGEST] = max(state[USUAL_LARGEST], counted)
    return large


def refused(state: list[Any], at: int) -> None:
    position = rings.slot(state[HOURS], HOURS_WIDTH, rings.HOURS, at // HOUR)
    if position >= 0:
        state[HOURS][position + 2] += 1


def known_fraud(state: list[Any], known_at: int, payment_id: Any) -> None:
    rings.push(state[FRAUDS], known_at, payment_id, FRAUDS_CAP, known_at - FRAUDS_KEPT)
