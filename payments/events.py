"""What payments tell the layers above: ids, whole minor units, moments."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class PaymentCaptured:
    """The money is ours to hold: `escrow_id` names the ledger account `escrow_held:<id>` that holds the net."""

    name: ClassVar[str] = "payments.payment_captured"
    version: ClassVar[int] = 1

    payment_id: str
    transaction_id: str
    escrow_id: str | None
    payer_id: str
    payee_id: str | None
    amount_minor: int
    currency: str
    fees_minor: int
    livemode: bool
    captured_at: datetime


@dataclass(frozen=True, slots=True)
class PaymentFailed:
    """No money was taken. `code` is the API code of the refusal."""

    name: ClassVar[str] = "payments.payment_failed"
    version: ClassVar[int] = 1

    payment_id: str
    payer_id: str
    code: str
    livemode: bool
    failed_at: datetime


@dataclass(frozen=True, slots=True)
class PaymentReviewOpened:
    """The money is authorised and held on the card until a person decides or the deadline passes."""

    name: ClassVar[str] = "payments.payment_review_opened"
    version: ClassVar[int] = 1

    payment_id: str
    payer_id: str
    amount_minor: int
    currency: str
    capture_deadline: datetime
    livemode: bool
    opened_at: datetime


@dataclass(frozen=True, slots=True)
class PaymentCancelled:
    """Given back before capture. `reason` is CANCELLED (asked for) or LAPSED (nobody decided in time)."""

    name: ClassVar[str] = "payments.payment_cancelled"
    version: ClassVar[int] = 1

    payment_id: str
    payer_id: str
    reason: str
    livemode: bool
    cancelled_at: datetime


@dataclass(frozen=True, slots=True)
class PaymentRefunded:
    """Part or all of a captured payment went back; `amount_minor` is fee and net parts together."""

    name: ClassVar[str] = "payments.payment_refunded"
    version: ClassVar[int] = 1

    payment_id: str
    refund_id: str
    escrow_id: str | None
    amount_minor: int
    fee_minor: int
    net_minor: int
    currency: str
    livemode: bool
    refunded_at: datetime
