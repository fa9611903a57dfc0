"""What transfers, payouts and verifications tell the layers above: ids, whole minor units, moments."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar


@dataclass(frozen=True, slots=True)
class TransferCreated:
    """Accepted. `state` says whether it waits for people."""

    name: ClassVar[str] = "payments.transfer_created"
    version: ClassVar[int] = 1

    transfer_id: str
    type: str
    state: str
    payer_id: str
    payee_id: str
    amount_minor: int
    currency: str
    livemode: bool
    created_at: datetime


@dataclass(frozen=True, slots=True)
class TransferFailed:
    """Nothing was moved. `code` is the API code of the refusal."""

    name: ClassVar[str] = "payments.transfer_failed"
    version: ClassVar[int] = 1

    transfer_id: str
    payer_id: str
    payee_id: str
    code: str
    livemode: bool
    failed_at: datetime


@dataclass(frozen=True, slots=True)
class TransfersMoved:
    """They go on, alone or with all of a file: transfers of one mode, at one moment.

    Each of `moves` has `transfer_id`, `before` and `state` (words of `payments.transfer_enums.TransferState`),
    `payer_id`, `payee_id`, `amount_minor`, `currency` and `return_code`.
    """

    name: ClassVar[str] = "payments.transfers_moved"
    version: ClassVar[int] = 1

    moves: tuple[Mapping[str, Any], ...]
    livemode: bool
    moved_at: datetime


@dataclass(frozen=True, slots=True)
class DebitReleased:
    """Its hold is over: the money is owed to the payee, or held in the escrow it funds."""

    name: ClassVar[str] = "payments.debit_released"
    version: ClassVar[int] = 1

    transfer_id: str
    entry_id: str
    payee_id: str
    escrow_id: str
    amount_minor: int
    currency: str
    livemode: bool
    released_at: datetime


@dataclass(frozen=True, slots=True)
class DebitReturnedLate:
    """It came back after its money was released: `late_minor` stands in `returns_receivable:<payee>`."""

    name: ClassVar[str] = "payments.debit_returned_late"
    version: ClassVar[int] = 1

    transfer_id: str
    entry_id: str
    payee_id: str
    escrow_id: str
    code: str
    unauthorized: bool
    late_minor: int
    currency: str
    livemode: bool
    returned_at: datetime


@dataclass(frozen=True, slots=True)
class LateReturnUndone:
    """A return of that kind was undone: what was still owed for it is owed no more."""

    name: ClassVar[str] = "payments.late_return_undone"
    version: ClassVar[int] = 1

    transfer_id: str
    entry_id: str
    payee_id: str
    livemode: bool
    undone_at: datetime


@dataclass(frozen=True, slots=True)
class CreditLeftOwed:
    """Money of a party left that its balance did not have: the rest stands in `returns_receivable:<party>`."""

    name: ClassVar[str] = "payments.credit_left_owed"
    version: ClassVar[int] = 1

    entry_id: str
    party_id: str
    owed_minor: int
    currency: str
    livemode: bool
    left_at: datetime


@dataclass(frozen=True, slots=True)
class VerificationEnded:
    """`state` is VERIFIED, FAILED or EXPIRED."""

    name: ClassVar[str] = "payments.verification_ended"
    version: ClassVar[int] = 1

    verification_id: str
    account_id: str
    party_id: str
    method: str
    state: str
    livemode: bool
    ended_at: datetime


@dataclass(frozen=True, slots=True)
class PayoutCreated:
    name: ClassVar[str] = "payments.payout_created"
    version: ClassVar[int] = 1

    payout_id: str
    transfer_id: str
    party_id: str
    amount_minor: int
    withheld_minor: int
    currency: str
    livemode: bool
    created_at: datetime


@dataclass(frozen=True, slots=True)
class PayoutsPaused:
    """Nothing new is paid, and what no file carries is held; or that is over."""

    name: ClassVar[str] = "payments.payouts_paused"
    version: ClassVar[int] = 1

    party_id: str
    paused: bool
    livemode: bool
    changed_at: datetime
