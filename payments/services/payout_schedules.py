"""When a party is paid by itself, and how that is stopped and goes on.

A pause holds what no file carries yet; what a file carries goes, because the bank has it or is about to.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db import transaction

from ach.calendar.days import on_or_after
from ach.calendar.eastern import eastern, instant
from ach.enums import EntryKind
from ach.models import Entry
from ach.selectors import entries as register_of_entries
from ach.services import entries
from ach.states import EntryStateForbids
from compliance.models import Party
from compliance.selectors import parties as parties_register
from core.actors import Actor
from core.audit import services as audit
from core.audit.chain import JSON
from core.errors import FieldError, Refusal
from core.outbox import services as outbox
from payments.models import PayoutSchedule
from payments.selectors import payouts as register
from payments.transfer_enums import Interval, TransferState
from payments.transfer_events import PayoutsPaused
from payments.transfer_parameters import number

PAUSED = "payouts of the party are paused"
VERBS = tuple(f"payments.payout_schedule.{verb}" for verb in ("changed", "paused", "resumed"))


class InvalidSchedule(Refusal):
    """Names each field at fault."""

    code = "INVALID_REQUEST"
    title = "No payout schedule can be made of this"


@dataclass(frozen=True, slots=True)
class NewSchedule:
    """`anchor` is 1 (Monday) to 5 of a week, 1 to 28 of a month, 0 for every banking day."""

    party_id: str
    interval: Interval
    anchor: int = 0
    minimum_minor: int = 1
    reserve_minor: int = 0
    is_active: bool = True


def put(*, new: NewSchedule, livemode: bool, actor: Actor, now: datetime) -> PayoutSchedule:
    """The party's one schedule as it shall be from now on. Raises InvalidSchedule, PartyNotFound."""
    _require_valid(new)
    with transaction.atomic():
        party = _held(new.party_id, livemode)
        schedule = register.find_schedule(party) or PayoutSchedule(
            party=party, livemode=livemode, currency="USD", created_at=now
        )
        schedule.interval, schedule.anchor = new.interval, new.anchor
        schedule.minimum_minor, schedule.reserve_minor = new.minimum_minor, new.reserve_minor
        schedule.is_active, schedule.updated_by, schedule.updated_at = new.is_active, str(actor), now
        schedule.next_at = next_run(schedule, now) if new.is_active else None
        schedule.save()
        _record(
            schedule, "changed", actor=actor, now=now, interval=new.interval, anchor=new.anchor,
            minimum_minor=new.minimum_minor, reserve_minor=new.reserve_minor, is_active=new.is_active,
        )  # fmt: skip
    return schedule


def pause(*, party_id: str, livemode: bool, why: str, actor: Actor, now: datetime) -> PayoutSchedule:
    """Stop at once, by one person, also where there is no schedule. A paused one is answered as it is.

    Raises PartyNotFound, InvalidSchedule without a reason.
    """
    if not why.strip():
        raise InvalidSchedule(errors=(FieldError("/reason", "must say why"),))
    with transaction.atomic():
        party = _held(party_id, livemode)
        schedule = register.find_schedule(party) or _none(party, livemode, now)
        if schedule.paused_at is not None:
            return schedule
        schedule.paused_at, schedule.paused_by, schedule.paused_why = now, str(actor), why.strip()[:200]
        schedule.updated_by, schedule.updated_at = str(actor), now
        schedule.save()
        held = _hold_waiting(party, actor=actor, now=now)
        _record(schedule, "paused", actor=actor, now=now, reason=schedule.paused_why, held=held)
        outbox.publish(PayoutsPaused(party_id, True, livemode, now), now=now)
    return schedule


def resume(*, party_id: str, livemode: bool, actor: Actor, now: datetime) -> PayoutSchedule:
    """What was held waits for its cutoff again, and the schedule goes on with its next day."""
    with transaction.atomic():
        party = _held(party_id, livemode)
        schedule = register.get_schedule(party_id, livemode=livemode)
        if schedule.paused_at is None:
            return schedule
        schedule.paused_at, schedule.paused_by, schedule.paused_why = None, "", ""
        schedule.next_at = next_run(schedule, now) if schedule.is_active else None
        schedule.updated_by, schedule.updated_at = str(actor), now
        schedule.save()
        freed = _free_held(party, actor=actor, now=now)
        _record(schedule, "resumed", actor=actor, now=now, freed=freed)
        outbox.publish(PayoutsPaused(party_id, False, livemode, now), now=now)
    return schedule


def hold_if_paused(party: Party, entry: Entry, *, actor: Actor, now: datetime) -> None:
    """For a payout that people have let go while its party's payouts are paused. The party's row is held: a pause that
    comes at the same moment sees it."""
    Party.objects.select_for_update(no_key=True).get(pk=party.pk)
    schedule = register.find_schedule(party)
    if schedule is not None and schedule.paused_at is not None:
        entries.hold(entry_id=entry.public_id, why=PAUSED, actor=actor, now=now)


def next_run(schedule: PayoutSchedule, now: datetime) -> datetime:
    """The next banking day of the schedule at the payout hour, after `now`; a day without banking moves on."""
    hour = time(number("payout_hour", now))
    day = eastern(now).date()
    for _ in range(400):
        if _fits(schedule, day):
            at = instant(on_or_after(day), hour)
            if at > now:
                return at
        day += timedelta(days=1)
    raise AssertionError("every interval has a day within a year")


def _fits(schedule: PayoutSchedule, day: date) -> bool:
    if schedule.interval == Interval.DAILY:
        return True
    return schedule.anchor == (day.isoweekday() if schedule.interval == Interval.WEEKLY else day.day)


def _hold_waiting(party: Party, *, actor: Actor, now: datetime) -> int:
    """One that a file takes at this moment goes: its entry says so."""
    held = 0
    for transfer in register.list_not_left(party):
        entry = register_of_entries.find(EntryKind.PAYMENT, transfer.public_id)
        if entry is None or transfer.state != TransferState.SUBMITTED:
            continue
        try:
            with transaction.atomic():
                entries.hold(entry_id=entry.public_id, why=PAUSED, actor=actor, now=now)
        except EntryStateForbids:
            continue
        held += 1
    return held


def _free_held(party: Party, *, actor: Actor, now: datetime) -> int:
    """Only what the pause has held: what waits for a person or a correction goes on waiting."""
    freed = 0
    for transfer in register.list_not_left(party):
        entry = register_of_entries.find(EntryKind.PAYMENT, transfer.public_id)
        if entry is not None and entry.state == "HELD" and entry.state_why == PAUSED:
            entries.free(entry_id=entry.public_id, actor=actor, now=now)
            freed += 1
    return freed


def _require_valid(new: NewSchedule) -> None:
    errors = []
    least, most = {Interval.DAILY: (0, 0), Interval.WEEKLY: (1, 5), Interval.MONTHLY: (1, 28)}[new.interval]
    if not least <= new.anchor <= most:
        errors.append(FieldError("/anchor", f"must be {least} to {most} where the interval is {new.interval}"))
    if new.minimum_minor < 1:
        errors.append(FieldError("/minimum", "must be at least 1"))
    if new.reserve_minor < 0:
        errors.append(FieldError("/reserve", "must not be negative"))
    if errors:
        raise InvalidSchedule(errors=tuple(errors))


def _none(party: Party, livemode: bool, now: datetime) -> PayoutSchedule:
    """Of a party that is paid only when somebody asks: it keeps no more than the pause."""
    return PayoutSchedule(
        party=party, livemode=livemode, currency="USD", interval=Interval.DAILY, is_active=False, created_at=now
    )


def _held(party_id: str, livemode: bool) -> Party:
    party = parties_register.get(party_id=party_id, livemode=livemode)
    return Party.objects.select_for_update(no_key=True).get(pk=party.pk)


def _record(schedule: PayoutSchedule, verb: str, *, actor: Actor, now: datetime, **details: JSON) -> None:
    audit.record(
        actor=actor, action=f"payments.payout_schedule.{verb}", subject=schedule.party.party_id, at=now,
        details={"livemode": schedule.livemode, **details},
    )  # fmt: skip
