"""Small trained models for tests: payments whose fraud is known to lie in large amounts and busy sellers."""

import random
from typing import Any

import lightgbm
import numpy

VARIABLES = ("amount_minor", "customer_payments_24h", "seller_fraud_share_7d", "night")
PARAMETERS = {
    "objective": "binary",
    "num_leaves": 8,
    "learning_rate": 0.1,
    "min_data_in_leaf": 20,
    "num_threads": 1,
    "verbose": -1,
    "seed": 7,
    "deterministic": True,
}


def payments(number: int, *, seed: int = 1) -> tuple[list[list[float]], list[bool]]:
    """Rows in the order of VARIABLES, a tenth of the shares unknown; about 3 % are fraud."""
    chance = random.Random(seed)
    rows, labels = [], []
    for _ in range(number):
        amount = round(chance.lognormvariate(8.5, 0.7))
        busy = chance.choice((0, 0, 1, 2, 5))
        share = float("nan") if chance.random() < 0.1 else round(chance.betavariate(1, 20), 3)
        risk = 0.01 + 0.5 * (amount > 17_000) + 0.4 * (share > 0.15)
        rows.append([float(amount), float(busy), share, float(chance.random() < 0.2)])
        labels.append(chance.random() < risk)
    return rows, labels


def booster(
    rows: list[list[float]],
    labels: list[bool],
    *,
    trees: int = 40,
    categorical: list[int] | None = None,
    **changes: Any,
) -> lightgbm.Booster:
    data = lightgbm.Dataset(
        numpy.array(rows), numpy.array(labels, dtype=float), categorical_feature=categorical or [], free_raw_data=False
    )
    return lightgbm.train({**PARAMETERS, **changes}, data, num_boost_round=trees)
