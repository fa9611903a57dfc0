"""Every way in which the books of escrow can fail to agree, by name. Pure.

A kind says how bad it is, what to do about it, and whether two people may write it off.
"""

from dataclasses import dataclass

from django.db.models import TextChoices


class BreakKind(TextChoices):
    BALANCE_DIFFERS = "BALANCE_DIFFERS", "Escrow and ledger hold different amounts"
    PARTS_DIFFER = "PARTS_DIFFER", "Held parts do not make what the escrow holds"
    RELEASED_DIFFERS = "RELEASED_DIFFERS", "Releases do not make what the escrow says it released"
    REFUNDED_DIFFERS = "REFUNDED_DIFFERS", "Refunds do not make what the escrow says it gave back"
    STATUS_DIFFERS = "STATUS_DIFFERS", "Status and money say different things"
    ACCOUNT_WITHOUT_ESCROW = "ACCOUNT_WITHOUT_ESCROW", "The ledger holds money for no escrow"
    DIVISION_DIFFERS = "DIVISION_DIFFERS", "A divided part is not the sum of its parts"
    PART_UNSETTLED = "PART_UNSETTLED", "A part and its movement say different things"
    PART_SETTLED_TWICE = "PART_SETTLED_TWICE", "A part has more than one movement"
    ENTRY_MISSING = "ENTRY_MISSING", "A movement names an entry the ledger does not have"
    ENTRY_DIFFERS = "ENTRY_DIFFERS", "A movement and its entry have different amounts"
    ENTRY_ELSEWHERE = "ENTRY_ELSEWHERE", "A movement's entry belongs to something else"
    POSTING_WITHOUT_MOVEMENT = "POSTING_WITHOUT_MOVEMENT", "Money left an escrow and no movement says why"
    COVER_SHORT = "COVER_SHORT", "More is owed than there is money"
    BANK_BALANCE_DIFFERS = "BANK_BALANCE_DIFFERS", "Ledger and bank do not explain each other's balance"
    BANK_LINE_UNMATCHED = "BANK_LINE_UNMATCHED", "The bank moved money the ledger does not know"
    BANK_POSTING_UNMATCHED = "BANK_POSTING_UNMATCHED", "The ledger moved money the bank does not know"
    LEDGER_DIFFERS = "LEDGER_DIFFERS", "The ledger does not prove itself"
    AUDIT_BROKEN = "AUDIT_BROKEN", "The audit record does not prove itself"
    AUDIT_MISSING = "AUDIT_MISSING", "A movement has no audit row"
    EVENT_MISSING = "EVENT_MISSING", "A movement was told to nobody"
    STATEMENT_GAP = "STATEMENT_GAP", "A statement does not begin where the one before ended"
    STATEMENT_OVERDUE = "STATEMENT_OVERDUE", "No bank statement came for days"
    TIMER_LATE = "TIMER_LATE", "A timer is long due and has not fired"
    DISPUTE_ORPHANED = "DISPUTE_ORPHANED", "Disputes and status say different things"
    LOCK_ORPHANED = "LOCK_ORPHANED", "Locks and status say different things"
    ACH_UNBOOKED = "ACH_UNBOOKED", "An ACH entry went on and the books did not"
    ACH_BEHIND = "ACH_BEHIND", "News of an ACH entry waits to be booked"
    ACH_UNEARNED = "ACH_UNEARNED", "The books say of an ACH entry what never happened"
    ACH_ENTRY_DIFFERS = "ACH_ENTRY_DIFFERS", "A booked step of an ACH entry is not so in the ledger"
    ACH_CLEARING_DIFFERS = "ACH_CLEARING_DIFFERS", "ACH clearing is not what is on its way"
    ACH_SUSPENSE_DIFFERS = "ACH_SUSPENSE_DIFFERS", "An item in suspense is not so in the ledger"
    ACH_FILE_DIFFERS = "ACH_FILE_DIFFERS", "A file's totals are not those of its entries"
    ACH_UNMAPPED = "ACH_UNMAPPED", "ACH entries are past their cutoff and on no way"
    ACH_UNACKNOWLEDGED = "ACH_UNACKNOWLEDGED", "The bank has not acknowledged a file"
    ACH_SUSPENSE_OLD = "ACH_SUSPENSE_OLD", "An item is in suspense for days"
    ACH_CHANGE_LATE = "ACH_CHANGE_LATE", "A correction is past its clock"
    ACH_CASE_OLD = "ACH_CASE_OLD", "A case of the rail is open for days"


BOOK = "book"
"""The subject of what is wrong with a book as a whole."""


@dataclass(frozen=True, slots=True)
class Terms:
    """`severity` is that of the incident. What concerns money halts movements of its scope.

    `writable` where two people may say that it stays; `posts` where that moves the account by the difference.
    """

    severity: str
    fix: str
    writable: bool = True
    posts: bool = False

    @property
    def concerns_money(self) -> bool:
        return self.severity == "P1"


TERMS: dict[BreakKind, Terms] = {
    BreakKind.BALANCE_DIFFERS: Terms(
        "P1", "Read the account's statement beside the escrow's movements; reverse the entry that is wrong, or write "
        "the difference off against suspense.", posts=True,
    ),
    BreakKind.PARTS_DIFFER: Terms("P1", "Compare parts with movements: which part ended without its posting?"),
    BreakKind.RELEASED_DIFFERS: Terms("P1", "Compare the escrow's released amount with its movements."),
    BreakKind.REFUNDED_DIFFERS: Terms("P1", "Compare the escrow's refunded amount with its movements and refunds."),
    BreakKind.STATUS_DIFFERS: Terms("P1", "Find the last movement and what should have followed it."),
    BreakKind.ACCOUNT_WITHOUT_ESCROW: Terms(
        "P1", "Find the payment behind the account and let its escrow be written; otherwise write it off to suspense.",
        posts=True,
    ),
    BreakKind.DIVISION_DIFFERS: Terms("P1", "Compare the part with its children."),
    BreakKind.PART_UNSETTLED: Terms("P1", "Compare the part with its movement and the entry it names."),
    BreakKind.PART_SETTLED_TWICE: Terms("P1", "Reverse the entry that came second."),
    BreakKind.ENTRY_MISSING: Terms("P1", "Look in the ledger for the movement's reference; post what is missing."),
    BreakKind.ENTRY_DIFFERS: Terms("P1", "Reverse the entry and post the movement's amount, by an adjustment."),
    BreakKind.ENTRY_ELSEWHERE: Terms("P1", "Read the entry: whose money did it move?"),
    BreakKind.POSTING_WITHOUT_MOVEMENT: Terms("P1", "Read the entry; reverse it unless somebody can say why."),
    BreakKind.COVER_SHORT: Terms(
        "P1", "Bring money in from the operating account before anything is paid out. It cannot be written off.",
        writable=False,
    ),
    BreakKind.BANK_BALANCE_DIFFERS: Terms(
        "P1", "Check the first statement's opening balance against the ledger of that day; post the difference.",
        posts=True,
    ),
    BreakKind.BANK_LINE_UNMATCHED: Terms(
        "P1", "Ask the bank what it was and post it; a fee or interest is written off against a cost.", posts=True,
    ),
    BreakKind.BANK_POSTING_UNMATCHED: Terms(
        "P1", "Ask the bank or the acquirer where it stayed; reverse the entry if it never came.", posts=True,
    ),
    BreakKind.LEDGER_DIFFERS: Terms("P1", "Run verify_ledger and follow it. It cannot be written off.", writable=False),
    BreakKind.AUDIT_BROKEN: Terms("P1", "Run verify_audit and follow it. It cannot be written off.", writable=False),
    BreakKind.AUDIT_MISSING: Terms("P2", "Find out how the movement was written: everything ours records itself."),
    BreakKind.EVENT_MISSING: Terms("P2", "Tell the marketplace by hand what moved; find out how it was written."),
    BreakKind.STATEMENT_GAP: Terms("P2", "Import the statement of the days between."),
    BreakKind.STATEMENT_OVERDUE: Terms("P3", "Fetch the statement from the bank and import it.", writable=False),
    BreakKind.TIMER_LATE: Terms("P3", "See whether workers run; the timer fires by itself when they do."),
    BreakKind.DISPUTE_ORPHANED: Terms(
        "P2", "Open the dispute: it must wait or have ended together with the escrow's status.",
    ),
    BreakKind.LOCK_ORPHANED: Terms("P3", "Lift the lock, or find out why the status is not LOCKED."),
    BreakKind.ACH_UNBOOKED: Terms(
        "P1", "No news of it waits any more. Look for its file or its event among what is parked and try that again; "
        "following the entry again posts what is missing.", writable=False,
    ),
    BreakKind.ACH_BEHIND: Terms(
        "P2", "Its news waits in the outbox or in work: see whether workers run. It is booked by itself when they do.",
        writable=False,
    ),
    BreakKind.ACH_UNEARNED: Terms(
        "P1", "Read the entry's audit trail beside its file; reverse what was posted for nothing.",
    ),
    BreakKind.ACH_ENTRY_DIFFERS: Terms(
        "P1", "Look in the ledger for the step's key; post what is missing, or reverse and post again, by an "
        "adjustment.",
    ),
    BreakKind.ACH_CLEARING_DIFFERS: Terms(
        "P1", "Read the account's statement for what no entry on its way explains; reverse it, or write it off.",
        posts=True,
    ),
    BreakKind.ACH_SUSPENSE_DIFFERS: Terms(
        "P1", "Read the item beside the ledger's entries of its id; post or reverse the difference by an adjustment.",
    ),
    BreakKind.ACH_FILE_DIFFERS: Terms(
        "P1", "Inspect the file as it was sent, record by record, against its entries; do not release it meanwhile.",
    ),
    BreakKind.ACH_UNMAPPED: Terms(
        "P2", "Run the cutoff again; rebuild the file, or withdraw it so that its entries wait for the next one.",
        writable=False,
    ),
    BreakKind.ACH_UNACKNOWLEDGED: Terms(
        "P2", "Ask the bank whether it has the file before anything is sent again.", writable=False,
    ),
    BreakKind.ACH_SUSPENSE_OLD: Terms(
        "P2", "Say with two signatures which entry it belongs to, or that it belongs to none.", writable=False,
    ),
    BreakKind.ACH_CHANGE_LATE: Terms("P3", "Apply the correction or refuse it: the rules give six banking days."),
    BreakKind.ACH_CASE_OLD: Terms("P3", "Open the case and close it with what was done.", writable=False),
}  # fmt: skip
