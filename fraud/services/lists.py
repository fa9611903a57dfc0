"""Lists that rules ask, and their entries. Every entry has a reason and an end; one that allows has a signature."""

import re
from datetime import datetime, timedelta

from django.db import transaction

from core import ids
from core.actors import SYSTEM, Actor
from core.audit import services as audit
from core.errors import FieldError, Refusal
from core.parameters import services as parameters
from core.parameters.services import SHIPPED_SINCE
from fraud.enums import ListEffect, ListKind
from fraud.identities import email_hash
from fraud.models import List, ListEntry
from fraud.rules.list_values import NotAValue, normalised
from fraud.rules.shipped_lists import SHIPPED_LISTS
from fraud.selectors import lists as selector

NAME = re.compile(r"[a-z][a-z0-9_]{2,49}", re.ASCII)
LONGEST_REASON = 500


class InvalidList(Refusal):
    code = "INVALID_LIST"
    title = "The list is not one"


class InvalidEntry(Refusal):
    code = "INVALID_LIST_ENTRY"
    title = "The entry is not one"


class EntryNeedsSignature(Refusal):
    code = "LIST_ENTRY_NEEDS_SIGNATURE"
    status = 409
    title = "An entry that lets payments past their review needs a second person"


class EntryIsOver(Refusal):
    code = "LIST_ENTRY_IS_OVER"
    status = 409
    title = "The entry is over already"


def create(*, name: str, kind: str, effect: str, purpose: str, owner: str, actor: Actor, now: datetime) -> List:
    """A list that rules may ask as `list_<name>` from now on. Raises InvalidList with the field at fault."""
    if not NAME.fullmatch(name):
        raise _invalid_list("name", "3 to 50 lower-case letters, digits and underscores, a letter first")
    if kind not in ListKind.values:
        raise _invalid_list("kind", f"one of {', '.join(ListKind.values)}")
    if effect not in ListEffect.values:
        raise _invalid_list("effect", f"one of {', '.join(ListEffect.values)}")
    if not purpose.strip() or len(purpose) > 200:
        raise _invalid_list("purpose", "say in at most 200 characters what it is for")
    with transaction.atomic():
        made, is_new = List.objects.get_or_create(
            name=name,
            defaults={
                "kind": kind, "effect": effect, "purpose": purpose, "owner": owner, "created_by": str(actor),
                "created_at": now,
            },
        )  # fmt: skip
        if not is_new:
            raise _invalid_list("name", "another list has this name")
        audit.record(
            actor=actor, action="fraud.list.created", subject=f"fraud_list:{name}", at=now,
            details={"kind": kind, "effect": effect, "purpose": purpose, "owner": owner},
        )  # fmt: skip
    return made


def add(
    *, name: str, livemode: bool, value: str, reason: str, expires_at: datetime, actor: Actor, now: datetime
) -> ListEntry:
    """An entry of a list that blocks or warns, in force at once. The same value again is the entry in force.

    Raises ListNotFound, InvalidEntry, EntryNeedsSignature for an allow list (`fraud.approvals.lists`).
    """
    found = selector.get(name=name)
    if found.effect == ListEffect.ALLOW:
        raise EntryNeedsSignature
    return _add(found, livemode=livemode, value=value, reason=reason, expires_at=expires_at, actor=actor, now=now)


def add_signed(
    *,
    name: str,
    livemode: bool,
    value: str,
    reason: str,
    expires_at: datetime,
    approval_id: str,
    actor: Actor,
    now: datetime,
) -> ListEntry:
    """An entry of an allow list, for an executed approval. Raises ListNotFound, InvalidEntry."""
    return _add(
        selector.get(name=name),
        livemode=livemode,
        value=value,
        reason=reason,
        expires_at=expires_at,
        approval_id=approval_id,
        actor=actor,
        now=now,
    )


def end(*, entry_id: str, reason: str, actor: Actor, now: datetime) -> ListEntry:
    """Before its time. Raises EntryNotFound, EntryIsOver, InvalidEntry without a reason."""
    _require_reason(reason)
    with transaction.atomic():
        entry = ListEntry.objects.select_for_update().select_related("list").filter(entry_id=entry_id).first()
        if entry is None:
            raise selector.EntryNotFound(f"no entry is named {entry_id[:40]}")
        if entry.ended_at is not None or entry.expires_at <= now:
            raise EntryIsOver
        entry.ended_at, entry.ended_by, entry.ended_reason = now, str(actor), reason
        entry.save(update_fields=["ended_at", "ended_by", "ended_reason"])
        audit.record(
            actor=actor, action="fraud.list_entry.ended", subject=entry.entry_id, at=now,
            details={"list": entry.list.name, "value": entry.value, "reason": reason},
        )  # fmt: skip
    return entry


def checked_value(found: List, value: str) -> str:
    """What payments are compared with. Raises InvalidEntry."""
    try:
        return normalised(ListKind(found.kind), value, email_hash=email_hash)
    except NotAValue as error:
        raise _invalid_entry("value", str(error)) from None


def require_end(found: List, *, expires_at: datetime, now: datetime) -> None:
    """Raises InvalidEntry for a time that is past or further away than the parameter of this effect allows."""
    name = "fraud.allow_entry_days" if found.effect == ListEffect.ALLOW else "fraud.list_entry_days"
    days = parameters.read(name, at=now)
    if not now < expires_at <= now + timedelta(days=days):
        raise _invalid_entry("expires_at", f"an entry of this list ends within {days} days")


def install_shipped() -> None:
    """The lists that the shipped rules ask, where they are missing; run after every migrate."""
    known = set(List.objects.values_list("name", flat=True))
    List.objects.bulk_create(
        [
            List(
                name=each.name,
                kind=each.kind,
                effect=each.effect,
                purpose=each.purpose,
                owner=str(SYSTEM),
                created_by=str(SYSTEM),
                created_at=SHIPPED_SINCE,
            )
            for each in SHIPPED_LISTS
            if each.name not in known
        ],
        ignore_conflicts=True,
    )


def _add(
    found: List,
    *,
    livemode: bool,
    value: str,
    reason: str,
    expires_at: datetime,
    approval_id: str = "",
    actor: Actor,
    now: datetime,
) -> ListEntry:
    _require_reason(reason)
    require_end(found, expires_at=expires_at, now=now)
    value = checked_value(found, value)
    with transaction.atomic():
        # One writer of a list at a time: the same value is not added twice.
        List.objects.select_for_update().get(pk=found.pk)
        known = selector.find_in_force(name=found.name, livemode=livemode, value=value, now=now)
        if known is not None and known.expires_at >= expires_at:
            return known
        entry = ListEntry.objects.create(
            entry_id=ids.prefixed("lse", now),
            list=found,
            livemode=livemode,
            value=value,
            reason=reason,
            approval_id=approval_id,
            added_by=str(actor),
            added_at=now,
            expires_at=expires_at,
        )
        audit.record(
            actor=actor, action="fraud.list_entry.added", subject=entry.entry_id, at=now,
            details={"list": found.name, "value": value, "reason": reason, "livemode": livemode,
                     "expires_at": expires_at.isoformat(), "approval": approval_id or None},
        )  # fmt: skip
    return entry


def _require_reason(reason: str) -> None:
    if not reason.strip() or len(reason) > LONGEST_REASON:
        raise _invalid_entry("reason", f"give a reason of at most {LONGEST_REASON} characters")


def _invalid_list(field: str, reason: str) -> InvalidList:
    return InvalidList(f"{field}: {reason}", errors=(FieldError(f"/{field}", reason),))


def _invalid_entry(field: str, reason: str) -> InvalidEntry:
    return InvalidEntry(f"{field}: {reason}", errors=(FieldError(f"/{field}", reason),))
