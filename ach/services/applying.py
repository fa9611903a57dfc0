"""The lines of a file that was read, each in a short transaction of its own."""

from datetime import datetime, timedelta

from django.db import Error as DatabaseError
from django.db import transaction

from ach import acknowledgement_formats
from ach.acknowledgement_formats import Answer
from ach.enums import FileState, InboundKind, InboundState, ItemKind, ItemState
from ach.models import InboundFile, InboundItem
from ach.parameters import number
from ach.services import acknowledgements, change_details, changes, dishonors, matching, reading, returns, suspense
from ach.services.change_details import Opened
from ach.services.matching import Match, Outcome
from core.errors import Refusal
from core.work import failpoints

_NOT_YET = (FileState.PLANNED, FileState.BUILT, FileState.UNSIGNED, FileState.READY)


def apply_all(file: InboundFile, *, now: datetime) -> None:
    """DONE once nothing is left to try. Raises the first error that a line met, after all others had their try."""
    failure = _apply_answers(file, now) if file.kind == InboundKind.ACKNOWLEDGEMENT else _apply_items(file, now)
    if isinstance(failure, Exception):
        raise failure
    if not failure:
        with transaction.atomic():
            InboundFile.objects.filter(pk=file.pk, state=InboundState.READ).update(state=InboundState.DONE)
        file.refresh_from_db(fields=["state"])


def _apply_items(file: InboundFile, now: datetime) -> Exception | bool:
    """True where something has to wait."""
    failure: Exception | None = None
    unread = InboundItem.objects.filter(file=file, state=ItemState.READ).order_by("id")
    for key in list(unread.values_list("pk", flat=True)):
        try:
            apply(key, now=now)
        except (DatabaseError, Refusal) as error:
            failure = failure or error
        failpoints.reach("ach.item_applied")
    return failure or InboundItem.objects.filter(file=file, state=ItemState.READ).exists()


def apply(key: int, *, now: datetime) -> None:
    """One item. Again changes nothing. Not in a transaction: a correction is opened first."""
    item = InboundItem.objects.select_related("file").get(pk=key)
    opened = change_details.open_(item) if item.kind == ItemKind.CHANGE and item.state == ItemState.READ else None
    with transaction.atomic():
        rows = InboundItem.objects.select_for_update(of=("self",), no_key=True)
        item = rows.select_related("file__originator").get(pk=key)
        if item.state == ItemState.READ:
            _apply(item, opened, now)


def _apply(item: InboundItem, opened: Opened | None, now: datetime) -> None:
    if item.kind not in (ItemKind.RETURN, ItemKind.CHANGE, ItemKind.CONTESTED):
        suspense.put(item, "it answers no entry that we sent", now=now)
        return
    match = matching.find(item, now=now)
    failpoints.reach("ach.item_matched")
    if match.outcome is Outcome.EARLY and _may_wait(item, now):
        return
    if match.outcome is not Outcome.ONE or match.entry is None:
        suspense.put(item, match.why, now=now)
    elif item.kind == ItemKind.RETURN:
        returns.apply(item, match.entry, now=now)
    elif opened is not None:
        changes.receive(item, match.entry, opened, now=now)
    else:
        _contest(item, match, now)


def _contest(item: InboundItem, match: Match, now: datetime) -> None:
    assert match.entry is not None
    made, early = dishonors.find_contested(item)
    if early and _may_wait(item, now):
        return
    if made is None or early:
        suspense.put(item, "it contests what we have not dishonored", now=now)
    else:
        dishonors.contest(item, match.entry, made, now=now)


def _may_wait(item: InboundItem, now: datetime) -> bool:
    return now < item.file.received_at + timedelta(hours=number("match_wait_hours", now))


def _apply_answers(file: InboundFile, now: datetime) -> bool:
    """What answers a file that we have not marked as delivered waits (True); what fits no file of ours is told."""
    parse = acknowledgement_formats.named(file.originator.settings.get("acknowledgement"))
    waits = [_answer(file, answer, now) for answer in parse(reading.content_of(file))]
    return any(waits)


def _answer(file: InboundFile, answer: Answer, now: datetime) -> bool:
    found = acknowledgements.find(file.originator, answer)
    late = now >= file.received_at + timedelta(hours=number("match_wait_hours", now))
    if found is not None and found.state in _NOT_YET and not late:
        return True
    problem = f"{answer.file_name[:120]}: acknowledges no file that we delivered"
    if found is not None:
        try:
            acknowledgements.apply(file=found, accepted=answer.accepted, why=answer.why, now=now)
        except Refusal as refused:
            problem = refused.detail
        else:
            return False
    with transaction.atomic():
        reading.trouble(file, "ach.strange_acknowledgement", problem, now)
    return False
