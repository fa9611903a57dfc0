"""The words of the rail."""

from django.db.models import TextChoices


class Direction(TextChoices):
    CREDIT = "CREDIT", "Credit: money goes to the account"
    DEBIT = "DEBIT", "Debit: money comes from the account"


class Priority(TextChoices):
    STANDARD = "STANDARD", "Standard"
    SAME_DAY = "SAME_DAY", "Same day"


class EntryKind(TextChoices):
    PAYMENT = "PAYMENT", "Payment"
    PRENOTE = "PRENOTE", "Prenote"
    MICRO = "MICRO", "Micro-entry"
    REVERSAL = "REVERSAL", "Reversal"
    RETRY = "RETRY", "Reinitiated entry"


class EntryState(TextChoices):
    """`WAITING` for its cutoff; `FILED` has its line and trace; `HELD` waits for a person or for new details."""

    WAITING = "WAITING", "Waiting for its cutoff"
    HELD = "HELD", "Held"
    PARKED = "PARKED", "Parked: cannot be filed"
    FILED = "FILED", "In a file"
    SENT = "SENT", "Sent to the bank"
    ACKNOWLEDGED = "ACKNOWLEDGED", "Acknowledged by the bank"
    SETTLED = "SETTLED", "Settled"
    RETURNED = "RETURNED", "Returned"
    CANCELLED = "CANCELLED", "Cancelled"


class CutoffState(TextChoices):
    CLAIMED = "CLAIMED", "Entries are assigned"
    BUILT = "BUILT", "Files are built"
    DONE = "DONE", "Every file has ended"


class FileState(TextChoices):
    """`WITHDRAWN` was refused by its signers or replaced by a rebuilt one; its bytes never left, or the bank has
    refused them."""

    PLANNED = "PLANNED", "Entries are assigned, not yet written"
    BUILT = "BUILT", "Written and sealed"
    UNSIGNED = "UNSIGNED", "Waits for signatures"
    READY = "READY", "To be delivered"
    DELIVERED = "DELIVERED", "Delivered"
    ACKNOWLEDGED = "ACKNOWLEDGED", "Acknowledged by the bank"
    REJECTED = "REJECTED", "Rejected by the bank"
    WITHDRAWN = "WITHDRAWN", "Withdrawn"


class Carries(TextChoices):
    """Replies leave in files of their own: a bank that refuses one keeps no payout waiting."""

    ENTRIES = "ENTRIES", "Entries"
    REPLIES = "REPLIES", "Dishonored returns and refused corrections"


class ReplyKind(TextChoices):
    DISHONOR = "DISHONOR", "Dishonored return"
    REFUSAL = "REFUSAL", "Refused notification of change"


class ReplyState(TextChoices):
    """`FILED` has its place and trace; `PARKED` cannot be written, or its time is over."""

    WAITING = "WAITING", "Waiting for its cutoff"
    PARKED = "PARKED", "Parked: cannot be filed"
    FILED = "FILED", "In a file"
    SENT = "SENT", "Sent to the bank"
    WITHDRAWN = "WITHDRAWN", "Withdrawn: never sent"


class TransportKind(TextChoices):
    FILESYSTEM = "FILESYSTEM", "Folder"
    SFTP = "SFTP", "SFTP"
    S3 = "S3", "S3"
    SANDBOX = "SANDBOX", "Sandbox bank"


class InboundState(TextChoices):
    STORED = "STORED", "Stored, not read"
    READ = "READ", "Read"
    DONE = "DONE", "Every item is matched or has a case"
    UNREADABLE = "UNREADABLE", "Cannot be read"
    DUPLICATE = "DUPLICATE", "Came before"


class InboundKind(TextChoices):
    NACHA = "NACHA", "Returns and corrections"
    ACKNOWLEDGEMENT = "ACKNOWLEDGEMENT", "Acknowledgement"


class ItemKind(TextChoices):
    RETURN = "RETURN", "Return"
    CHANGE = "CHANGE", "Notification of change"
    DISHONORED = "DISHONORED", "Dishonored return"
    CONTESTED = "CONTESTED", "Contested dishonored return"
    REFUSED_CHANGE = "REFUSED_CHANGE", "Refused notification of change"
    FORWARD = "FORWARD", "Entry that is nobody's answer"


class ItemState(TextChoices):
    """`SUSPENSE`: matched to nothing, or to more than one; a case is open."""

    READ = "READ", "Read, not yet matched"
    APPLIED = "APPLIED", "Matched and applied"
    SUSPENSE = "SUSPENSE", "In suspense"
    RESOLVED = "RESOLVED", "Resolved by a person"


class ChangeState(TextChoices):
    OPEN = "OPEN", "To be applied"
    ASKED = "ASKED", "Waits for signatures"
    APPLIED = "APPLIED", "Applied"
    REFUSED = "REFUSED", "Refused"
    NOTED = "NOTED", "Noted: nothing to change"


class ReversalCause(TextChoices):
    """What the rules let an entry be reversed for. `WRONG_DATE`: a debit too early or a credit too late."""

    DUPLICATE = "DUPLICATE", "Sent twice"
    WRONG_RECEIVER = "WRONG_RECEIVER", "To the wrong receiver"
    WRONG_AMOUNT = "WRONG_AMOUNT", "Of the wrong amount"
    WRONG_DATE = "WRONG_DATE", "On the wrong day"
    TERMINATION = "TERMINATION", "Pay of somebody who left"


class DishonorState(TextChoices):
    OPEN = "OPEN", "Can still be contested"
    CONTESTED = "CONTESTED", "Contested: the return stands"
    UNDONE = "UNDONE", "Not contested: the return is undone"
    WITHDRAWN = "WITHDRAWN", "Withdrawn before it was sent"


class RateLevel(TextChoices):
    """The three levels of the rules. The first is a limit, the others lead to an inquiry."""

    UNAUTHORIZED = "UNAUTHORIZED", "Unauthorized"
    ADMINISTRATIVE = "ADMINISTRATIVE", "Administrative"
    OVERALL = "OVERALL", "All returns"


class StopScope(TextChoices):
    """`DEBITS` ends an authorization: money may still go to the account."""

    ALL = "ALL", "Every entry"
    DEBITS = "DEBITS", "Debits"


class CaseKind(TextChoices):
    PARKED_ENTRY = "PARKED_ENTRY", "An entry cannot be filed"
    PARKED_REPLY = "PARKED_REPLY", "A dishonored return or a refusal cannot be filed"
    UNMATCHED_ITEM = "UNMATCHED_ITEM", "Something came back that matches nothing"
    UNREADABLE_FILE = "UNREADABLE_FILE", "A file of the bank cannot be read"
    REJECTED_FILE = "REJECTED_FILE", "The bank refuses a file"
    UNKNOWN_CODE = "UNKNOWN_CODE", "A code that no policy names"
    FROZEN = "FROZEN", "A return freezes a party"
    SANCTIONS_TEXT = "SANCTIONS_TEXT", "A return that speaks of sanctions"
    LATE_RETURN = "LATE_RETURN", "A return after its window"
    UNAPPLIED_CHANGE = "UNAPPLIED_CHANGE", "A correction that cannot be applied"
    CONTESTED = "CONTESTED", "A dishonored return is contested"


class CaseState(TextChoices):
    OPEN = "OPEN", "Open"
    CLOSED = "CLOSED", "Closed"


class DeliveryStage(TextChoices):
    """How far a try has come: `SENDING` may have left a part under another name, `MOVING` may have arrived whole."""

    SENDING = "SENDING", "Being sent"
    MOVING = "MOVING", "Getting its name"
