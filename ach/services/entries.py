"""Entries: accepted, held, freed, cancelled; from the cutoff on they belong to their file.

The verbs lock one entry each and run in the caller's transaction or their own.
"""

from dataclasses import dataclass
from datetime import date, datetime

from django.db import IntegrityError, transaction

from ach.calendar.cutoffs import Priority
from ach.calendar.settlement import Direction, Settlement, TooFarAhead, settlement
from ach.dates import terms
from ach.enums import CaseKind, EntryKind, EntryState
from ach.events import EntryCancelled, EntryFreed, EntryHeld
from ach.models import Entry
from ach.outgoing import transaction_code
from ach.selectors import entries as register
from ach.selectors.entries import EntryNotFound
from ach.services import cases, originators, stops
from ach.services.new_entries import InvalidEntry, NewEntry, require_valid, require_writable
from ach.states import EntryStateForbids
from core import ids
from core.actors import Actor
from core.audit import services as audit
from core.audit.chain import JSON
from core.database.refusals import refusal_name
from core.errors import FieldError
from core.outbox import services as outbox

__all__ = ["EntryAskedDifferently", "InvalidEntry", "NewEntry", "Submitted", "cancel", "free", "hold", "submit"]

_ONCE = "ach_entry_is_asked_once"
_UNFILED = (EntryState.WAITING, EntryState.HELD, EntryState.PARKED)


class EntryAskedDifferently(EntryStateForbids):
    """The same reference has asked for something else before."""

    code = "ACH_ENTRY_ASKED_DIFFERENTLY"
    title = "The reference has asked for another entry"


@dataclass(frozen=True, slots=True)
class Submitted:
    """`settlement` has the cutoff, the effective date, when it settles, and what could not be as asked, with why."""

    entry: Entry
    settlement: Settlement


def submit(*, new: NewEntry, livemode: bool, actor: Actor, now: datetime) -> Submitted:
    """Accept an entry for its cutoff. The same request again answers with the entry there is.

    Raises InvalidEntry, EntryAskedDifferently, OriginatorNotFound, and AccountStopped for an account that a return has
    closed.
    """
    if (before := register.find(new.kind, new.reference)) is not None:
        return _repeated(before, new, livemode)
    originator = new.originator or originators.default(livemode=livemode)
    require_valid(new, originator=originator, livemode=livemode, now=now)
    if new.kind != EntryKind.REVERSAL:
        stops.require_open(new.account, new.direction)
    planned = _settlement(new, now)
    entry = Entry(
        public_id=ids.prefixed("ache", now), livemode=livemode, originator=originator, kind=new.kind,
        reference=new.reference, account=new.account, party=new.account.party, on_behalf=new.on_behalf,
        original=new.original, direction=new.direction, amount_minor=new.amount_minor, currency=new.currency,
        sec=new.sec, transaction_code=transaction_code(new.account.account_type, new.direction, new.kind),
        payment_type=new.payment_type, name=new.receiver, individual_id=new.individual_id,
        description=new.description, addenda=new.addenda, priority=planned.priority,
        effective_on=planned.effective, due_at=planned.cutoff.at,
        state=EntryState.HELD if new.held else EntryState.WAITING, state_why=new.held[:200],
        created_by=str(actor), created_at=now,
    )  # fmt: skip
    require_writable(entry, originator=originator, routing=new.account.routing_number)
    try:
        with transaction.atomic():
            entry.save(force_insert=True)
            _record(entry, "submitted", actor=actor, now=now, amount_minor=entry.amount_minor, sec=entry.sec)
            if new.held:
                _tell_held(entry, now)
    except IntegrityError as error:
        if refusal_name(error) != _ONCE:
            raise
        before = register.find(new.kind, new.reference)
        assert before is not None
        return _repeated(before, new, livemode)
    return Submitted(entry, planned)


def hold(*, entry_id: str, why: str, actor: Actor, now: datetime) -> Entry:
    """A waiting entry lets its cutoff pass until it is freed. Raises EntryNotFound, EntryStateForbids."""
    with transaction.atomic():
        entry = _locked(entry_id)
        if entry.state == EntryState.HELD:
            return entry
        _require(entry, EntryState.WAITING)
        _move(entry, EntryState.HELD, why)
        _record(entry, "held", actor=actor, now=now, why=entry.state_why)
        _tell_held(entry, now)
    return entry


def free(*, entry_id: str, actor: Actor, now: datetime) -> Entry:
    """A held entry waits for the next cutoff that its day allows. A parked one is checked anew first: `parked`.

    Raises EntryNotFound, EntryStateForbids.
    """
    with transaction.atomic():
        entry = _locked(entry_id)
        if entry.state == EntryState.WAITING:
            return entry
        _require(entry, EntryState.HELD)
        wait_again(entry, actor=actor, now=now)
    return entry


def wait_again(entry: Entry, *, actor: Actor, now: datetime, **details: JSON) -> None:
    """The entry is locked, and held or parked. In the caller's transaction."""
    planned = replanned(entry, now)
    entry.priority, entry.effective_on, entry.due_at = planned.priority, planned.effective, planned.cutoff.at
    _move(entry, EntryState.WAITING, "", "priority", "effective_on", "due_at")
    _close_case(entry, "freed", actor, now)
    _record(entry, "freed", actor=actor, now=now, due_at=entry.due_at.isoformat(), **details)
    outbox.publish(EntryFreed(entry.public_id, entry.kind, entry.reference, entry.livemode, now), now=now)


def cancel(*, entry_id: str, why: str, actor: Actor, now: datetime) -> Entry:
    """It never leaves. Raises EntryNotFound, and EntryStateForbids from the moment that a file has it."""
    with transaction.atomic():
        entry = _locked(entry_id)
        if entry.state == EntryState.CANCELLED:
            return entry
        _require(entry, *_UNFILED)
        _move(entry, EntryState.CANCELLED, why)
        _close_case(entry, "cancelled", actor, now)
        _record(entry, "cancelled", actor=actor, now=now, why=entry.state_why)
        outbox.publish(
            EntryCancelled(entry.public_id, entry.kind, entry.reference, entry.state_why, entry.livemode, now), now=now
        )
    return entry


def replanned(entry: Entry, now: datetime) -> Settlement:
    """When it would go if it were asked for now, for the day it has; a day that is too far ahead by now is dropped."""
    found = _planned(entry, entry.effective_on, now)
    if isinstance(found, TooFarAhead):
        found = _planned(entry, None, now)
    assert isinstance(found, Settlement)
    return found


def _planned(entry: Entry, day: date | None, now: datetime) -> Settlement | TooFarAhead:
    return settlement(
        now, Priority(entry.priority), Direction(entry.direction), entry.amount_minor, day, entry.sec, terms(now)
    )


def _settlement(new: NewEntry, now: datetime) -> Settlement:
    found = settlement(
        now, Priority(new.priority), Direction(new.direction), new.amount_minor, new.requested_effective, new.sec,
        terms(now),
    )  # fmt: skip
    if isinstance(found, TooFarAhead):
        raise InvalidEntry(found.reason, errors=(FieldError("/requestedEffective", found.reason),))
    return found


def _repeated(entry: Entry, new: NewEntry, livemode: bool) -> Submitted:
    """What was planned then is planned again from the configuration of then."""
    same = (entry.livemode, entry.account_id, entry.direction, entry.amount_minor, entry.currency, entry.sec) == (
        livemode, new.account.pk, new.direction, new.amount_minor, new.currency, new.sec,
    )  # fmt: skip
    if not same:
        raise EntryAskedDifferently(f"{new.reference[:64]} has asked for {entry.public_id}, which differs")
    return Submitted(entry, _settlement(new, entry.created_at))


def _locked(entry_id: str) -> Entry:
    entry = Entry.objects.select_for_update(no_key=True).filter(public_id=entry_id).first()
    if entry is None:
        raise EntryNotFound(f"no entry is named {entry_id[:40]}")
    return entry


def _require(entry: Entry, *states: EntryState) -> None:
    if entry.state not in states:
        raise EntryStateForbids(f"{entry.public_id} is {entry.state}")


def _move(entry: Entry, state: EntryState, why: str, *more: str) -> None:
    entry.state, entry.state_why = state, why[:200]
    entry.save(update_fields=["state", "state_why", *more])


def _close_case(entry: Entry, what: str, actor: Actor, now: datetime) -> None:
    cases.close_of(
        kind=CaseKind.PARKED_ENTRY, subject=entry.public_id, resolution=f"the entry was {what}", actor=actor, now=now
    )


def _tell_held(entry: Entry, now: datetime) -> None:
    outbox.publish(
        EntryHeld(entry.public_id, entry.kind, entry.reference, entry.state_why, entry.livemode, now), now=now
    )


def _record(entry: Entry, verb: str, *, actor: Actor, now: datetime, **details: JSON) -> None:
    audit.record(
        actor=actor, action=f"ach.entry.{verb}", subject=entry.public_id, at=now,
        details={"kind": entry.kind, "reference": entry.reference, "livemode": entry.livemode, **details},
    )  # fmt: skip
