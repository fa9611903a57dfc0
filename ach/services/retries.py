"""Reinitiation: an entry that came back for want of funds is sent again, as often and as long as the rules allow."""

from datetime import date, datetime
from typing import ClassVar

from django.db import connection, transaction

from ach import dates, descriptions
from ach.calendar import days, deadlines
from ach.calendar.eastern import eastern
from ach.enums import Direction, EntryKind, EntryState, Priority
from ach.models import Entry, ReturnPolicy
from ach.selectors.entries import EntryNotFound
from ach.services import entries, policies, rates, stops
from core.actors import SYSTEM, Actor
from core.errors import Refusal
from core.parameters.services import read
from core.work import services as work

WORK = "ach.retry_entry"
_KINDS = (EntryKind.PAYMENT, EntryKind.RETRY)


class RetryNotAllowed(Refusal):
    code: ClassVar[str] = "ACH_RETRY_NOT_ALLOWED"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "The entry cannot be sent again"


def request(*, entry_id: str, actor: Actor, now: datetime) -> Entry:
    """The retry of a returned entry; the one there is where it was asked for before.

    Same amount, account and company data, described RETRY PYMT. Raises EntryNotFound, RetryNotAllowed naming the
    reason, AccountStopped, InvalidEntry.
    """
    with transaction.atomic():
        entry = _locked(entry_id)
        first = entry.original if entry.kind == EntryKind.RETRY and entry.original else entry
        reference = f"{first.public_id}:{_place(entry) + 1}"
        if (known := Entry.objects.filter(kind=EntryKind.RETRY, reference=reference).first()) is not None:
            return known
        policy = policies.in_force(entry.return_code, eastern(now).date())
        if why := _objection(entry, first, policy, now):
            raise RetryNotAllowed(why)
        done = entries.submit(new=_again(entry, first, reference, now), livemode=entry.livemode, actor=actor, now=now)
        until = _until(first, now)
        if until is None or done.settlement.effective > until:
            raise RetryNotAllowed(f"it would settle after {until}, the last day on which it may be sent again")
    return done.entry


def request_automatic(*, entry_id: str, now: datetime) -> Entry | None:
    """For installations that have switched it on: None where an account or the rules forbid it by now."""
    try:
        return request(entry_id=entry_id, actor=SYSTEM, now=now)
    except (RetryNotAllowed, stops.AccountStopped, entries.InvalidEntry):
        return None


def may_follow(entry: Entry, policy: ReturnPolicy | None, *, now: datetime) -> bool:
    """Whether the returned entry could be sent again, as far as policy and dates say; stops are looked at later."""
    first = entry.original if entry.kind == EntryKind.RETRY and entry.original else entry
    return not _objection(entry, first, policy, now)


def order_automatic(entry: Entry, *, now: datetime) -> None:
    """In the caller's transaction; nothing where installations leave it to people."""
    if read("ach.automatic_retries", at=now) and connection.in_atomic_block:
        work.enqueue(kind=WORK, key=entry.public_id, payload={}, due_at=now, now=now)


def _objection(entry: Entry, first: Entry, policy: ReturnPolicy | None, now: datetime) -> str:
    if entry.state != EntryState.RETURNED or entry.kind not in _KINDS:
        return f"{entry.public_id} is no returned payment"
    if policy is None or not policy.retries:
        return f"{entry.return_code} does not allow it"
    if _place(entry) >= policy.retries:
        return f"it was sent again {_place(entry)} times, which is all that {entry.return_code} allows"
    until = _until(first, now)
    if until is None or eastern(now).date() > until:
        return f"the {dates.periods(now).reinitiation_days} days after its settlement are over"
    return ""


def _again(entry: Entry, first: Entry, reference: str, now: datetime) -> entries.NewEntry:
    held = rates.why_held(entry.on_behalf, now=now) if entry.direction == Direction.DEBIT and entry.on_behalf else ""
    return entries.NewEntry(
        kind=EntryKind.RETRY, reference=reference, account=entry.account, direction=Direction(entry.direction),
        amount_minor=entry.amount_minor, sec=entry.sec, description=descriptions.RETRY, currency=entry.currency,
        addenda=entry.addenda, name=entry.name, individual_id=entry.individual_id, payment_type=entry.payment_type,
        priority=Priority.STANDARD, on_behalf=entry.on_behalf, original=first, originator=entry.originator, held=held,
    )  # fmt: skip


def _place(entry: Entry) -> int:
    """0 for the entry itself, 1 for its first retry."""
    return int(entry.reference.rpartition(":")[2]) if entry.kind == EntryKind.RETRY else 0


def _until(first: Entry, now: datetime) -> date | None:
    if first.settles_on is None or not days.is_banking_day(first.settles_on):
        return None
    return deadlines.reinitiation_until(first.settles_on, dates.periods(now))


def _locked(entry_id: str) -> Entry:
    rows = Entry.objects.select_for_update(of=("self",), no_key=True)
    found = rows.select_related("account__party", "originator", "on_behalf", "original").filter(public_id=entry_id)
    entry = found.first()
    if entry is None:
        raise EntryNotFound(f"no entry is named {entry_id[:40]}")
    return entry
