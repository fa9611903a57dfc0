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


@dataclass(frozen=True, slots=True)
class AlarmRaised:
    """Something that a person must look at now. `alarm` names the kind (`fraud.rule_left_its_band`), `subject` the
    thing; the two together are one open incident. `severity` is P1 to P4, `url` the page to begin with.
    """

    name: ClassVar[str] = "fraud.alarm_raised"
    version: ClassVar[int] = 1

    alarm: str
    subject: str
    severity: str
    summary: str
    url: str
    raised_at: datetime


@dataclass(frozen=True, slots=True)
class PaymentLabelled:
    """What a payment was is known, or known better. `livemode` and `payment_id` name it; both parties may be empty."""

    name: ClassVar[str] = "fraud.payment_labelled"
    version: ClassVar[int] = 1

    label_id: str
    payment_id: str
    is_fraud: bool
    source: str
    livemode: bool
    known_at: datetime


@dataclass(frozen=True, slots=True)
class CaseConcluded:
    """A person has judged something that was not held: nothing is captured or voided by it, and no marketplace hears.

    `payment_id` is empty where the case is about a customer.
    """

    name: ClassVar[str] = "fraud.case_concluded"
    version: ClassVar[int] = 1

    case_id: str
    payment_id: str
    cause: str
    outcome: str
    decided_by: str
    livemode: bool
    decided_at: datetime
