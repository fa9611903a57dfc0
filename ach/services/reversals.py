"""Reversals: an entry in error is taken back by its opposite, for causes and within times that the rules name."""

from datetime import datetime
from typing import ClassVar

from django.db import transaction

from ach import dates, descriptions
from ach.calendar import days, deadlines
from ach.enums import Direction, EntryKind, EntryState, Priority, ReversalCause
from ach.models import Entry
from ach.selectors.entries import EntryNotFound
from ach.services import entries
from core.actors import Actor
from core.approvals import services as approvals
from core.approvals.models import ApprovalRequest
from core.errors import Refusal

REVERSE = "ach.reverse_entry"
_STATES = (EntryState.SENT, EntryState.ACKNOWLEDGED, EntryState.SETTLED)
_KINDS = (EntryKind.PAYMENT, EntryKind.RETRY)


class ReversalNotAllowed(Refusal):
    code: ClassVar[str] = "ACH_REVERSAL_NOT_ALLOWED"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "The entry cannot be reversed"


def request(
    *, entry_id: str, cause: ReversalCause, discovered_at: datetime, reason: str, actor: Actor, now: datetime
) -> ApprovalRequest:
    """Ask another person to sign it. Raises EntryNotFound, ReversalNotAllowed, and what approvals refuse."""
    given = {"cause": str(cause), "discoveredAt": discovered_at.isoformat()}
    return approvals.ask(action=REVERSE, subject=entry_id, given=given, reason=reason, actor=actor, now=now)


def reverse_signed(*, entry_id: str, cause: str, discovered_at: datetime, actor: Actor, now: datetime) -> Entry:
    """For an executed approval. The same reversal again is the one there is. Raises what `require_possible` raises."""
    with transaction.atomic():
        list(Entry.objects.select_for_update(no_key=True).filter(public_id=entry_id).values_list("pk"))
        entry = require_possible(entry_id=entry_id, cause=cause, discovered_at=discovered_at, now=now)
        opposite = Direction.CREDIT if entry.direction == Direction.DEBIT else Direction.DEBIT
        done = entries.submit(
            new=entries.NewEntry(
                kind=EntryKind.REVERSAL, reference=entry.public_id, account=entry.account, direction=opposite,
                amount_minor=entry.amount_minor, sec=entry.sec, description=descriptions.REVERSAL,
                currency=entry.currency, name=entry.name, individual_id=entry.individual_id,
                payment_type=entry.payment_type, priority=Priority.STANDARD, on_behalf=entry.on_behalf,
                original=entry, originator=entry.originator,
            ),
            livemode=entry.livemode, actor=actor, now=now,
        )  # fmt: skip
        if done.settlement.cutoff.at >= _deadline(entry, discovered_at, now):
            raise ReversalNotAllowed("no file leaves before the time for reversing it is over")
    return done.entry


def require_possible(*, entry_id: str, cause: str, discovered_at: datetime, now: datetime) -> Entry:
    """The entry with what a reversal takes from it. Raises EntryNotFound, ReversalNotAllowed naming the reason."""
    rows = Entry.objects.select_related("account__party", "originator", "on_behalf")
    entry = rows.filter(public_id=entry_id).first()
    if entry is None:
        raise EntryNotFound(f"no entry is named {entry_id[:40]}")
    if why := _objection(entry, cause, discovered_at, now):
        raise ReversalNotAllowed(why)
    return entry


def _objection(entry: Entry, cause: str, discovered_at: datetime, now: datetime) -> str:
    if cause not in ReversalCause.values:
        return f"cause is none of {', '.join(ReversalCause.values)}"
    if cause == ReversalCause.TERMINATION and (entry.sec, entry.direction) != ("PPD", Direction.CREDIT):
        return "only a PPD credit is taken back because somebody left"
    if entry.kind not in _KINDS or entry.state not in _STATES:
        return f"{entry.public_id} is {entry.state}: only a payment that is on its way or settled is reversed"
    if discovered_at > now:
        return "discoveredAt: lies ahead"
    if entry.settles_on is None or not days.is_banking_day(entry.settles_on):
        return f"{entry.public_id} has no day of settlement"
    if now >= _deadline(entry, discovered_at, now):
        periods = dates.periods(now)
        return (
            f"{periods.reversal_banking_days} banking days after settlement or {periods.reversal_hours} hours after "
            "discovery are over"
        )
    return ""


def _deadline(entry: Entry, discovered_at: datetime, now: datetime) -> datetime:
    assert entry.settles_on is not None
    return deadlines.reversal_deadline(entry.settles_on, discovered_at, dates.periods(now))
