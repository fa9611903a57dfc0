"""What compliance tells the layers above."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class PartyBlocked:
    """The party may no longer pay or be paid. Why is for compliance only and not in the event."""

    name: ClassVar[str] = "compliance.party_blocked"
    version: ClassVar[int] = 1

    party_id: str
    livemode: bool
    blocked_at: datetime


@dataclass(frozen=True, slots=True)
class PartyUnblocked:
    name: ClassVar[str] = "compliance.party_unblocked"
    version: ClassVar[int] = 1

    party_id: str
    livemode: bool
    unblocked_at: datetime


@dataclass(frozen=True, slots=True)
class BankAccountRequested:
    """A payout account was entered. No event of these says more of its number than the account's own id."""

    name: ClassVar[str] = "compliance.bank_account_requested"
    version: ClassVar[int] = 1

    account_id: str
    party_id: str
    livemode: bool
    requested_at: datetime


@dataclass(frozen=True, slots=True)
class BankAccountAccepted:
    """It was signed and cools off: it is paid to from `active_from` on."""

    name: ClassVar[str] = "compliance.bank_account_accepted"
    version: ClassVar[int] = 1

    account_id: str
    party_id: str
    livemode: bool
    accepted_at: datetime
    active_from: datetime


@dataclass(frozen=True, slots=True)
class BankAccountActivated:
    """The party is paid to this account from now on. `replaces` is the account it was paid to, or None."""

    name: ClassVar[str] = "compliance.bank_account_activated"
    version: ClassVar[int] = 1

    account_id: str
    party_id: str
    livemode: bool
    activated_at: datetime
    replaces: str | None


@dataclass(frozen=True, slots=True)
class BankAccountRetired:
    """The party is not paid to it any more. `replaced_by` is None where no account took its place."""

    name: ClassVar[str] = "compliance.bank_account_retired"
    version: ClassVar[int] = 1

    account_id: str
    party_id: str
    livemode: bool
    retired_at: datetime
    replaced_by: str | None


@dataclass(frozen=True, slots=True)
class BankAccountRejected:
    """It will not be paid to: denied, not signed in time, or taken back. Why is not in the event."""

    name: ClassVar[str] = "compliance.bank_account_rejected"
    version: ClassVar[int] = 1

    account_id: str
    party_id: str
    livemode: bool
    rejected_at: datetime
