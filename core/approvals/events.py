"""What the signature engine tells the layers above. `actor` and `signer` are actors (`STAFF:…`)."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class ApprovalAsked:
    name: ClassVar[str] = "approvals.asked"
    version: ClassVar[int] = 1

    request_id: str
    action: str
    subject: str
    actor: str
    expires_at: datetime
    asked_at: datetime


@dataclass(frozen=True, slots=True)
class ApprovalSigned:
    name: ClassVar[str] = "approvals.signed"
    version: ClassVar[int] = 1

    request_id: str
    action: str
    subject: str
    signer: str
    signed_at: datetime


@dataclass(frozen=True, slots=True)
class ApprovalExecuted:
    """The quorum was there and the effect happened in the same transaction."""

    name: ClassVar[str] = "approvals.executed"
    version: ClassVar[int] = 1

    request_id: str
    action: str
    subject: str
    executed_at: datetime


@dataclass(frozen=True, slots=True)
class ApprovalChanged:
    """What was covered changed: `voided` signatures no longer count, the request waits on."""

    name: ClassVar[str] = "approvals.changed"
    version: ClassVar[int] = 1

    request_id: str
    action: str
    subject: str
    voided: int
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class ApprovalEnded:
    """It ended without effect. `state` is DENIED, VOIDED, WITHDRAWN or EXPIRED."""

    name: ClassVar[str] = "approvals.ended"
    version: ClassVar[int] = 1

    request_id: str
    action: str
    subject: str
    state: str
    actor: str
    reason: str
    ended_at: datetime
