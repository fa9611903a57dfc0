"""Files in people's hands: taken out, carried to the bank and confirmed by another person, or built anew."""

import hmac
from datetime import datetime
from typing import ClassVar

from django.db import transaction

from ach.enums import FileState
from ach.models import File
from ach.services import contents, delivered
from ach.services.rebuilding import ask as ask_rebuild
from ach.services.rebuilding import rebuild
from ach.services.withdrawing import FileMayHaveLeft, locked, require, withdraw
from core.actors import Actor
from core.audit import services as audit
from core.errors import FieldError, Refusal
from core.staff import roles

__all__ = ["ask_rebuild", "confirm_by_hand", "export", "rebuild", "withdraw"]


EXPORT, CONFIRM = "ach.export_file", "ach.confirm_file"


class NotYours(Refusal):
    """Files are taken out and confirmed by people whose roles say so, never by a program."""

    code: ClassVar[str] = "ACH_FILE_NOT_YOURS"
    status: ClassVar[int] = 403
    title: ClassVar[str] = "Your roles do not allow it"


class NotTheSamePerson(Refusal):
    """Who carried a file does not confirm that it arrived."""

    code: ClassVar[str] = "ACH_FILE_NEEDS_ANOTHER_PERSON"
    status: ClassVar[int] = 403
    title: ClassVar[str] = "Another person has to confirm it"


class NotThisFile(Refusal):
    """The hash is of other bytes: what was uploaded is not what was built."""

    code: ClassVar[str] = "ACH_FILE_HASH_DIFFERS"
    title: ClassVar[str] = "The hash is not that of the file"


def export(*, file_id: str, actor: Actor, now: datetime) -> tuple[str, bytes]:
    """Name and bytes of a released file, for a person who uploads it: from now on no program delivers it.

    Whoever exports it last carries it. Raises NotYours, FileNotFound, FileStateForbids, FileMayHaveLeft while a try is
    under way, VaultUnavailable, ContentDamaged.
    """
    _require_person(actor, EXPORT)
    with transaction.atomic():
        file = locked(file_id)
        require(file, FileState.READY)
        # A try whose end was seen says how it ended.
        if file.stage and not file.state_why:
            raise FileMayHaveLeft(f"{file.public_id} is being delivered; wait for the end of this try")
        file.by_hand = str(actor)
        file.save(update_fields=["by_hand"])
        audit.record(
            actor=actor, action="ach.file.exported", subject=file.public_id, at=now,
            details={"sha256": file.sha256, "entries": file.entry_count, "livemode": file.livemode},
        )  # fmt: skip
    return file.name, contents.open_(File.objects.get(pk=file.pk))


def confirm_by_hand(*, file_id: str, sha256: str, by: Actor, now: datetime) -> File:
    """The bank has it: `sha256` is of what was uploaded, `by` somebody else than who carried it.

    Raises NotYours, FileNotFound, FileStateForbids, NotTheSamePerson, NotThisFile.
    """
    _require_person(by, CONFIRM)
    with transaction.atomic():
        file = locked(file_id)
        require(file, FileState.READY)
        if not file.by_hand or file.by_hand == str(by):
            raise NotTheSamePerson("nobody has taken it out" if not file.by_hand else f"{by} carried it")
        if not hmac.compare_digest(sha256.strip().lower().encode(), file.sha256.encode()):
            raise NotThisFile(errors=(FieldError("/sha256", "is not that of the file"),))
        file.confirmed_by = str(by)
        delivered.mark(file, remote_name="by hand", actor=by, now=now)
    return file


def _require_person(actor: Actor, permission: str) -> None:
    if actor.kind != "STAFF" or not roles.grants(actor.roles, permission):
        raise NotYours(f"{permission} is not among the permissions of {actor}")
