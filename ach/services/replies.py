"""Replies to what a bank sent: what was decided waits for the bank's next cutoff, and can be taken back until then.

Locks: file, replies, and then the dishonor or the change that they are for.
"""

from collections.abc import Collection
from datetime import datetime
from typing import ClassVar

from django.db.models import QuerySet

from ach import dates
from ach.calendar import days, deadlines
from ach.calendar.cutoffs import Priority, next_cutoff
from ach.calendar.eastern import eastern, midnight_after
from ach.enums import CaseKind, Direction, DishonorState, ReplyKind, ReplyState
from ach.events import ReplyParked, ReplyWithdrawn
from ach.models import Change, Dishonor, File, InboundItem, Reply
from ach.parameters import number
from ach.received import is_debit
from ach.services import cases, returns
from core import ids
from core.actors import SYSTEM, Actor
from core.audit import services as audit
from core.audit.chain import JSON
from core.errors import Refusal
from core.outbox import services as outbox

_TO_BE_SENT = (ReplyState.WAITING, ReplyState.PARKED)
_NO_PLACE = {"file": None, "batch_number": None, "line": None, "trace": "", "filed_at": None}


class ReplyHasLeft(Refusal):
    """A file has it: what the bank may know cannot be taken back."""

    code: ClassVar[str] = "ACH_REPLY_HAS_LEFT"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "It cannot be taken back any more"


def next_due(now: datetime) -> datetime:
    """The cutoff that would carry it: replies leave with the standard ones."""
    return next_cutoff(now, Priority.STANDARD, dates.cutoffs(now)).at


def dishonor_deadline(item: InboundItem, now: datetime) -> datetime:
    """The end of the last banking day on which the return can be dishonored."""
    return midnight_after(deadlines.dishonor_due(returns.settled_on(item), dates.periods(now)))


def order_dishonor(made: Dishonor, *, actor: Actor, now: datetime) -> Reply:
    """In the transaction that decides it. Asked for again it is the one there is."""
    item = made.item
    deadline = dishonor_deadline(item, now)
    return _order(item, ReplyKind.DISHONOR, made.code, item.amount_minor, deadline, actor, now, dishonor=made)


def order_refusal(change: Change, *, actor: Actor, now: datetime) -> Reply:
    """As `order_dishonor`: the change is REFUSED with its code."""
    return _order(
        change.item, ReplyKind.REFUSAL, change.refusal_code, 0, change.refusable_until, actor, now, change=change
    )


def _order(
    item: InboundItem, kind: ReplyKind, code: str, minor: int, deadline: datetime, actor: Actor, now: datetime,
    **why: Dishonor | Change,
) -> Reply:  # fmt: skip
    known = Reply.objects.filter(item=item).exclude(state=ReplyState.WITHDRAWN).first()
    return known or Reply.objects.create(
        public_id=ids.prefixed("rpl", now), livemode=item.file.livemode, originator=item.file.originator, kind=kind,
        item=item, code=code, amount_minor=minor, due_at=next_due(now), deadline_at=deadline,
        direction=Direction.DEBIT if is_debit(item.transaction_code) else Direction.CREDIT,
        created_by=str(actor), created_at=now, **why,
    )  # fmt: skip


def withdraw(*, item: InboundItem, why: str, actor: Actor, now: datetime) -> Reply | None:
    """Lock the item's reply and take it back; None where there is none. In the caller's transaction.

    Raises ReplyHasLeft from the moment that a file has it.
    """
    rows = Reply.objects.select_for_update(no_key=True).filter(item=item).exclude(state=ReplyState.WITHDRAWN)
    reply = rows.first()
    if reply is None:
        return None
    if reply.state not in _TO_BE_SENT:
        raise ReplyHasLeft(f"{reply.public_id} is {reply.state}")
    reply.state, reply.state_why = ReplyState.WITHDRAWN, why[:200]
    reply.save(update_fields=["state", "state_why"])
    _close_case(reply, "it was withdrawn", actor, now)
    _record(reply, "withdrawn", actor=actor, now=now, why=reply.state_why)
    outbox.publish(ReplyWithdrawn(reply.public_id, reply.kind, item.public_id, reply.livemode, now), now=now)
    return reply


def park(reply: Reply, why: str, *, now: datetime) -> None:
    """It cannot be filed; a person decides. The reply is locked, in the caller's transaction."""
    reply.state, reply.state_why = ReplyState.PARKED, why[:200]
    for name, value in _NO_PLACE.items():
        setattr(reply, name, value)
    reply.save(update_fields=["state", "state_why", *_NO_PLACE])
    cases.open_(
        kind=CaseKind.PARKED_REPLY, subject=reply.item.public_id, livemode=reply.livemode, now=now,
        summary=f"{reply.get_kind_display()} {reply.code} cannot be filed: {reply.state_why}",
        amount_minor=reply.amount_minor, facts={"reply": reply.public_id, "code": reply.code},
    )  # fmt: skip
    _record(reply, "parked", actor=SYSTEM, now=now, why=reply.state_why)
    outbox.publish(
        ReplyParked(reply.public_id, reply.kind, reply.item.public_id, reply.state_why, reply.livemode, now), now=now
    )


def send(file: File, *, now: datetime) -> None:
    """The file, locked, has reached the bank: from now on dishonored returns settle, and may be contested."""
    keys = _locked(file, ReplyState.FILED)
    Reply.objects.filter(pk__in=keys).update(state=ReplyState.SENT, sent_at=now)
    settles_on = days.add_banking_days(eastern(now).date(), number("dishonor_settles_banking_days", now))
    contestable_until = midnight_after(deadlines.contest_due(settles_on, dates.periods(now)))
    _dishonors(keys).update(sent_at=now, settles_on=settles_on, contestable_until=contestable_until)


def unsend(file: File) -> None:
    """The bank has refused the file: nothing of it counts until a rebuilt one is sent. The file is locked."""
    keys = _locked(file, ReplyState.SENT)
    Reply.objects.filter(pk__in=keys).update(state=ReplyState.FILED, sent_at=None)
    _dishonors(keys).update(sent_at=None)


def let_go(file: File, *, now: datetime) -> None:
    """Its file was withdrawn: what it carried waits for the next cutoff. The file is locked."""
    Reply.objects.filter(pk__in=_locked(file, ReplyState.FILED)).update(
        state=ReplyState.WAITING, state_why="its file was withdrawn", due_at=next_due(now), **_NO_PLACE
    )


def take_over(file: File, new: File) -> int:
    """A rebuilt file has them, with batch and trace. Returns how many."""
    keys = _locked(file, ReplyState.FILED, ReplyState.SENT)
    Reply.objects.filter(pk__in=keys).update(file=new, state=ReplyState.FILED, line=None, sent_at=None)
    _dishonors(keys).update(sent_at=None)
    return len(keys)


def find_contested(item: InboundItem) -> Reply | None:
    """The dishonored return whose trace a contested dishonor names, about the same entry and amount."""
    if not item.dishonored_trace:
        return None
    fitting = Reply.objects.filter(
        kind=ReplyKind.DISHONOR, trace=item.dishonored_trace, amount_minor=item.amount_minor,
        originator=item.file.originator, item__original_trace=item.original_trace,
    )  # fmt: skip
    return fitting.order_by("-id").first()


def _locked(file: File, *states: ReplyState) -> list[int]:
    rows = Reply.objects.select_for_update(no_key=True).filter(file=file, state__in=states)
    return list(rows.order_by("id").values_list("pk", flat=True))


def _dishonors(keys: Collection[int]) -> QuerySet[Dishonor]:
    """Those that have not ended."""
    asked = Reply.objects.filter(pk__in=keys, dishonor__isnull=False).values("dishonor")
    return Dishonor.objects.filter(state=DishonorState.OPEN, pk__in=asked)


def _close_case(reply: Reply, what: str, actor: Actor, now: datetime) -> None:
    cases.close_of(kind=CaseKind.PARKED_REPLY, subject=reply.item.public_id, resolution=what, actor=actor, now=now)


def _record(reply: Reply, verb: str, *, actor: Actor, now: datetime, **details: JSON) -> None:
    audit.record(
        actor=actor, action=f"ach.reply.{verb}", subject=reply.public_id, at=now,
        details={"item": reply.item.public_id, "code": reply.code, "livemode": reply.livemode, **details},
    )  # fmt: skip
