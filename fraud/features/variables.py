"""What the model looks at, in the order in which it does, as numbers."""

import math
from collections.abc import Mapping
from typing import Any

# The first 24 carry the model on a plain stream of payments; the others are not known there.
MODEL_VARIABLES: tuple[str, ...] = (
    "amount_minor",
    "hour_utc",
    "weekend",
    "night",
    "customer_payments_1h",
    "customer_payments_24h",
    "customer_payments_7d",
    "customer_payments_30d",
    "customer_amount_24h_minor",
    "customer_mean_7d_minor",
    "customer_mean_30d_minor",
    "customer_deviation_30d_minor",
    "amount_to_usual",
    "amount_to_usual_largest",
    "customer_large_3d",
    "customer_large_14d",
    "customer_seconds_since_large",
    "customer_seconds_since_last",
    "seller_payments_7d",
    "seller_fraud_share_7d",
    "seller_fraud_share_30d",
    "seller_fraud_run",
    "seller_fraud_run_age_days",
    "pair_payments",
    "customer_declines_24h",
    "customer_cards_24h",
    "customer_devices_24h",
    "customer_other_countries_24h",
    "card_payments_24h",
    "card_declines_24h",
    "card_other_customers_30d",
    "ip_payments_1h",
    "ip_other_customers_24h",
    "device_payments_24h",
    "device_other_customers_30d",
)


def numbers(values: Mapping[str, Any]) -> list[float]:
    """The model's input from variables by name: flags are 0 and 1, what is unknown or missing is NaN."""
    found = []
    for name in MODEL_VARIABLES:
        value = values.get(name)
        found.append(math.nan if value is None else float(value))
    return found
