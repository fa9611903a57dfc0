"""What is told of the rail: ids, whole minor units, moments. Never an account number."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class EntryParked:
    """It cannot be filed; a case is open. `reference` is the public id of whatever asked for the entry."""

    name: ClassVar[str] = "ach.entry_parked"
    version: ClassVar[int] = 1

    entry_id: str
    kind: str
    reference: str
    why: str
    livemode: bool
    parked_at: datetime


@dataclass(frozen=True, slots=True)
class EntryHeld:
    """It waits for a person or for a correction; `why` says which."""

    name: ClassVar[str] = "ach.entry_held"
    version: ClassVar[int] = 1

    entry_id: str
    kind: str
    reference: str
    why: str
    livemode: bool
    held_at: datetime


@dataclass(frozen=True, slots=True)
class EntryFreed:
    """It waits for a cutoff again."""

    name: ClassVar[str] = "ach.entry_freed"
    version: ClassVar[int] = 1

    entry_id: str
    kind: str
    reference: str
    livemode: bool
    freed_at: datetime


@dataclass(frozen=True, slots=True)
class EntryCancelled:
    """It never left."""

    name: ClassVar[str] = "ach.entry_cancelled"
    version: ClassVar[int] = 1

    entry_id: str
    kind: str
    reference: str
    why: str
    livemode: bool
    cancelled_at: datetime


@dataclass(frozen=True, slots=True)
class FileBuilt:
    """Written and sealed. Whoever needs it asks for signatures; otherwise it is delivered next."""

    name: ClassVar[str] = "ach.file_built"
    version: ClassVar[int] = 1

    file_id: str
    cutoff_id: str
    entries: int
    debit_minor: int
    credit_minor: int
    livemode: bool
    built_at: datetime


@dataclass(frozen=True, slots=True)
class FileDelivered:
    """Its entries are SENT: their money is on its way. One event for all of them: read the entries by page."""

    name: ClassVar[str] = "ach.file_delivered"
    version: ClassVar[int] = 1

    file_id: str
    cutoff_id: str
    file_name: str
    sha256: str
    batches: int
    entries: int
    debit_minor: int
    credit_minor: int
    entry_hash: str
    livemode: bool
    delivered_at: datetime


@dataclass(frozen=True, slots=True)
class FileAcknowledged:
    name: ClassVar[str] = "ach.file_acknowledged"
    version: ClassVar[int] = 1

    file_id: str
    livemode: bool
    acknowledged_at: datetime


@dataclass(frozen=True, slots=True)
class FileRejected:
    """The bank refuses it: nothing of it settles until it is rebuilt. A case is open."""

    name: ClassVar[str] = "ach.file_rejected"
    version: ClassVar[int] = 1

    file_id: str
    why: str
    livemode: bool
    rejected_at: datetime


@dataclass(frozen=True, slots=True)
class FileWithdrawn:
    """Its bytes never left. Entries are taken over by `replaced_by`, or wait again where that is empty."""

    name: ClassVar[str] = "ach.file_withdrawn"
    version: ClassVar[int] = 1

    file_id: str
    replaced_by: str
    why: str
    livemode: bool
    withdrawn_at: datetime


@dataclass(frozen=True, slots=True)
class EntriesSettled:
    """Entries of a file that settled on one day, told by page: `entry_ids` in order, at most 500 an event."""

    name: ClassVar[str] = "ach.entries_settled"
    version: ClassVar[int] = 1

    file_id: str
    settled_on: date
    entry_ids: tuple[str, ...]
    livemode: bool
    settled_at: datetime


@dataclass(frozen=True, slots=True)
class FileReceived:
    """Something came from the bank and is stored, not yet read. `duplicate_of` is the first with these bytes."""

    name: ClassVar[str] = "ach.file_received"
    version: ClassVar[int] = 1

    file_id: str
    file_name: str
    sha256: str
    duplicate_of: str
    livemode: bool
    received_at: datetime


@dataclass(frozen=True, slots=True)
class ReceivedFileRead:
    """`state` is READ, DONE (nothing in it waits) or UNREADABLE."""

    name: ClassVar[str] = "ach.received_file_read"
    version: ClassVar[int] = 1

    file_id: str
    state: str
    items: int
    warnings: int
    livemode: bool
    read_at: datetime


@dataclass(frozen=True, slots=True)
class EntryReturned:
    """`was_settled` says from which account the money goes back. `unauthorized` counts as such in return rates."""

    name: ClassVar[str] = "ach.entry_returned"
    version: ClassVar[int] = 1

    entry_id: str
    kind: str
    reference: str
    direction: str
    amount_minor: int
    currency: str
    code: str
    was_settled: bool
    unauthorized: bool
    may_retry: bool
    stops_account: bool
    stops_authorization: bool
    item_id: str
    livemode: bool
    returned_at: datetime


@dataclass(frozen=True, slots=True)
class ReturnUndone:
    """A return was dishonored and not contested: what it took back is ours again."""

    name: ClassVar[str] = "ach.return_undone"
    version: ClassVar[int] = 1

    entry_id: str
    reference: str
    direction: str
    amount_minor: int
    currency: str
    item_id: str
    livemode: bool
    undone_at: datetime


@dataclass(frozen=True, slots=True)
class ReturnDishonored:
    """The return is sent back as `code` (R61 to R70). Until `contestable_until` its bank may insist."""

    name: ClassVar[str] = "ach.return_dishonored"
    version: ClassVar[int] = 1

    dishonor_id: str
    item_id: str
    code: str
    contestable_until: datetime
    livemode: bool
    dishonored_at: datetime


@dataclass(frozen=True, slots=True)
class DishonorContested:
    """The bank insists: its return stands. A case is open."""

    name: ClassVar[str] = "ach.dishonor_contested"
    version: ClassVar[int] = 1

    dishonor_id: str
    item_id: str
    code: str
    livemode: bool
    contested_at: datetime


@dataclass(frozen=True, slots=True)
class DishonorWithdrawn:
    """It was never sent: the return stands, and may be dishonored otherwise while there is time."""

    name: ClassVar[str] = "ach.dishonor_withdrawn"
    version: ClassVar[int] = 1

    dishonor_id: str
    item_id: str
    livemode: bool
    withdrawn_at: datetime


@dataclass(frozen=True, slots=True)
class ReplyParked:
    """What we answer to an item of the bank cannot be filed; a case is open. `kind` is DISHONOR or REFUSAL."""

    name: ClassVar[str] = "ach.reply_parked"
    version: ClassVar[int] = 1

    reply_id: str
    kind: str
    item_id: str
    why: str
    livemode: bool
    parked_at: datetime


@dataclass(frozen=True, slots=True)
class ReplyWithdrawn:
    """No file had it: the bank was never told."""

    name: ClassVar[str] = "ach.reply_withdrawn"
    version: ClassVar[int] = 1

    reply_id: str
    kind: str
    item_id: str
    livemode: bool
    withdrawn_at: datetime


@dataclass(frozen=True, slots=True)
class ItemInSuspense:
    """Money came back that belongs to no entry of ours, or to more than one. A case is open.

    `direction` is that of the entry that would have been returned.
    """

    name: ClassVar[str] = "ach.item_in_suspense"
    version: ClassVar[int] = 1

    item_id: str
    direction: str
    amount_minor: int
    currency: str
    code: str
    case_id: str
    livemode: bool
    found_at: datetime


@dataclass(frozen=True, slots=True)
class SuspenseResolved:
    """An item has left suspense: undo what its suspense had moved.

    With `entry_id` a person has said which entry it belongs to, and an EntryReturned of that entry follows in the same
    transaction. Without, it belongs to none of ours: the bank was asked to take it back, or treasury books it.
    """

    name: ClassVar[str] = "ach.suspense_resolved"
    version: ClassVar[int] = 1

    item_id: str
    entry_id: str
    direction: str
    amount_minor: int
    currency: str
    livemode: bool
    resolved_at: datetime


@dataclass(frozen=True, slots=True)
class AccountWasStopped:
    """Because of a return no entry (scope ALL), or no debit (DEBITS), goes to the account until two people lift it."""

    name: ClassVar[str] = "ach.account_stopped"
    version: ClassVar[int] = 1

    stop_id: str
    account_id: str
    party_id: str
    scope: str
    code: str
    livemode: bool
    stopped_at: datetime


@dataclass(frozen=True, slots=True)
class AccountStopLifted:
    name: ClassVar[str] = "ach.account_stop_lifted"
    version: ClassVar[int] = 1

    stop_id: str
    account_id: str
    party_id: str
    livemode: bool
    lifted_at: datetime


@dataclass(frozen=True, slots=True)
class ChangeReceived:
    """The bank asks for other details of an account. Until they are applied no entry to it leaves."""

    name: ClassVar[str] = "ach.change_received"
    version: ClassVar[int] = 1

    change_id: str
    account_id: str
    party_id: str
    code: str
    due_at: datetime
    livemode: bool
    received_at: datetime


@dataclass(frozen=True, slots=True)
class ChangeEnded:
    """`state` is APPLIED, REFUSED or NOTED; `account_id` the account that entries go to from now on."""

    name: ClassVar[str] = "ach.change_ended"
    version: ClassVar[int] = 1

    change_id: str
    account_id: str
    party_id: str
    state: str
    livemode: bool
    ended_at: datetime


@dataclass(frozen=True, slots=True)
class ChangeReopened:
    """Its refusal was taken back before the bank was told: entries to the account wait again."""

    name: ClassVar[str] = "ach.change_reopened"
    version: ClassVar[int] = 1

    change_id: str
    account_id: str
    party_id: str
    livemode: bool
    reopened_at: datetime


@dataclass(frozen=True, slots=True)
class RateLevelNear:
    """The return rate of an originator, or of one seller, comes near a level of the rules or has passed it."""

    name: ClassVar[str] = "ach.rate_level_near"
    version: ClassVar[int] = 1

    originator_id: str
    seller_id: str
    level: str
    returned: int
    originated: int
    passed: bool
    throttled: bool
    livemode: bool
    found_at: datetime


@dataclass(frozen=True, slots=True)
class ReturnPolicyChanged:
    """From `effective_from` (a day of New York) on the code leads to something else."""

    name: ClassVar[str] = "ach.return_policy_changed"
    version: ClassVar[int] = 1

    code: str
    effective_from: date
    approval_id: str
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class CaseOpened:
    name: ClassVar[str] = "ach.case_opened"
    version: ClassVar[int] = 1

    case_id: str
    kind: str
    subject: str
    summary: str
    livemode: bool
    opened_at: datetime


@dataclass(frozen=True, slots=True)
class RailTroubled:
    """For operations: a delivery that fails, a host that shows another key, entries that no file has, a clock that ran
    out. `alarm` names it, `severity` is P1 to P4, `url` the page."""

    name: ClassVar[str] = "ach.rail_troubled"
    version: ClassVar[int] = 1

    alarm: str
    subject: str
    severity: str
    summary: str
    url: str
    livemode: bool
    found_at: datetime


@dataclass(frozen=True, slots=True)
class RailRecovered:
    """For operations: what RailTroubled told of under this alarm and subject works again."""

    name: ClassVar[str] = "ach.rail_recovered"
    version: ClassVar[int] = 1

    alarm: str
    subject: str
    summary: str
    livemode: bool
    recovered_at: datetime
