"""Returns that we do not take: sent back by signatures, and undone where their bank does not insist in time.

Until a file has it a dishonored return can be withdrawn; what is sent, and when, is its reply's matter (`replies`).
"""

from datetime import datetime
from typing import ClassVar

from django.db import transaction

from ach import dates
from ach.calendar import days, deadlines
from ach.calendar.eastern import eastern, midnight_after
from ach.enums import CaseKind, DishonorState, ItemKind, ItemState
from ach.events import DishonorContested, DishonorWithdrawn, ReturnDishonored, ReturnUndone
from ach.models import Dishonor, Entry, InboundItem
from ach.models.dishonor import CODES
from ach.nacha.addenda import Dishonored
from ach.parameters import number
from ach.services import cases, replies, returns, suspense
from core import ids
from core.actors import SYSTEM, Actor
from core.audit import services as audit
from core.audit.chain import JSON
from core.errors import Refusal
from core.outbox import services as outbox

DISHONOR = "ach.dishonor_return"
_LATE, _TWICE = "R68", "R67"


class DishonorNotFound(Refusal):
    code: ClassVar[str] = "ACH_DISHONOR_NOT_FOUND"
    status: ClassVar[int] = 404
    title: ClassVar[str] = "No such dishonored return"


class UnableToDishonor(Refusal):
    code: ClassVar[str] = "ACH_RETURN_NOT_DISHONORABLE"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "The return cannot be dishonored so"


def require_possible(*, item_id: str, code: str, now: datetime) -> InboundItem:
    """What would be signed. Raises ItemNotFound, UnableToDishonor naming the reason."""
    rows = InboundItem.objects.select_related("file", "entry__account__party", "entry__originator")
    item = rows.filter(public_id=item_id).first()
    if item is None:
        raise suspense.ItemNotFound(f"no item is named {item_id[:40]}")
    if why := _objection(item, code, now):
        raise UnableToDishonor(why)
    return item


def _objection(item: InboundItem, code: str, now: datetime) -> str:
    if code not in CODES:
        return f"code: is none of {', '.join(CODES)}"
    if item.kind != ItemKind.RETURN or item.state not in (ItemState.APPLIED, ItemState.SUSPENSE):
        return "only a return that is applied or in suspense is dishonored"
    if Dishonor.objects.filter(item=item).exclude(state=DishonorState.WITHDRAWN).exists():
        return "it is dishonored already"
    last = deadlines.dishonor_due(returns.settled_on(item), dates.periods(now))
    if eastern(now).date() > last:
        return f"it could be dishonored until {last}"
    if replies.next_due(now) >= midnight_after(last):
        return f"it could be dishonored until {last}, and no file leaves before"
    if code == _LATE and (item.entry is None or not returns.is_late(item, item.entry, now=now)):
        return f"{_LATE} is for a return after its time frame"
    if code == _TWICE and item.state != ItemState.SUSPENSE:
        return f"{_TWICE} is for a return of what was returned before"
    return ""


def dishonor_signed(*, item_id: str, code: str, approval_id: str, actor: Actor, now: datetime) -> Dishonor:
    """For an executed approval. Raises what `require_possible` raises."""
    with transaction.atomic():
        suspense.lock(item_id)
        item = require_possible(item_id=item_id, code=code, now=now)
        settles_on = days.add_banking_days(eastern(now).date(), number("dishonor_settles_banking_days", now))
        made = Dishonor.objects.create(
            public_id=ids.prefixed("dis", now), livemode=item.file.livemode, item=item, code=code,
            approval_id=approval_id, requested_by=str(actor), requested_at=now, settles_on=settles_on,
            contestable_until=midnight_after(deadlines.contest_due(settles_on, dates.periods(now))),
        )  # fmt: skip
        replies.order_dishonor(made, actor=actor, now=now)
        _record(made, "asked", actor=actor, now=now, code=code, approval=approval_id)
        outbox.publish(
            ReturnDishonored(made.public_id, item_id, code, made.contestable_until, made.livemode, now), now=now
        )
    return made


def withdraw(*, dishonor_id: str, reason: str, actor: Actor, now: datetime) -> Dishonor:
    """Nothing is sent back after all. Raises DishonorNotFound, and ReplyHasLeft from the moment that a file has it."""
    with transaction.atomic():
        found = Dishonor.objects.select_related("item").filter(public_id=dishonor_id).first()
        if found is None:
            raise DishonorNotFound(f"no dishonored return is named {dishonor_id[:40]}")
        suspense.lock(found.item.public_id)
        replies.withdraw(item=found.item, why=reason, actor=actor, now=now)
        made = Dishonor.objects.select_for_update(no_key=True).get(pk=found.pk)
        if made.state == DishonorState.WITHDRAWN:
            return made
        if made.state != DishonorState.OPEN or made.sent_at is not None:
            raise replies.ReplyHasLeft(f"it is {made.state}")
        made.state, made.ended_at = DishonorState.WITHDRAWN, now
        made.save(update_fields=["state", "ended_at"])
        _record(made, "withdrawn", actor=actor, now=now, reason=reason[:200])
        outbox.publish(DishonorWithdrawn(made.public_id, found.item.public_id, made.livemode, now), now=now)
    return made


def record(made: Dishonor) -> Dishonored:
    """The addenda that sends the return back."""
    item = made.item
    return Dishonored(
        code=made.code, original_trace=item.original_trace, original_rdfi=item.original_rdfi,
        return_trace=item.trace, return_settled_on=f"{returns.settled_on(item):%j}", return_reason=item.code[1:],
    )  # fmt: skip


def find_contested(item: InboundItem) -> tuple[Dishonor | None, bool]:
    """The open dishonor that the item contests, locked, by the trace it was sent with; and whether it is too early: its
    file is not marked as sent. In the caller's transaction."""
    reply = replies.find_contested(item)
    if reply is None:
        return None, False
    rows = Dishonor.objects.select_for_update(of=("self",), no_key=True).select_related("item")
    made = rows.filter(replies=reply, state=DishonorState.OPEN).first()
    return made, made is not None and made.sent_at is None


def contest(item: InboundItem, entry: Entry, made: Dishonor, *, now: datetime) -> None:
    """The bank insists. Item, entry and dishonor are locked. What it contested stays as it is; a person decides."""
    item.state, item.entry, item.matched_by, item.applied_at = ItemState.APPLIED, entry, str(SYSTEM), now
    item.save(update_fields=["state", "entry", "matched_by", "applied_at"])
    made.state, made.contest, made.ended_at = DishonorState.CONTESTED, item, now
    made.save(update_fields=["state", "contest", "ended_at"])
    cases.open_(
        kind=CaseKind.CONTESTED, subject=made.public_id, summary=f"{item.code}: the bank stands by its return",
        livemode=made.livemode, amount_minor=item.amount_minor, now=now,
        facts={"item": item.public_id, "entry": entry.public_id, "code": item.code},
    )  # fmt: skip
    _record(made, "contested", actor=SYSTEM, now=now, code=item.code)
    outbox.publish(DishonorContested(made.public_id, made.item.public_id, item.code, made.livemode, now), now=now)


def undo_due(*, now: datetime, limit: int = 200) -> int:
    """What was sent and not contested in time is undone, each in its own transaction. Returns how many."""
    due = Dishonor.objects.filter(state=DishonorState.OPEN, sent_at__isnull=False, contestable_until__lte=now)
    undone = 0
    for key in list(due.order_by("contestable_until", "id").values_list("pk", flat=True)[:limit]):
        with transaction.atomic():
            made = (
                Dishonor.objects.select_for_update(of=("self",), no_key=True)
                .select_related("item__entry", "item__file")
                .get(pk=key)
            )
            if made.state == DishonorState.OPEN and made.sent_at is not None:
                _undo(made, now)
                undone += 1
    return undone


def _undo(made: Dishonor, now: datetime) -> None:
    made.state, made.ended_at = DishonorState.UNDONE, now
    made.save(update_fields=["state", "ended_at"])
    _record(made, "undone", actor=SYSTEM, now=now)
    item, entry = made.item, made.item.entry
    if item.state == ItemState.SUSPENSE:
        suspense.lock(item.public_id)
        suspense.leave(item, None, actor=SYSTEM, reason=f"dishonored {made.code}, not contested", now=now)
    elif entry is not None:
        cases.close_of(
            kind=CaseKind.LATE_RETURN, subject=item.public_id, resolution=f"dishonored {made.code}, not contested",
            actor=SYSTEM, now=now,
        )  # fmt: skip
        outbox.publish(
            ReturnUndone(
                entry.public_id, entry.reference, entry.direction, entry.amount_minor, entry.currency, item.public_id,
                entry.livemode, now,
            ),
            now=now,
        )  # fmt: skip


def _record(made: Dishonor, verb: str, *, actor: Actor, now: datetime, **details: JSON) -> None:
    audit.record(
        actor=actor, action=f"ach.dishonor.{verb}", subject=made.public_id, at=now,
        details={"item": made.item.public_id, "livemode": made.livemode, **details},
    )  # fmt: skip
