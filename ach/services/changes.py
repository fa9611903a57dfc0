"""Notifications of change: received, refused, noted. From the notice to its end no entry to the account leaves.

How one is prepared, signed and applied is in `change_signing`.
"""

from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime
from typing import ClassVar

from django.db import transaction

from ach import dates
from ach.calendar import deadlines
from ach.calendar.eastern import eastern, midnight_after
from ach.enums import CaseKind, ChangeState, EntryState, ItemState
from ach.events import ChangeEnded, ChangeReceived, ChangeReopened, RailTroubled
from ach.models import Change, Entry, InboundItem
from ach.nacha.addenda import RefusedNotice
from ach.nacha.changes import REFUSAL_CODES
from ach.services import cases, change_details, entries, replies
from ach.services.change_details import Opened
from ach.states import EntryStateForbids
from compliance.enums import BankAccountState
from compliance.models import BankAccount
from core import ids
from core.actors import SYSTEM, Actor
from core.approvals import services as approvals
from core.audit import services as audit
from core.audit.chain import JSON
from core.errors import Refusal
from core.outbox import services as outbox
from core.work import services as work

PREPARE_WORK = "ach.prepare_change"
OPEN = (ChangeState.OPEN, ChangeState.ASKED)
_IN_USE = (BankAccountState.ACTIVE, BankAccountState.PENDING)


class ChangeNotFound(Refusal):
    code: ClassVar[str] = "ACH_CHANGE_NOT_FOUND"
    status: ClassVar[int] = 404
    title: ClassVar[str] = "No such notification of change"


class ChangeIsOver(Refusal):
    code: ClassVar[str] = "ACH_CHANGE_IS_OVER"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "The notification of change has ended"


class InvalidRefusal(Refusal):
    code: ClassVar[str] = "ACH_CHANGE_NOT_REFUSABLE"
    status: ClassVar[int] = 422
    title: ClassVar[str] = "The notification of change cannot be refused so"


def receive(item: InboundItem, entry: Entry, opened: Opened, *, now: datetime) -> Change:
    """Item and entry are locked, the item READ. In the caller's transaction."""
    account = current(entry.account)
    before, after = change_details.sides(opened.said, account)
    received_on, periods = eastern(item.file.received_at).date(), dates.periods(now)
    change = Change(
        public_id=ids.prefixed("chg", now), item=item, account=account, code=item.code, before=before, after=after,
        mark=opened.mark, due_at=midnight_after(deadlines.change_due(received_on, periods)),
        refusable_until=midnight_after(deadlines.change_refusal_due(received_on, periods)),
        received_at=item.file.received_at,
    )  # fmt: skip
    known = Change.objects.filter(account=account, state__in=OPEN, code=item.code, mark=opened.mark).first()
    change.save(force_insert=True)
    item.state, item.entry, item.matched_by, item.applied_at = ItemState.APPLIED, entry, str(SYSTEM), now
    item.save(update_fields=["state", "entry", "matched_by", "applied_at"])
    _record(change, "received", actor=SYSTEM, now=now, code=change.code)
    outbox.publish(
        ChangeReceived(
            change.public_id, account.account_id, account.party.party_id, change.code, change.due_at, account.livemode,
            now,
        ),
        now=now,
    )  # fmt: skip
    if account.state not in _IN_USE or known is not None:
        why = f"the same as {known.public_id}" if known else f"{account.account_id} is not used any more"
        end(change, ChangeState.NOTED, reason=why, actor=SYSTEM, now=now)
        return change
    _hold(change, now)
    if opened.why:
        need_person(change, opened.why, now=now)
    else:
        order_preparing(change, now=now)
    return change


def order_preparing(change: Change, *, now: datetime) -> None:
    work.enqueue(kind=PREPARE_WORK, key=change.public_id, payload={}, due_at=now, now=now)


def refuse(*, change_id: str, code: str, reason: str, actor: Actor, now: datetime) -> Change:
    """The bank is wrong, and is told so with its next cutoff. Raises ChangeNotFound, ChangeIsOver, InvalidRefusal."""
    if code not in REFUSAL_CODES:
        raise InvalidRefusal(f"code: is none of {', '.join(REFUSAL_CODES)}")
    with transaction.atomic():
        change = locked(change_id)
        if now >= change.refusable_until:
            raise InvalidRefusal(f"it could be refused until {change.refusable_until.isoformat()}")
        if replies.next_due(now) >= change.refusable_until:
            raise InvalidRefusal(f"no file leaves before {change.refusable_until.isoformat()}")
        change.refusal_code = code
        end(change, ChangeState.REFUSED, reason=reason, actor=actor, now=now)
        replies.order_refusal(change, actor=actor, now=now)
    return change


def take_back(*, change_id: str, reason: str, actor: Actor, now: datetime) -> Change:
    """A refusal that no file has: the change is open again, and entries to the account wait for it.

    Raises ChangeNotFound, ChangeIsOver where it was not refused, and ReplyHasLeft.
    """
    with transaction.atomic():
        rows = Change.objects.select_related("account__party", "item__file").defer("item__file__content")
        found = rows.filter(public_id=change_id).first()
        if found is None:
            raise ChangeNotFound(f"no notification of change is named {change_id[:40]}")
        replies.withdraw(item=found.item, why=reason, actor=actor, now=now)
        change = rows.select_for_update(of=("self",), no_key=True).get(pk=found.pk)
        if change.state != ChangeState.REFUSED:
            raise ChangeIsOver(f"it is {change.state}")
        change.state, change.refusal_code, change.approval_id = ChangeState.OPEN, "", ""
        change.ended_at, change.ended_by = None, ""
        change.account = current(change.account)
        change.save()
        _hold(change, now)
        order_preparing(change, now=now)
        _record(change, "reopened", actor=actor, now=now, reason=reason[:200])
        account = change.account
        outbox.publish(
            ChangeReopened(change.public_id, account.account_id, account.party.party_id, account.livemode, now), now=now
        )
    return change


def note(*, change_id: str, reason: str, actor: Actor, now: datetime) -> Change:
    """Nothing of ours has to change, or a person has changed it. Raises ChangeNotFound, ChangeIsOver."""
    with transaction.atomic():
        change = locked(change_id)
        end(change, ChangeState.NOTED, reason=reason, actor=actor, now=now)
    return change


def note_of_account(*, account_id: str, now: datetime) -> int:
    """The account is not paid to any more: what was to be corrected there is noted. Returns how many."""
    found = Change.objects.filter(account__account_id=account_id, state__in=OPEN).order_by("id")
    noted = 0
    for change_id in list(found.values_list("public_id", flat=True)):
        with suppress(ChangeIsOver):
            note(change_id=change_id, reason=f"{account_id} is not used any more", actor=SYSTEM, now=now)
            noted += 1
    return noted


def record(change: Change) -> RefusedNotice:
    """The refusal as a COR batch carries it; its corrected data is in clear. Raises VaultUnavailable, UnableToOpen."""
    item = change.item
    return RefusedNotice(
        code=change.refusal_code, original_trace=item.original_trace, original_rdfi=item.original_rdfi,
        corrected_data=change_details.open_(item).corrected, change_code=change.code, notice_sequence=item.trace[-7:],
    )  # fmt: skip


def alarm_overdue(*, now: datetime, limit: int = 200) -> int:
    """Tell operations once of each change whose six banking days are over. Returns how many."""
    due = Change.objects.filter(state__in=OPEN, due_at__lte=now, alarmed_at=None).order_by("due_at", "id")
    alarmed = 0
    for change_id in list(due.values_list("public_id", flat=True)[:limit]):
        with transaction.atomic(), suppress(ChangeIsOver):
            change = locked(change_id)
            if change.alarmed_at is not None:
                continue
            change.alarmed_at = now
            change.save(update_fields=["alarmed_at"])
            summary = f"{change.code} of {change.account.account_id} was due {change.due_at.isoformat()}"
            livemode = change.account.livemode
            outbox.publish(
                RailTroubled("ach.change_overdue", change.public_id, "P3", summary, "", livemode, now), now=now
            )
            alarmed += 1
    return alarmed


def current(account: BankAccount) -> BankAccount:
    """What the account has been corrected to so far."""
    while (following := BankAccount.objects.select_related("party").filter(corrects=account).first()) is not None:
        account = following
    return account


def end(change: Change, state: ChangeState, *, reason: str, actor: Actor, now: datetime) -> None:
    """The change is locked and open; entries that waited for it go on. In the caller's transaction."""
    if change.state == ChangeState.ASKED and state != ChangeState.APPLIED:
        approvals.void(change.approval_id, reason=reason or str(state), actor=actor, now=now)
    change.state, change.ended_at, change.ended_by = state, now, str(actor)
    change.save()
    free(change, [change.account], now=now)
    cases.close_of(
        kind=CaseKind.UNAPPLIED_CHANGE, subject=change.public_id, resolution=reason or str(state), actor=actor, now=now
    )
    _record(change, state.lower(), actor=actor, now=now, reason=reason[:200], refusal=change.refusal_code)
    account = change.replaced_by or change.account
    outbox.publish(
        ChangeEnded(change.public_id, account.account_id, account.party.party_id, state, account.livemode, now), now=now
    )


def need_person(change: Change, why: str, *, now: datetime) -> None:
    cases.open_(
        kind=CaseKind.UNAPPLIED_CHANGE, subject=change.public_id, summary=f"{change.code}: {why}",
        livemode=change.account.livemode, now=now,
        facts={"account": change.account.account_id, "code": change.code, "due": change.due_at.isoformat()},
    )  # fmt: skip


def held_for(change: Change) -> str:
    return f"{change.code} asks for other details ({change.public_id})"


def free(change: Change, accounts: Iterable[BankAccount], *, now: datetime) -> None:
    """What is held for this change waits for its cutoff again, or for the next change; for something else it stays."""
    places = list(accounts)
    held = Entry.objects.filter(account__in=places, state=EntryState.HELD, state_why=held_for(change))
    other = Change.objects.filter(account__in=places, state__in=OPEN).exclude(pk=change.pk).order_by("id").first()
    if other is not None:
        held.update(state_why=held_for(other))
        return
    for entry_id in list(held.order_by("id").values_list("public_id", flat=True)):
        entries.free(entry_id=entry_id, actor=SYSTEM, now=now)


def locked(change_id: str) -> Change:
    """An open change with its account and item. Raises ChangeNotFound, ChangeIsOver."""
    rows = Change.objects.select_for_update(of=("self",), no_key=True)
    found = rows.select_related("account__party", "item__file").filter(public_id=change_id).first()
    if found is None:
        raise ChangeNotFound(f"no notification of change is named {change_id[:40]}")
    if found.state not in OPEN:
        raise ChangeIsOver(f"it is {found.state}")
    return found


def _hold(change: Change, now: datetime) -> None:
    """An entry that a cutoff takes at this moment leaves with the old details, as the rules allow."""
    waiting = Entry.objects.filter(account=change.account, state=EntryState.WAITING).order_by("id")
    for entry_id in list(waiting.values_list("public_id", flat=True)):
        with suppress(EntryStateForbids):
            entries.hold(entry_id=entry_id, why=held_for(change), actor=SYSTEM, now=now)


def _record(change: Change, verb: str, *, actor: Actor, now: datetime, **details: JSON) -> None:
    audit.record(
        actor=actor, action=f"ach.change.{verb}", subject=change.public_id, at=now,
        details={"account": change.account.account_id, "livemode": change.account.livemode, **details},
    )  # fmt: skip
