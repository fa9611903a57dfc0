"""Plays a day of fraud through the public API, and days later reports what the victims found out.

What an attempt really was stands in a file of the simulator and nowhere else: the program learns it from reports only.
"""

import json
import random
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

from django.conf import settings

from ops.marketplace.client import Answer
from ops.marketplace.fraud_day import Attempt, FraudPlan, Kind, attempts
from ops.marketplace.simulation import expected

FRAUD_TYPES = {
    Kind.CARD_TESTING: "velocity_abuse",
    Kind.STOLEN_CARD: "payment_fraud",
    Kind.COLLUSION: "identity_theft",
    Kind.TAKEOVER: "account_takeover",
}
WENT_THROUGH = ("COMPLETED", "PENDING")
TELLS_AFTER_HOURS = (20, 120)


class Poster(Protocol):
    """What of the client is used."""

    def post(self, path: str, body: dict[str, Any], *, key: str) -> Answer: ...


@dataclass(frozen=True, slots=True)
class Truth:
    """A fraudulent payment that went through, and when its victim tells."""

    transaction_id: str
    customer_id: str
    kind: str
    tells_at: str
    told: bool = False

    def is_due(self, moment: datetime) -> bool:
        return not self.told and datetime.fromisoformat(self.tells_at) <= moment


class FraudRun:
    """A plan being played: attempts and reports in order of time. The same plan again pays and reports nothing twice.

    `counts` says how often each kind met each answer: `{"card testing 402": 14, "reports": 9}`.
    """

    def __init__(
        self,
        plan: FraudPlan,
        client: Poster,
        move_to: Callable[[datetime], None],
        progress: Callable[[], None] = lambda: None,
    ) -> None:
        self.plan = plan
        self.counts: Counter[str] = Counter()
        self.known: list[Truth] = []
        self._client, self._move_to, self._progress = client, move_to, progress
        self._waiting = deque(attempts(plan))
        self._delays = random.Random(plan.seed + 1)  # noqa: S311 - a demo, repeatable on purpose

    @property
    def accounts(self) -> frozenset[str]:
        """Whose accounts the fraud uses, the victims of takeovers among them."""
        return frozenset(attempt.buyer.party_id for attempt in attempts(self.plan) if attempt.is_fraud)

    def go_on_until(self, moment: datetime) -> None:
        """Everything up to and including `moment`. A report due later waits for the next call, or for `tell`."""
        while self._waiting and self._waiting[0].at <= moment:
            attempt = self._waiting.popleft()
            self._tell_until(attempt.at)
            self._make(attempt)
        self._tell_until(moment)

    def keep(self) -> Path:
        """Write down what is known; returns where."""
        path = directory() / f"fraud-{self.plan.name}.json"
        _write(self.known, path)
        return path

    def _make(self, attempt: Attempt) -> None:
        self._move_to(attempt.at)
        key = f"fraud-{self.plan.name}-{attempt.number}"
        answer = expected(self._client.post("/v1/payments", attempt.body(), key=key))
        self.counts[f"{attempt.kind} {answer.status}"] += 1
        delay = timedelta(hours=self._delays.uniform(*TELLS_AFTER_HOURS))
        if attempt.is_fraud and answer.body.get("status") in WENT_THROUGH:
            tells_at = (attempt.at + delay).isoformat()
            party_id = attempt.buyer.party_id
            self.known.append(Truth(answer.body["transactionId"], party_id, attempt.kind.value, tells_at))
        self._progress()

    def _tell_until(self, moment: datetime) -> None:
        self.known, told = _tell(self.known, self._client, moment, self._move_to)
        if told:
            self.counts["reports"] += told


def directory() -> Path:
    return Path(settings.HOLDFAST_STATE_DIR) / "simulations"


def tell(client: Poster, *, now: datetime) -> int:
    """Send the reports that have become due since the days were played; returns how many."""
    number = 0
    for path in sorted(directory().glob("fraud-*.json")):
        known, told = _tell([Truth(**row) for row in json.loads(path.read_text())], client, now, lambda _: None)
        _write(known, path)
        number += told
    return number


def _tell(
    known: list[Truth], client: Poster, moment: datetime, move_to: Callable[[datetime], None]
) -> tuple[list[Truth], int]:
    """The reports due by then, each at its own moment: all that is known with what is told marked, and how many."""
    due = sorted((truth for truth in known if truth.is_due(moment)), key=lambda truth: truth.tells_at)
    for truth in due:
        move_to(datetime.fromisoformat(truth.tells_at))
        expected(client.post("/v1/fraud/reports", _report(truth), key=f"fraud-report-{truth.transaction_id}"))
    return [replace(truth, told=True) if truth in due else truth for truth in known], len(due)


def _report(truth: Truth) -> dict[str, Any]:
    return {
        "transactionId": truth.transaction_id,
        "customerId": truth.customer_id,
        "fraudType": FRAUD_TYPES[Kind(truth.kind)],
        "reportDetails": "The owner of the card does not know this payment.",
    }


def _write(known: list[Truth], path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    fresh.write_text(json.dumps([asdict(truth) for truth in known], indent=1))
    fresh.replace(path)
