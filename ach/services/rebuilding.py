"""A file in another's place: the same batches, entries and trace numbers under a new header."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from ach.enums import Carries, CutoffState, EntryState, FileState
from ach.models import Batch, Entry, File, Originator
from ach.models.file import AT_HOME
from ach.selectors import files as register
from ach.services import headers, replies, withdrawing
from ach.services.releasing import FileChanged
from ach.services.withdrawing import FileMayHaveLeft, locked, may_have_left, require
from core.actors import Actor
from core.approvals import services as approvals
from core.approvals.models import ApprovalRequest
from core.audit import services as audit
from core.audit.chain import JSON

ACTION = "ach.rebuild_file"
REBUILDABLE = (*AT_HOME, FileState.REJECTED)
AT_ONCE = 10_000
_COPIED = ("number", "sec", "description", "descriptive_date", "effective_on", "service_class")


def rebuild(*, file_id: str, why: str, actor: Actor, now: datetime) -> File:
    """The new file, PLANNED: it is written with the next pass. The old one is WITHDRAWN, or stays REJECTED.

    Raises FileNotFound, FileStateForbids, and FileMayHaveLeft where two people have to say that the bank has nothing
    of it (`ask`).
    """
    with transaction.atomic():
        file = locked_with_originator(file_id)
        require_rebuildable(file)
        if may_have_left(file):
            raise FileMayHaveLeft(f"{file.public_id}: ask for signatures that the bank has not booked it")
        return _replace(file, why, actor, now)


def ask(*, file_id: str, why: str, actor: Actor, now: datetime) -> ApprovalRequest:
    """For a file that may have left. Raises FileNotFound, FileStateForbids, and what asking raises."""
    return approvals.ask(action=ACTION, subject=file_id, given={}, reason=why, actor=actor, now=now)


def covered(file: File) -> dict[str, JSON]:
    return {"sha256": file.sha256, "state": file.state, "tries": file.tries, "byHand": file.by_hand}


def require_rebuildable(file: File) -> None:
    """Raises FileStateForbids."""
    require(file, *REBUILDABLE)
    if File.objects.filter(replaces=file).exists():
        raise FileChanged(f"{file.public_id} was rebuilt already")


def rebuild_signed(*, file_id: str, version: Mapping[str, JSON], why: str, actor: Actor, now: datetime) -> File:
    """For an executed approval. Raises FileChanged where a try was made meanwhile."""
    with transaction.atomic():
        file = locked_with_originator(file_id)
        if dict(version) != covered(file):
            raise FileChanged(f"{file.public_id} went on meanwhile")
        return _replace(file, why, actor, now)


def locked_with_originator(file_id: str) -> File:
    """In the program's order: the originator, whose headers are given, before the file."""
    named = register.get(file_id)
    Originator.objects.select_for_update(no_key=True).get(pk=named.originator_id)
    return locked(file_id)


def _replace(file: File, why: str, actor: Actor, now: datetime) -> File:
    require_rebuildable(file)
    new = headers.new_file(file.originator, file.cutoff, now=now, replaces=file, carries=file.carries)
    Batch.objects.bulk_create(
        [
            Batch(file=new, **{name: getattr(row, name) for name in _COPIED})
            for row in Batch.objects.filter(file=file).order_by("number")
        ]
    )
    moved = _take_over(file, new) if file.carries == Carries.ENTRIES else replies.take_over(file, new)
    new.first_trace, new.entry_count, new.batches = file.first_trace, moved, file.batches
    new.debit_minor, new.credit_minor = file.debit_minor, file.credit_minor
    new.save(update_fields=["first_trace", "entry_count", "batches", "debit_minor", "credit_minor"])
    if file.state != FileState.REJECTED:
        withdrawing.end(file, why=why, replaced_by=new.public_id, actor=actor, now=now)
    file.cutoff.state, file.cutoff.done_at = CutoffState.CLAIMED, None
    file.cutoff.save(update_fields=["state", "done_at"])
    audit.record(
        actor=actor, action="ach.file.rebuilt", subject=new.public_id, at=now,
        details={"replaces": file.public_id, "entries": moved, "why": why[:300], "livemode": file.livemode},
    )  # fmt: skip
    return new


def _take_over(file: File, new: File) -> int:
    """Entries keep batch and trace. What has come back meanwhile stays where it was."""
    states = (EntryState.FILED, EntryState.SENT, EntryState.ACKNOWLEDGED)
    keys = list(Entry.objects.filter(file=file, state__in=states).order_by("pk").values_list("pk", flat=True))
    for start in range(0, len(keys), AT_ONCE):
        Entry.objects.filter(pk__in=keys[start : start + AT_ONCE]).update(
            file=new, state=EntryState.FILED, line=None, sent_at=None, settles_on=None, settles_at=None
        )
    return len(keys)
