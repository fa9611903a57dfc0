"""Corrections by hand: treasury asks, others sign, and the entry names the approval it rests on.

The idempotency key of the entry is the approval's id, so it is posted once; the database refuses the kind
`ledger.adjusted` to any other key (`adjustment_is_approved`).
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from core.actors import Actor
from core.approvals import services as approvals
from core.approvals.models import ApprovalRequest
from core.audit import services as audit
from core.audit.chain import JSON
from core.money import Currency, Money
from ledger.chart import DEBIT, kind_of
from ledger.enums import Book
from ledger.selectors import entries
from ledger.services import journal, reversals
from ledger.services.refusals import CurrencyMismatch, MalformedEntry, UnbalancedEntry
from ledger.services.writer import Leg, Posted

KIND = entries.ADJUSTED
ADJUST = "ledger.adjust"
REVERSE = "ledger.reverse"
LONGEST_REFERENCE = 100
LONGEST_DESCRIPTION = 255
# Accounts whose owner is a party; an escrow's owner is an agreement, whose parties the ledger does not know.
OF_A_PARTY = frozenset({"provider_payable", "customer_refundable", "reserve", "returns_receivable"})


def ask(*, book: str, reference: str, legs: Sequence[Leg], reason: str, actor: Actor, now: datetime) -> ApprovalRequest:
    """Ask for an entry in one currency. `reference` is the public id it belongs to; one question each at a time.

    Raises UnbalancedEntry, MalformedEntry, UnknownAccount, CurrencyMismatch, and what `core.approvals` refuses.
    """
    given: dict[str, JSON] = {
        "book": book,
        "currency": legs[0].currency if legs else Currency.USD.code,
        "legs": [
            {"account": leg.account, "side": "DEBIT" if leg.amount_minor > 0 else "CREDIT",
             "amountMinor": abs(leg.amount_minor)}
            for leg in legs
        ],
    }  # fmt: skip
    if len({leg.currency for leg in legs}) > 1:
        raise CurrencyMismatch("an adjustment is in one currency")
    return approvals.ask(action=ADJUST, subject=reference.strip(), given=given, reason=reason, actor=actor, now=now)


def ask_reversal(*, entry_id: str, reason: str, actor: Actor, now: datetime) -> ApprovalRequest:
    """Ask for the mirror of a posted entry. Raises UnknownEntry, EntryAlreadyReversed, EntryNotReversible."""
    return approvals.ask(action=REVERSE, subject=entry_id, given={}, reason=reason, actor=actor, now=now)


def post(
    *, request_id: str, reference: str, given: Mapping[str, JSON], reason: str, actor: Actor, now: datetime
) -> Posted:
    """Post what was signed, in the caller's transaction. Raises what `journal.post` does."""
    posted = journal.post(
        book=str(given["book"]),
        kind=KIND,
        legs=legs_of(given),
        reference=reference,
        idempotency_key=request_id,
        effective_at=now,
        now=now,
        description=reason[:LONGEST_DESCRIPTION],
    )
    _record(posted, "adjusted", request_id, reason, actor, now)
    return posted


def reverse(*, request_id: str, entry_id: str, reason: str, actor: Actor, now: datetime) -> Posted:
    """Post the mirror of an entry, in the caller's transaction. Raises what `reversals.reverse` does."""
    posted = reversals.reverse(
        entry_id=entry_id, reason=reason[:LONGEST_DESCRIPTION], idempotency_key=request_id, now=now, kind=KIND
    )
    _record(posted, "reversed", request_id, reason, actor, now, reverses=entry_id)
    return posted


def require_well_formed(reference: str, given: Mapping[str, JSON]) -> None:
    """Before anybody is asked. Whether the money is there shows when it is posted: balances move meanwhile."""
    if given.get("book") not in Book.values:
        raise MalformedEntry("the book is live or test")
    if not 0 < len(reference) <= LONGEST_REFERENCE:
        raise MalformedEntry(f"a reference has 1 to {LONGEST_REFERENCE} characters")
    legs = legs_of(given)
    if len(legs) < 2:
        raise MalformedEntry("an entry has two legs or more")
    if sum(leg.amount_minor for leg in legs):
        raise UnbalancedEntry("debits and credits differ")


def legs_of(given: Mapping[str, JSON]) -> list[Leg]:
    """Raises MalformedEntry, UnknownAccount."""
    currency = Currency.__members__.get(str(given.get("currency")))
    lines = given.get("legs")
    if currency is None or not isinstance(lines, list | tuple):
        raise MalformedEntry("an adjustment has a currency and legs")
    legs = []
    for line in lines:
        if not isinstance(line, Mapping) or type(line.get("amountMinor")) is not int:
            raise MalformedEntry("a leg has an account, a side and an amount")
        kind_of(str(line["account"]))
        side = Leg.debit if line["side"] == "DEBIT" else Leg.credit
        legs.append(side(str(line["account"]), Money(int(str(line["amountMinor"])), currency)))
    return legs


def parties_of(accounts: Sequence[str]) -> frozenset[str]:
    """The party ids that own any of the accounts."""
    owned = (account.partition(":") for account in accounts)
    return frozenset(owner for prefix, _, owner in owned if prefix in OF_A_PARTY)


def debited(legs: Sequence[Leg]) -> int:
    """How much the entry moves, in minor units: the sum of its debits."""
    return sum(leg.amount_minor for leg in legs if leg.amount_minor * DEBIT > 0)


def _record(posted: Posted, verb: str, request_id: str, reason: str, actor: Actor, now: datetime, **more: JSON) -> None:
    audit.record(
        actor=actor, action=f"ledger.entry.{verb}", subject=posted.entry_id, at=now,
        details={"approval": request_id, "reason": reason, **more},
    )  # fmt: skip
