"""What came back and belongs to no entry of ours, or to more than one, until two people say where it belongs."""

from datetime import datetime
from typing import ClassVar

from django.db import transaction

from ach.enums import CaseKind, Direction, ItemKind, ItemState
from ach.events import ItemInSuspense, SuspenseResolved
from ach.models import Entry, InboundItem
from ach.received import is_debit
from ach.services import cases, matching, returns
from core.actors import SYSTEM, Actor
from core.audit import services as audit
from core.errors import Refusal
from core.outbox import services as outbox

RESOLVE = "ach.resolve_suspense"
CURRENCY = "USD"


class ItemNotFound(Refusal):
    code: ClassVar[str] = "ACH_ITEM_NOT_FOUND"
    status: ClassVar[int] = 404
    title: ClassVar[str] = "No such item"


class ItemNotInSuspense(Refusal):
    code: ClassVar[str] = "ACH_ITEM_NOT_IN_SUSPENSE"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "The item is not in suspense"


class EntryDoesNotFit(Refusal):
    """An item is a return of an entry of its amount and direction that is on its way and was not returned."""

    code: ClassVar[str] = "ACH_ENTRY_DOES_NOT_FIT"
    status: ClassVar[int] = 422
    title: ClassVar[str] = "The item cannot be this entry's"


def put(item: InboundItem, why: str, *, now: datetime) -> None:
    """The item is locked and READ. Money that moved is told of; a correction or a prenote moved none."""
    item.state, item.state_why = ItemState.SUSPENSE, why[:200]
    item.save(update_fields=["state", "state_why"])
    livemode = item.file.livemode
    case = cases.open_(
        kind=CaseKind.UNMATCHED_ITEM, subject=item.public_id, summary=f"{name_of(item)}: {why}", livemode=livemode,
        amount_minor=item.amount_minor, now=now,
        facts={"code": item.code, "trace": item.original_trace, "bank": item.original_rdfi, "line": item.line},
    )  # fmt: skip
    audit.record(
        actor=SYSTEM, action="ach.item.suspended", subject=item.public_id, at=now,
        details={"why": item.state_why, "case": case.public_id, "livemode": livemode},
    )  # fmt: skip
    if item.amount_minor:
        outbox.publish(
            ItemInSuspense(
                item.public_id,
                direction_of(item),
                item.amount_minor,
                CURRENCY,
                item.code,
                case.public_id,
                livemode,
                now,
            ),
            now=now,
        )


def require_resolvable(item_id: str, entry_id: str) -> tuple[InboundItem, Entry | None]:
    """What would be signed. Raises ItemNotFound, ItemNotInSuspense, EntryDoesNotFit."""
    item = InboundItem.objects.select_related("file__originator").filter(public_id=item_id).first()
    if item is None:
        raise ItemNotFound(f"no item is named {item_id[:40]}")
    if item.state != ItemState.SUSPENSE:
        raise ItemNotInSuspense(f"it is {item.state}")
    if not entry_id:
        return item, None
    entry = Entry.objects.select_related("account__party", "originator", "on_behalf").filter(public_id=entry_id).first()
    _require_fit(item, entry, entry_id)
    return item, entry


def _require_fit(item: InboundItem, entry: Entry | None, entry_id: str) -> None:
    if entry is None or entry.livemode != item.file.livemode:
        raise EntryDoesNotFit(f"no entry is named {entry_id[:40]}")
    if item.kind != ItemKind.RETURN:
        raise EntryDoesNotFit("only a return is an entry's")
    if entry.amount_minor != item.amount_minor or entry.direction != direction_of(item):
        raise EntryDoesNotFit(f"{entry_id} has another amount or direction")
    if entry.state not in matching.SENT:
        raise EntryDoesNotFit(f"{entry_id} is {entry.state}")


def resolve_signed(
    *, item_id: str, entry_id: str, approval_id: str, actor: Actor, reason: str, now: datetime
) -> InboundItem:
    """For an executed approval: with an entry it is that entry's return after all. Raises what it refuses above."""
    with transaction.atomic():
        lock(item_id)
        list(Entry.objects.select_for_update(no_key=True).filter(public_id=entry_id or None).values_list("pk"))
        item, entry = require_resolvable(item_id, entry_id)
        leave(item, entry, actor=actor, reason=reason, approval_id=approval_id, now=now)
        if entry is not None:
            returns.take_back(item, entry, now=now)
    return item


def leave(
    item: InboundItem, entry: Entry | None, *, actor: Actor, reason: str, now: datetime, approval_id: str = ""
) -> None:
    """The item is locked and in SUSPENSE. In the caller's transaction."""
    item.state, item.entry, item.matched_by = ItemState.RESOLVED, entry, str(actor)
    item.state_why, item.applied_at = reason[:200], now
    item.save(update_fields=["state", "entry", "matched_by", "state_why", "applied_at"])
    cases.close_of(
        kind=CaseKind.UNMATCHED_ITEM, subject=item.public_id, resolution=reason or "resolved", actor=actor, now=now
    )
    entry_id = entry.public_id if entry else ""
    audit.record(
        actor=actor, action="ach.item.resolved", subject=item.public_id, at=now,
        details={"entry": entry_id, "approval": approval_id, "reason": item.state_why, "livemode": item.file.livemode},
    )  # fmt: skip
    if item.amount_minor:
        outbox.publish(
            SuspenseResolved(
                item.public_id, entry_id, direction_of(item), item.amount_minor, CURRENCY, item.file.livemode, now
            ),
            now=now,
        )


def lock(item_id: str) -> None:
    list(InboundItem.objects.select_for_update(no_key=True).filter(public_id=item_id).values_list("pk"))


def direction_of(item: InboundItem) -> Direction:
    """Of the entry that comes back. What somebody else sends to us moves money as the return of our own would."""
    return Direction.DEBIT if is_debit(item.transaction_code) else Direction.CREDIT


def name_of(item: InboundItem) -> str:
    return f"{item.get_kind_display()} {item.code}".strip()
