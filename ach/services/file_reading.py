"""A sealed file shown to a person: some of its lines, masked, and in the audit record before they are."""

from datetime import datetime

from django.db import transaction

from ach.enums import FileState
from ach.file_lines import Excerpt, excerpt
from ach.models import File
from ach.services import contents
from ach.states import FileStateForbids
from core.actors import Actor
from core.audit import services as audit


def read(file: File, *, first: int, count: int, actor: Actor, now: datetime) -> Excerpt:
    """Lines from `first` on. Not in a transaction of the caller's: the vault is asked.

    Raises FileStateForbids for a file that is not written yet, VaultUnavailable, UnableToOpen, ContentDamaged.
    """
    if file.state == FileState.PLANNED or not file.sha256:
        raise FileStateForbids(f"{file.public_id} is not written")
    shown = excerpt(contents.open_(File.objects.get(pk=file.pk)), first=first, count=count)
    with transaction.atomic():
        audit.record(
            actor=actor, action="ach.file.read", subject=file.public_id, at=now,
            details={"first_line": first, "lines": len(shown.lines), "livemode": file.livemode},
        )  # fmt: skip
    return shown
