"""What fraud tells the layers above."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class CaseDecided:
    """A held payment may be captured (`APPROVE`) or must be voided (`DECLINE`).

    `automatic` is true where the capture deadline came near and nobody had decided; `decided_by` is an actor.
    """

    name: ClassVar[str] = "fraud.case_decided"
    version: ClassVar[int] = 1

    case_id: str
    payment_id: str
    decision: str
    outcome: str
    decided_by: str
    automatic: bool
    livemode: bool
    decided_at: datetime


@dataclass(frozen=True, slots=True)
class FraudReported:
    """A marketplace says that a transaction was fraud. `fraud_type` is one of the four documented ones."""

    name: ClassVar[str] = "fraud.fraud_reported"
    version: ClassVar[int] = 1

    report_id: str
    transaction_id: str
    customer_id: str
    fraud_type: str
    livemode: bool
    reported_at: datetime
