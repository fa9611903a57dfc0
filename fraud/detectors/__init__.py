"""Somebody else's fraud detector, asked beside our own memory and before the transaction of a payment.

Its score takes the place of our model's: the rules start from it. Its outcomes are floors, because a stranger may ask
for more care and never for less. One that fails leaves rules alone and the floors of a degraded decision.
"""

import functools
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from django.conf import settings

from core.breaker import CircuitBreaker
from fraud.decisions import AssessmentRequest

AMAZON = "amazon"
BREAKER = CircuitBreaker()


class DetectorUnavailable(Exception):
    """No answer in time, or none that can be read. Says in one word why."""


@dataclass(frozen=True, slots=True)
class DetectorAnswer:
    """`score` 0 (genuine) to 1000, `floor` REVIEW, BLOCK, INVESTIGATE or None; `version` names who says so."""

    version: str
    score: int
    floor: str | None = None


class Detector(Protocol):
    def score(self, request: AssessmentRequest, *, now: datetime) -> DetectorAnswer:
        """Raises DetectorUnavailable."""


@functools.cache
def configured() -> Detector | None:
    """The one that settings name; None where none does, as shipped."""
    if settings.HOLDFAST_FRAUD_DETECTOR != AMAZON:
        return None
    from fraud.detectors.amazon import AmazonFraudDetector

    return AmazonFraudDetector(
        detector_id=settings.HOLDFAST_FRAUD_DETECTOR_ID,
        event_type=settings.HOLDFAST_FRAUD_DETECTOR_EVENT_TYPE,
        region=settings.HOLDFAST_FRAUD_DETECTOR_REGION,
        timeout_seconds=settings.HOLDFAST_FRAUD_DETECTOR_TIMEOUT_SECONDS,
    )
