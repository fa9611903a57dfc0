"""Amazon Fraud Detector by `GetEventPrediction`, for accounts that still have it (closed to new ones since 2025).

Sent are amount, currency, method, the card's first six digits, address, device and countries; never a card number, an
e-mail address or its hash. Of several models the highest score counts. Scores are Amazon's 0 to 1000 as they are; -1 is
its word for a first event that it cannot score.
"""

import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, ConnectTimeoutError, ReadTimeoutError

from core.money import Currency
from fraud import data
from fraud.decisions import AssessmentRequest
from fraud.detectors import DetectorAnswer, DetectorUnavailable
from fraud.enums import Outcome

LOWEST, HIGHEST = 0, 1000
LONGEST_VERSION = 40
NOT_IN_AN_EVENT_ID = re.compile(r"[^0-9a-z_-]")
# What an account's rules may answer, whatever the case. An outcome that we do not know is looked at by a person.
FLOORS: Mapping[str, str | None] = {
    "approve": None,
    "allow": None,
    "review": Outcome.REVIEW.value,
    "block": Outcome.BLOCK.value,
    "investigate": Outcome.INVESTIGATE.value,
}
ORDER = [None, Outcome.REVIEW.value, Outcome.BLOCK.value, Outcome.INVESTIGATE.value]


class AmazonFraudDetector:
    def __init__(
        self, *, detector_id: str, event_type: str, region: str, timeout_seconds: float, client: Any = None
    ) -> None:
        self.detector_id, self.event_type = detector_id, event_type
        # One try: a payment does not wait for a second.
        self._client = client or boto3.client(
            "frauddetector",
            region_name=region,
            config=Config(
                connect_timeout=timeout_seconds, read_timeout=timeout_seconds, retries={"total_max_attempts": 1}
            ),
        )

    def score(self, request: AssessmentRequest, *, now: datetime) -> DetectorAnswer:
        """Raises DetectorUnavailable."""
        try:
            answer = self._client.get_event_prediction(
                detectorId=self.detector_id,
                eventId=_event_id(request, now),
                eventTypeName=self.event_type,
                entities=[{"entityType": "customer", "entityId": request.payer_id}],
                eventTimestamp=now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
                eventVariables=_variables(request),
            )
        except (ConnectTimeoutError, ReadTimeoutError) as error:
            raise DetectorUnavailable("TIMEOUT") from error
        except (ClientError, BotoCoreError) as error:
            raise DetectorUnavailable("UNREACHABLE") from error
        return _answer(answer)


def _event_id(request: AssessmentRequest, now: datetime) -> str:
    """The same for the same payment, so that Amazon counts a retry once too."""
    named = request.payment_id or request.transaction_id or f"{request.payer_id}-{int(now.timestamp() * 1_000_000)}"
    return NOT_IN_AN_EVENT_ID.sub("-", named.lower())[:64]


def _variables(request: AssessmentRequest) -> dict[str, str]:
    found = {
        "order_price": _decimal(request),
        "currency_code": request.currency,
        "payment_method": request.payment_method,
        "card_bin": (request.card_bin or "")[:6],
        "ip_address": data.readable_ip(request.ip_address) or "",
        "device_id": (request.device_id or "")[:128],
        "billing_country": request.billing_country or "",
        "shipping_country": request.shipping_country or "",
        "seller_id": request.payee_id or "",
    }
    return {name: value for name, value in found.items() if value}


def _decimal(request: AssessmentRequest) -> str:
    """The amount with the decimals of its currency; of one we do not know, in minor units."""
    currency = Currency.__members__.get(request.currency)
    return str(Decimal(request.amount_minor).scaleb(-currency.exponent if currency else 0))


def _answer(answer: Mapping[str, Any]) -> DetectorAnswer:
    scored = [
        (float(score), model["modelVersion"])
        for model in answer.get("modelScores", [])
        for score in model["scores"].values()
    ]
    known = [each for each in scored if LOWEST <= each[0] <= HIGHEST]
    if not known:
        raise DetectorUnavailable("NO_SCORE")
    score, model = max(known, key=lambda each: each[0])
    outcomes = [outcome for rule in answer.get("ruleResults", []) for outcome in rule.get("outcomes", [])]
    floors = [FLOORS.get(outcome.lower(), Outcome.REVIEW.value) for outcome in outcomes]
    version = f"amazon:{model['modelId']}:{model['modelVersionNumber']}"[:LONGEST_VERSION]
    # Rounded up: half a point of doubt is not given to the payment.
    return DetectorAnswer(version, math.ceil(score), max(floors, key=ORDER.index, default=None))
