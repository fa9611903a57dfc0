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


@dataclass(frozen=True, slots=True)
class RefundStranded:
    """The network refused a refund whose money cannot go back where it came from: it stays set aside for the payer."""

    name: ClassVar[str] = "payments.refund_stranded"
    version: ClassVar[int] = 1

    refund_id: str
    payment_id: str
    escrow_id: str | None
    payer_id: str
    amount_minor: int
    net_minor: int
    currency: str
    livemode: bool
    stranded_at: datetime


@dataclass(frozen=True, slots=True)
class ChargebackOpened:
    """The network has taken money back. `held_minor` came out of what was still held for the payee, `late_minor` had
    been released to it, `fee_minor` is the platform's; `beyond_minor` had been refunded to the payer before.
    """

    name: ClassVar[str] = "payments.chargeback_opened"
    version: ClassVar[int] = 1

    chargeback_id: str
    payment_id: str
    escrow_id: str | None
    payer_id: str
    payee_id: str | None
    amount_minor: int
    fee_minor: int
    held_minor: int
    late_minor: int
    beyond_minor: int
    currency: str
    kind: str
    reason_code: str
    respond_by: datetime
    livemode: bool
    opened_at: datetime


@dataclass(frozen=True, slots=True)
class ChargebackClosed:
    """`outcome` is WON (all of it has come back, to where `held_minor` and `late_minor` say), LOST or ACCEPTED."""

    name: ClassVar[str] = "payments.chargeback_closed"
    version: ClassVar[int] = 1

    chargeback_id: str
    payment_id: str
    escrow_id: str | None
    payer_id: str
    payee_id: str | None
    outcome: str
    amount_minor: int
    fee_minor: int
    held_minor: int
    late_minor: int
    beyond_minor: int
    currency: str
    livemode: bool
    closed_at: datetime
