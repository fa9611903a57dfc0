"""A small recorded stream with the two patterns a model has to find: a stolen card and a seller who turned bad."""

import random
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow
from pyarrow import parquet

START = datetime(2026, 1, 1)


def columns(*, days: int = 40, customers: int = 60, seed: int = 1, start: datetime = START) -> dict[str, list[Any]]:
    """About one and a half payments a customer and day, a few in a hundred of them fraud."""
    chance = random.Random(seed)
    usual = [chance.uniform(1_000, 9_000) for _ in range(customers)]
    bad_sellers = {seller: chance.randrange(5, days) for seller in range(0, customers, 10)}
    stolen = {customer: chance.randrange(5, days) for customer in range(0, customers, 5)}
    rows = []
    for day in range(days):
        for customer in range(customers):
            for _ in range(chance.randrange(4)):
                at = start + timedelta(days=day, seconds=chance.randrange(86_400))
                seller, amount = chance.randrange(2 * customers), max(chance.gauss(usual[customer], 600), 1)
                fraud = 0 <= day - bad_sellers.get(seller, days) < 21
                if 0 <= day - stolen.get(customer, days) < 10 and chance.random() < 0.3:
                    fraud, amount = True, amount * 5
                rows.append((at, customer, seller, int(amount), int(fraud)))
    rows.sort()
    at, who, seller, amount, fraud = (list(column) for column in zip(*rows, strict=True))
    return {
        "transaction_id": list(range(len(rows))),
        "ts": at,
        "customer_id": who,
        "terminal_id": seller,
        "amount_minor": amount,
        "is_fraud": fraud,
    }


def write(path: Path, values: dict[str, list[Any]]) -> Path:
    parquet.write_table(pyarrow.table(values), path)
    return path
