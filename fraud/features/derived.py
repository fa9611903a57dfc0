"""Variables made from the values of a state: means, ratios, deviation, ages. The only place that computes them."""

import math
from collections.abc import Mapping
from typing import Any

from fraud.features.rings import DAY, HOUR

NIGHT_HOURS = range(6)
SATURDAY = 5
# 1 January 1970 was a Thursday.
FIRST_WEEKDAY = 3
SECOND = 1_000_000

# Values of the state that are variables as they are.
TAKEN_OVER = (
    "customer_payments_1h",
    "customer_payments_24h",
    "customer_payments_7d",
    "customer_payments_30d",
    "customer_paid_30d",
    "customer_amount_24h_minor",
    "customer_amount_7d_minor",
    "customer_largest_minor",
    "customer_median_minor",
    "customer_declines_24h",
    "customer_cards_24h",
    "customer_devices_24h",
    "customer_other_countries_24h",
    "customer_large_3d",
    "customer_large_14d",
    "customer_fraud_reports_90d",
    "pair_payments_30d",
    "pair_payments",
    "card_payments_24h",
    "card_declines_24h",
    "card_other_customers_30d",
    "ip_payments_1h",
    "ip_other_customers_24h",
    "device_payments_24h",
    "device_other_customers_30d",
    "seller_payments_7d",
    "seller_payments_30d",
    "seller_fraud_run",
)


def derive(raw: Mapping[str, int | float], *, amount_minor: int, at: int) -> dict[str, Any]:
    """The variables that a state knows, by their names in the catalogue; None where it is not known.

    `raw` is what `State.attempt` or the store answered for the payment of `amount_minor` at `at` (microseconds). Ages
    are counted from the first attempt: who knows of an earlier registration takes the greater age.
    """
    values: dict[str, Any] = {name: None if raw[name] < 0 else raw[name] for name in TAKEN_OVER}
    values.update(clock(at))
    values["amount_minor"] = amount_minor
    values["customer_mean_7d_minor"] = _ratio(raw["customer_amount_7d_minor"], raw["customer_paid_7d"])
    mean = _ratio(raw["customer_amount_30d_minor"], raw["customer_paid_30d"])
    values["customer_mean_30d_minor"] = values["customer_average_minor"] = mean
    values["customer_deviation_30d_minor"] = _deviation(
        raw["customer_paid_30d"], raw["customer_amount_30d_minor"], raw["customer_squares_30d"]
    )
    values["amount_to_usual"] = _ratio(amount_minor, raw["customer_usual_minor"])
    values["amount_to_usual_largest"] = _ratio(amount_minor, raw["customer_usual_largest_minor"])
    values["customer_seconds_since_last"] = _since(raw["customer_last_at"], at, SECOND)
    values["customer_seconds_since_large"] = _since(raw["customer_large_at"], at, SECOND)
    values["customer_age_days"] = _since(raw["customer_first_at"], at, DAY) or 0.0
    named = raw["seller_payments_7d"] >= 0
    values["seller_age_days"] = (_since(raw["seller_first_at"], at, DAY) or 0.0) if named else None
    values["seller_fraud_share_7d"] = _ratio(raw["seller_frauds_7d"], raw["seller_labels_7d"])
    values["seller_fraud_share_30d"] = _ratio(raw["seller_frauds_30d"], raw["seller_labels_30d"])
    values["seller_fraud_run_age_days"] = _since(raw["seller_fraud_run_since"], at, DAY)
    return values


def clock(at: int) -> dict[str, Any]:
    """Hour, night and weekend of a moment in UTC."""
    hour = at // HOUR % 24
    return {
        "hour_utc": hour,
        "night": hour in NIGHT_HOURS,
        "weekend": (at // DAY + FIRST_WEEKDAY) % 7 >= SATURDAY,
    }


def _ratio(part: int | float, whole: int | float) -> float | None:
    return part / whole if whole > 0 else None


def _deviation(payments: int | float, amount: int | float, squares: int | float) -> float | None:
    """Of the amounts themselves, not of their mean; None below two payments."""
    if payments < 2:
        return None
    mean = amount / payments
    return math.sqrt(max(squares / payments - mean * mean, 0.0) * payments / (payments - 1))


def _since(moment: int | float, at: int, unit: int) -> float | None:
    return max(at - moment, 0) / unit if moment >= 0 else None
