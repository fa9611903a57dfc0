"""What is told of disputes and of money lost late: ids, whole minor units, moments."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class DisputeRaised:
    """Nothing of the escrow moves until it has ended. `side` is PAYER, PAYEE, STAFF or NETWORK."""

    name: ClassVar[str] = "escrow.dispute_raised"
    version: ClassVar[int] = 1

    dispute_id: str
    escrow_id: str
    side: str
    amount_minor: int
    currency: str
    evidence_due_at: datetime
    auto_resolution_at: datetime
    livemode: bool
    raised_at: datetime


@dataclass(frozen=True, slots=True)
class DisputeEvidenceSubmitted:
    name: ClassVar[str] = "escrow.dispute_evidence_submitted"
    version: ClassVar[int] = 1

    dispute_id: str
    escrow_id: str
    side: str
    livemode: bool
    submitted_at: datetime


@dataclass(frozen=True, slots=True)
class DisputeResolved:
    """`how` is MEDIATOR, SIGNED, CLOCK or NETWORK; the amounts are what the resolution moved."""

    name: ClassVar[str] = "escrow.dispute_resolved"
    version: ClassVar[int] = 1

    dispute_id: str
    escrow_id: str
    outcome: str
    how: str
    release_minor: int
    refund_minor: int
    currency: str
    livemode: bool
    resolved_at: datetime


@dataclass(frozen=True, slots=True)
class DisputeWithdrawn:
    name: ClassVar[str] = "escrow.dispute_withdrawn"
    version: ClassVar[int] = 1

    dispute_id: str
    escrow_id: str
    livemode: bool
    withdrawn_at: datetime


@dataclass(frozen=True, slots=True)
class ReceivableOpened:
    """Money that a party had already received was taken back: the party owes it."""

    name: ClassVar[str] = "escrow.receivable_opened"
    version: ClassVar[int] = 1

    receivable_id: str
    party_id: str
    cause: str
    amount_minor: int
    currency: str
    livemode: bool
    opened_at: datetime


@dataclass(frozen=True, slots=True)
class ReceivableClosed:
    """Nothing is owed any more: `state` is RECOVERED or WRITTEN_OFF."""

    name: ClassVar[str] = "escrow.receivable_closed"
    version: ClassVar[int] = 1

    receivable_id: str
    party_id: str
    state: str
    livemode: bool
    closed_at: datetime
