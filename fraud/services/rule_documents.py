"""Versions of the rules as files: taken out, and taken in as a draft."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from core.actors import Actor
from core.errors import Refusal
from fraud.enums import ListEffect
from fraud.models import List, ListEntry, RuleSet
from fraud.parameters import thresholds
from fraud.rules import definitions
from fraud.rules.documents import ListDocument, RulesDocument
from fraud.selectors import lists as list_selector
from fraud.selectors import rule_sets as selector
from fraud.services import lists, rule_sets


class ListDiffers(Refusal):
    code = "LIST_DIFFERS"
    status = 409
    title = "A list of this name is another here"


@dataclass(frozen=True, slots=True)
class Taken:
    """What came of a file. `unsigned` are entries of allow lists, which are asked for one by one."""

    draft: RuleSet
    lists_made: tuple[str, ...] = ()
    entries_added: int = 0
    unsigned: int = 0


def document_of(*, version: int | None, with_entries: bool, now: datetime) -> RulesDocument:
    """A version (the one in force where none is named) with all lists and the thresholds in force.

    Raises RuleSetNotFound.
    """
    rule_set = selector.get_active() if version is None else selector.get(version=version)
    return RulesDocument(
        rules=tuple(definitions.read(rule_set.rules)),
        note=rule_set.note,
        version=rule_set.version,
        digest=rule_set.digest,
        lists=tuple(_list_document(each, with_entries=with_entries, now=now) for each in List.objects.all()),
        thresholds=thresholds(at=now),
    )


def take(*, document: RulesDocument, with_entries: bool, actor: Actor, now: datetime) -> Taken:
    """Make a draft of it, and the lists that are missing here. Thresholds are dated parameters and stay as they are.

    Entries of lists that block or warn come with `with_entries`, those that are over already do not. All of it or
    nothing. Raises InvalidRules, InvalidEntry, ListDiffers where a list has another kind or effect here.
    """
    with transaction.atomic():
        made = tuple(each.name for each in document.lists if _make_missing(each, actor=actor, now=now))
        drafted = rule_sets.draft(rules=document.rules, note=document.note, actor=actor, now=now)
        added = unsigned = 0
        for each in document.lists if with_entries else ():
            if each.effect == ListEffect.ALLOW:
                unsigned += len(each.entries or ())
            else:
                added += _add_entries(each, actor=actor, now=now)
    return Taken(drafted, made, added, unsigned)


def _list_document(found: List, *, with_entries: bool, now: datetime) -> ListDocument:
    entries = None
    if with_entries:
        in_force = ListEntry.objects.filter(list=found, ended_at__isnull=True, expires_at__gt=now)
        entries = [
            {
                "value": entry.value,
                "livemode": entry.livemode,
                "reason": entry.reason,
                "expires_at": entry.expires_at.isoformat(),
            }
            for entry in in_force.order_by("value", "livemode", "id")
        ]
    return ListDocument(found.name, found.kind, found.effect, found.purpose, entries)


def _make_missing(wanted: ListDocument, *, actor: Actor, now: datetime) -> bool:
    known = List.objects.filter(name=wanted.name).first()
    if known is None:
        lists.create(
            name=wanted.name, kind=wanted.kind, effect=wanted.effect, purpose=wanted.purpose, owner=str(actor),
            actor=actor, now=now,
        )  # fmt: skip
        return True
    if (known.kind, known.effect) != (wanted.kind, wanted.effect):
        raise ListDiffers(f"{wanted.name} is a list of {known.kind} that is for {known.effect} here")
    return False


def _add_entries(wanted: ListDocument, *, actor: Actor, now: datetime) -> int:
    added = 0
    for each in wanted.entries or ():
        try:
            ends = datetime.fromisoformat(each["expires_at"])
        except ValueError:
            raise lists.InvalidEntry(f"{wanted.name}: {each['expires_at'][:40]} is no ISO time") from None
        if ends.tzinfo is None:
            raise lists.InvalidEntry(f"{wanted.name}: {each['expires_at'][:40]} has no zone")
        livemode = each.get("livemode") is True
        if ends <= now or list_selector.find_in_force(
            name=wanted.name, livemode=livemode, value=each["value"], now=now
        ):
            continue
        lists.add(
            name=wanted.name, livemode=livemode, value=each["value"], reason=each["reason"], expires_at=ends,
            actor=actor, now=now,
        )  # fmt: skip
        added += 1
    return added
