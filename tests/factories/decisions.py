"""Judged and labelled payments in bulk: what models learn from, and what they are watched by."""

import itertools
import random
from array import array
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from core import ids
from core.actors import SYSTEM
from fraud.approvals import promotions
from fraud.enums import FeatureSource, LabelSource, Outcome
from fraud.features.variables import MODEL_VARIABLES, numbers
from fraud.learning.dataset import Dataset
from fraud.model import building
from fraud.model.building import Built
from fraud.models import Assessment, Label, ModelVersion
from fraud.services import models
from tests.factories.rules import ANALYST, lead, signed

_numbers = itertools.count(1)


def features(chance: random.Random) -> tuple[dict[str, Any], bool]:
    """A payment and whether it is fraud: large against what is usual, or to a seller with known fraud."""
    ratio, share = chance.lognormvariate(0, 0.6), round(chance.betavariate(1, 12), 3)
    amount = round(5_000 * ratio)
    values: dict[str, Any] = dict.fromkeys(MODEL_VARIABLES)
    values |= {
        "amount_minor": amount,
        "hour_utc": chance.randrange(24),
        "weekend": chance.random() < 0.3,
        "customer_payments_24h": chance.choice((0, 0, 1, 2)),
        "amount_to_usual": None if chance.random() < 0.1 else ratio,
        "seller_fraud_share_7d": share,
    }
    return values, chance.random() < 0.01 + 0.7 * (ratio > 3.0) + 0.6 * (share > 0.25)


def stored(
    number: int,
    *,
    from_at: datetime,
    to_at: datetime,
    seed: int = 1,
    labelled: bool = True,
    judge: Callable[[dict[str, Any]], dict[str, Any]] = lambda values: {},
) -> None:
    """So many, evenly over the time; labels are known after four days. `judge` gives further columns of each."""
    chance, decided, known = random.Random(seed), [], []
    for place in range(number):
        at = from_at + (to_at - from_at) * place / number
        values, is_fraud = features(chance)
        payment_id = f"pay_{next(_numbers):013d}_{place:09d}"
        columns = {
            "assessment_id": ids.prefixed("fra", at), "livemode": False, "payment_id": payment_id,
            "customer_id": f"cus_{place % 97}", "amount_minor": values["amount_minor"], "currency": "USD", "inputs": {},
            "features": values, "thresholds": {}, "hits": [], "not_evaluated": [], "reason_codes": [],
            "base_score": 125, "approve_up_to": 300, "review_up_to": 700, "block_up_to": 900, "score": 125,
            "outcome": Outcome.APPROVE, "feature_source": FeatureSource.REDIS, "evaluation_us": 900, "created_at": at,
        }  # fmt: skip
        decided.append(Assessment(**columns | judge(values)))
        if labelled:
            known.append(
                Label(
                    label_id=ids.prefixed("lbl", at), livemode=False, payment_id=payment_id, payer_id="cus_1",
                    amount_minor=values["amount_minor"], currency="USD", is_fraud=is_fraud,
                    strength=100 if is_fraud else 10, source=LabelSource.REPORT if is_fraud else LabelSource.SILENCE,
                    reference=payment_id, event_at=at, known_at=at + timedelta(days=4), recorded_by="SYSTEM:holdfast",
                )
            )  # fmt: skip
    Assessment.objects.bulk_create(decided, batch_size=500)
    Label.objects.bulk_create(known, batch_size=500)


def dataset(number: int, *, seed: int) -> Dataset:
    """The same payments without a database, a second apart."""
    chance, rows, labels = random.Random(seed), [], []
    for _ in range(number):
        values, is_fraud = features(chance)
        rows.append(numbers(values))
        labels.append(int(is_fraud))
    columns = {name: array("d", column) for name, column in zip(MODEL_VARIABLES, zip(*rows, strict=True), strict=True)}
    return Dataset(range(number), ["cus_1"] * number, columns, labels, [1.0] * number)


@cache
def built() -> Built:
    """A model of 3,000 payments, measured on 1,500 others; made once, because it never changes."""
    return building.build(dataset(3_000, seed=1), dataset(1_500, seed=2), train_frauds=100, validation_frauds=20)


def registered(model: Built, *, now: datetime) -> ModelVersion:
    """A candidate, as if it had been learned from weeks that are over."""
    days = (now - timedelta(days=56), now - timedelta(days=28), now - timedelta(days=21), now - timedelta(days=14))
    return models.register(
        built=model, livemode=False, origin="own decisions", window=days, actor=SYSTEM, now=now - timedelta(days=14)
    )


def champion(model: Built, *, now: datetime) -> ModelVersion:
    """The first model, signed for."""
    candidate, signer = registered(model, now=now), lead()
    asked = promotions.ask_promotion(name=candidate.name, reason="The first one", actor=ANALYST, now=now)
    signed(asked, now=now, by=signer)
    candidate.refresh_from_db()
    return candidate
