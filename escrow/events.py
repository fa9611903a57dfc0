"""What escrow tells the layers above and the marketplace: ids, whole minor units, moments."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class EscrowCreated:
    """Terms are agreed; the money is still to come."""

    name: ClassVar[str] = "escrow.escrow_created"
    version: ClassVar[int] = 1

    escrow_id: str
    amount_minor: int
    currency: str
    livemode: bool
    created_at: datetime


@dataclass(frozen=True, slots=True)
class EscrowFunded:
    """The money is held for its payee: the net of a booking's payment, or what the bank brought.

    `payment_id` is empty where no card paid.
    """

    name: ClassVar[str] = "escrow.escrow_funded"
    version: ClassVar[int] = 1

    escrow_id: str
    payment_id: str
    amount_minor: int
    currency: str
    livemode: bool
    funded_at: datetime


@dataclass(frozen=True, slots=True)
class EscrowLocked:
    name: ClassVar[str] = "escrow.escrow_locked"
    version: ClassVar[int] = 1

    escrow_id: str
    reason: str
    livemode: bool
    locked_at: datetime


@dataclass(frozen=True, slots=True)
class EscrowUnlocked:
    name: ClassVar[str] = "escrow.escrow_unlocked"
    version: ClassVar[int] = 1

    escrow_id: str
    reason: str
    livemode: bool
    unlocked_at: datetime


@dataclass(frozen=True, slots=True)
class ConditionMet:
    name: ClassVar[str] = "escrow.condition_met"
    version: ClassVar[int] = 1

    escrow_id: str
    condition_id: str
    met_by: str
    livemode: bool
    met_at: datetime


@dataclass(frozen=True, slots=True)
class ConditionLapsed:
    name: ClassVar[str] = "escrow.condition_lapsed"
    version: ClassVar[int] = 1

    escrow_id: str
    condition_id: str
    livemode: bool
    lapsed_at: datetime


@dataclass(frozen=True, slots=True)
class EscrowReleased:
    """So much went to the payee; `is_last` where nothing is left."""

    name: ClassVar[str] = "escrow.escrow_released"
    version: ClassVar[int] = 1

    escrow_id: str
    payee_id: str
    transaction_id: str
    amount_minor: int
    currency: str
    is_last: bool
    livemode: bool
    released_at: datetime


@dataclass(frozen=True, slots=True)
class EscrowRefunded:
    """So much went back to the payer, or was taken back by the network (`taken_back`)."""

    name: ClassVar[str] = "escrow.escrow_refunded"
    version: ClassVar[int] = 1

    escrow_id: str
    payer_id: str
    amount_minor: int
    currency: str
    taken_back: bool
    is_last: bool
    livemode: bool
    refunded_at: datetime


@dataclass(frozen=True, slots=True)
class TermsAmended:
    """A new version of the terms is in force."""

    name: ClassVar[str] = "escrow.terms_amended"
    version: ClassVar[int] = 1

    escrow_id: str
    terms_version: int
    livemode: bool
    amended_at: datetime


@dataclass(frozen=True, slots=True)
class AmendmentProposed:
    name: ClassVar[str] = "escrow.amendment_proposed"
    version: ClassVar[int] = 1

    escrow_id: str
    terms_version: int
    livemode: bool
    proposed_at: datetime


@dataclass(frozen=True, slots=True)
class EscrowWarned:
    """A deadline is near: what will happen, and when, if nobody acts."""

    name: ClassVar[str] = "escrow.escrow_warned"
    version: ClassVar[int] = 1

    escrow_id: str
    action: str
    due_at: datetime
    hours: int
    livemode: bool
    warned_at: datetime


@dataclass(frozen=True, slots=True)
class StatementImported:
    """A bank statement was read (`READ`), or kept and not understood (`UNREADABLE`, with the problem)."""

    name: ClassVar[str] = "escrow.statement_imported"
    version: ClassVar[int] = 1

    file_id: str
    book: str
    state: str
    statements: int
    problem: str
    imported_at: datetime


@dataclass(frozen=True, slots=True)
class ReconciliationFinished:
    """A book was compared: `state` is CLEAN, BROKEN or FAILED; `found` counts the breaks that are open now."""

    name: ClassVar[str] = "escrow.reconciliation_finished"
    version: ClassVar[int] = 1

    run_id: str
    book: str
    state: str
    found: int
    fresh: int
    cleared: int
    finished_at: datetime


@dataclass(frozen=True, slots=True)
class DiscrepancyFound:
    """Breaks that were not known before, of one scope (`escrow:ESC_…`, `book:test`) and one severity.

    P1 concerns money: movements of the scope are halted and its state is kept in `export_id`. `url` is our page.
    """

    name: ClassVar[str] = "escrow.discrepancy_found"
    version: ClassVar[int] = 1

    run_id: str
    book: str
    scope: str
    severity: str
    breaks: int
    summary: str
    halted: bool
    export_id: str
    url: str
    found_at: datetime


@dataclass(frozen=True, slots=True)
class BreakWrittenOff:
    """Two people said that a break stays. `entry_id` is the entry that moved its account, or empty."""

    name: ClassVar[str] = "escrow.break_written_off"
    version: ClassVar[int] = 1

    break_id: str
    book: str
    kind: str
    approval_id: str
    entry_id: str
    written_off_at: datetime


@dataclass(frozen=True, slots=True)
class CertificateSigned:
    name: ClassVar[str] = "escrow.certificate_signed"
    version: ClassVar[int] = 1

    certificate_id: str
    run_id: str
    book: str
    digest: str
    signed_at: datetime


@dataclass(frozen=True, slots=True)
class TimersStuck:
    """The timers of an escrow have failed so often in a row; `error` names what was raised, never values."""

    name: ClassVar[str] = "escrow.timers_stuck"
    version: ClassVar[int] = 1

    escrow_id: str
    tries: int
    error: str
    livemode: bool
    stuck_at: datetime
