"""What moved a score, as reason codes: one for each group of variables, in words a person can check."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

OTHER = "MODEL_OTHER"

# The first beginning that fits names the group.
GROUPS: tuple[tuple[str, str, str], ...] = (
    ("amount_to_usual", "MODEL_UNUSUAL_AMOUNT", "The amount is unusual for this customer"),
    ("customer_large", "MODEL_LARGE_AMOUNTS_IN_A_ROW", "The customer paid unusually large amounts lately"),
    (
        "customer_seconds_since_large",
        "MODEL_LARGE_AMOUNTS_IN_A_ROW",
        "The customer paid unusually large amounts lately",
    ),
    ("amount", "MODEL_AMOUNT", "The amount"),
    ("seller_fraud", "MODEL_SELLER_FRAUD", "Payments to this seller turned out to be fraud"),
    ("seller", "MODEL_SELLER_ACTIVITY", "How often this seller is paid"),
    ("pair", "MODEL_NEW_PAIR", "Whether this customer has paid this seller before"),
    ("customer_declines", "MODEL_DECLINES", "Refused attempts of the customer"),
    ("customer_cards", "MODEL_INSTRUMENTS", "How many cards and devices the customer uses"),
    ("customer_devices", "MODEL_INSTRUMENTS", "How many cards and devices the customer uses"),
    ("customer_other_countries", "MODEL_COUNTRIES", "From which countries the customer pays"),
    ("customer", "MODEL_CUSTOMER_ACTIVITY", "How often and how much the customer pays"),
    ("card", "MODEL_CARD", "What else happened with this card"),
    ("ip", "MODEL_ADDRESS", "What else happened at this address"),
    ("device", "MODEL_DEVICE", "What else happened on this device"),
    ("hour", "MODEL_TIME", "The time of the payment"),
    ("night", "MODEL_TIME", "The time of the payment"),
    ("weekend", "MODEL_TIME", "The time of the payment"),
)
MEANINGS = {code: meaning for _, code, meaning in GROUPS} | {OTHER: "Something else the model looks at"}


def reason_code(variable: str) -> str:
    return next((code for beginning, code, _ in GROUPS if variable.startswith(beginning)), OTHER)


def largest(
    variables: Sequence[str], values: Sequence[float], moved: Sequence[float], *, most: int
) -> list[dict[str, Any]]:
    """The contributions that raised the score most, in log-odds; a missing value is None."""
    order = sorted(range(len(variables)), key=lambda column: -moved[column])
    return [
        {
            "variable": variables[column],
            "value": None if math.isnan(values[column]) else values[column],
            "contribution": moved[column],
            "reason_code": reason_code(variables[column]),
        }
        for column in order[:most]
        if moved[column] > 0
    ]


def exact(booster: str, values: Sequence[float]) -> tuple[list[float], float, float]:
    """TreeSHAP of one payment: (contribution of each variable, bias, raw score). Workers only: LightGBM."""
    import lightgbm
    import numpy

    loaded = lightgbm.Booster(model_str=booster)
    row = numpy.array([list(values)], dtype=float)
    *moved, bias = (float(value) for value in loaded.predict(row, pred_contrib=True, num_threads=1)[0])
    return moved, bias, float(loaded.predict(row, raw_score=True, num_threads=1)[0])


def numbers(variables: Sequence[str], values: Mapping[str, Any]) -> list[float]:
    """A model's input by name: flags are 0 and 1, what is unknown is NaN."""
    found = (values.get(name) for name in variables)
    return [math.nan if value is None else float(value) for value in found]
