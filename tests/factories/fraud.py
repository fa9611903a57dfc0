"""Decisions, attempts and labels for tests, put down as they would stand in the database."""

import itertools
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from core import ids
from core.actors import SYSTEM
from fraud.enums import AttemptOutcome, LabelSource, Outcome
from fraud.models import Assessment
from fraud.services import labels, observations
from fraud.services.observations import Observation

BANDS = {"approve_up_to": 300, "review_up_to": 700, "block_up_to": 900}
SCORES = {
    Outcome.APPROVE: 125,
    Outcome.REVIEW: 450,
    Outcome.BLOCK: 800,
    Outcome.INVESTIGATE: 950,
    Outcome.NO_ADVICE: None,
}
ENDS = {Outcome.APPROVE: AttemptOutcome.APPROVED, Outcome.REVIEW: AttemptOutcome.HELD}
_numbers = itertools.count(1)


def hit(code: str, points: int = 0, floor: str | None = None) -> dict[str, Any]:
    """A rule that was true, as a decision keeps it."""
    return {
        "code": code, "reason_code": f"rule_{code}", "points": points, "floor": floor, "description": code,
        "observed": {}, "thresholds": {},
    }  # fmt: skip


def decision(
    at: datetime, outcome: Outcome = Outcome.APPROVE, *, score: int | None = None, is_fraud: bool | None = None,
    strength: int = 100, livemode: bool = False, amount_minor: int = 10_000, **changes: Any,
) -> Assessment:  # fmt: skip
    """One decision, with the attempt it was about and the label it has if `is_fraud` says so (known a day later)."""
    number = next(_numbers)
    payment_id = changes.pop("payment_id", f"pay_{int(at.timestamp() * 1000)}_{number:09d}")
    seen = {name: changes.pop(name) for name in ("ip_address", "card_bin", "device_id", "payee_id") if name in changes}
    row = Assessment.objects.create(
        **{
            "assessment_id": ids.prefixed("fra", at), "livemode": livemode, "payment_id": payment_id,
            "transaction_id": f"txn_{number}", "customer_id": "cus_1", "amount_minor": amount_minor,
            "currency": "USD", "inputs": {}, "features": {}, "thresholds": {}, "hits": [], "not_evaluated": [],
            "reason_codes": [], "rule_set_version": 1, "base_score": 125, **BANDS,
            "score": SCORES.get(outcome) if score is None else score, "outcome": outcome,
            "failure": "DatabaseError" if outcome == Outcome.NO_ADVICE else "", "evaluation_us": 900,
            "created_at": at, **changes,
        }
    )  # fmt: skip
    attempt(at, payment_id=payment_id, outcome=ENDS.get(outcome, AttemptOutcome.BLOCKED), livemode=livemode,
            amount_minor=amount_minor, **seen)  # fmt: skip
    if is_fraud is not None:
        known_at = at + timedelta(days=1)
        labels.record(
            livemode=livemode, payment_id=payment_id, is_fraud=is_fraud, strength=strength,
            source=LabelSource.CHARGEBACK if is_fraud else LabelSource.DECISION, reference=f"ref_{number}",
            known_at=known_at, actor=SYSTEM, now=known_at,
        )  # fmt: skip
    return row


def attempt(at: datetime, **changes: Any) -> None:
    """One attempted payment of 100.00 USD."""
    number = next(_numbers)
    values: dict[str, Any] = {
        "payment_id": f"pay_{int(at.timestamp() * 1000)}_{number:09d}", "transaction_id": f"txn_{number}",
        "livemode": False, "payer_id": f"cus_{number}", "payee_id": f"prov_{number}", "amount_minor": 10_000,
        "currency": "USD", "outcome": AttemptOutcome.APPROVED, "at": at,
    }  # fmt: skip
    with transaction.atomic():
        observations.record(Observation(**values | changes))
