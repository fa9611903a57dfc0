"""A file that shall not leave: its entries wait again, or another file takes them over."""

from dataclasses import asdict
from datetime import datetime
from typing import ClassVar

from django.db import transaction

from ach.enums import CutoffState, EntryState, FileState
from ach.events import FileWithdrawn, RailRecovered
from ach.models import Cutoff, Entry, File
from ach.models.file import AT_HOME
from ach.selectors.files import FileNotFound
from ach.services import replies
from ach.services.lateness import Group, again
from ach.states import FileStateForbids
from core.actors import SYSTEM, Actor
from core.approvals import services as approvals
from core.approvals.selectors.requests import find_open
from core.audit import services as audit
from core.outbox import services as outbox

RELEASE = "ach.release_file"
DELIVERY_FAILED = "ach.delivery_failed"


class FileMayHaveLeft(FileStateForbids):
    """A try to deliver it has begun, or somebody carries it: whether the bank has it is not known here."""

    code: ClassVar[str] = "ACH_FILE_MAY_HAVE_LEFT"
    title: ClassVar[str] = "The file may have left"


def may_have_left(file: File) -> bool:
    """Whether the bank can have its bytes, as far as anybody here knows."""
    return bool(file.stage or file.by_hand or file.state not in AT_HOME)


def locked(file_id: str) -> File:
    """Without its content. Raises FileNotFound."""
    found = File.objects.select_for_update(no_key=True, of=("self",)).defer("content")
    file = found.select_related("originator", "cutoff").filter(public_id=file_id).first()
    if file is None:
        raise FileNotFound(f"no file is named {file_id[:40]}")
    return file


def require(file: File, *states: FileState) -> None:
    if file.state not in states:
        raise FileStateForbids(f"{file.public_id} is {file.state}")


def withdraw(*, file_id: str, why: str, actor: Actor, now: datetime) -> File:
    """Its entries wait for the cutoff that their day allows now. Raises FileNotFound, FileStateForbids,
    FileMayHaveLeft."""
    with transaction.atomic():
        file = locked(file_id)
        if file.state == FileState.WITHDRAWN:
            return file
        require(file, *AT_HOME)
        if may_have_left(file):
            raise FileMayHaveLeft(f"{file.public_id}: a delivery of it has begun")
        _let_go(file, now)
        replies.let_go(file, now=now)
        end(file, why=why, replaced_by="", actor=actor, now=now)
        reopen_or_close(file.cutoff_id, now)
    return file


def end(file: File, *, why: str, replaced_by: str, actor: Actor, now: datetime) -> None:
    """The file is locked. Nobody is asked to sign it any more."""
    if request := find_open(action=RELEASE, subject=file.public_id):
        approvals.withdraw(request_id=request.request_id, actor=SYSTEM, reason=why[:300], now=now)
    file.state, file.state_why, file.version = FileState.WITHDRAWN, why[:300], file.version + 1
    file.save(update_fields=["state", "state_why", "version"])
    audit.record(
        actor=actor, action="ach.file.withdrawn", subject=file.public_id, at=now,
        details={"why": file.state_why, "replaced_by": replaced_by, "livemode": file.livemode},
    )  # fmt: skip
    end_alarm(file, f"{file.name} was withdrawn", now)
    outbox.publish(FileWithdrawn(file.public_id, replaced_by, file.state_why, file.livemode, now), now=now)


def end_alarm(file: File, said: str, now: datetime) -> None:
    """Operations that heard of failed tries to deliver it need not look any more. In the caller's transaction."""
    if file.tries > 1 or (file.tries and file.state == FileState.WITHDRAWN):
        outbox.publish(RailRecovered(DELIVERY_FAILED, file.public_id, said, file.livemode, now), now=now)


def reopen_or_close(cutoff_pk: int, now: datetime) -> None:
    """The cutoff is as far as the least of its files."""
    cutoff = Cutoff.objects.select_for_update(no_key=True).get(pk=cutoff_pk)
    states = set(File.objects.filter(cutoff=cutoff).values_list("state", flat=True))
    if FileState.PLANNED in states:
        state = CutoffState.CLAIMED
    elif states & {FileState.BUILT, FileState.UNSIGNED, FileState.READY}:
        state = CutoffState.BUILT
    else:
        state = CutoffState.DONE
    if cutoff.state != state:
        cutoff.state, cutoff.done_at = state, now if state == CutoffState.DONE else None
        cutoff.save(update_fields=["state", "done_at"])


def _let_go(file: File, now: datetime) -> None:
    """Few groups, however many entries."""
    filed = Entry.objects.filter(file=file, state=EntryState.FILED)
    groups = filed.values_list("priority", "direction", "sec", "effective_on").distinct()
    for group, planned in again([Group(*each) for each in groups], now=now).items():
        filed.filter(**asdict(group)).update(
            state=EntryState.WAITING, state_why="its file was withdrawn", file=None, batch_number=None, line=None,
            trace="", filed_at=None, priority=planned.priority, effective_on=planned.effective,
            due_at=planned.cutoff.at,
        )  # fmt: skip
