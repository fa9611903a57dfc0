"""A written file is released: at once, or by the people that its total needs."""

from collections.abc import Mapping
from datetime import datetime

import structlog
from django.db import transaction

from ach.enums import FileState
from ach.models import Batch, File
from ach.parameters import number
from ach.services import withdrawing
from ach.services.withdrawing import locked, may_have_left, require
from core.actors import SYSTEM, Actor
from core.approvals import services as approvals
from core.approvals.services import NobodyCanSign
from core.audit import services as audit
from core.audit.chain import JSON
from core.errors import Refusal
from core.money import Money

log = structlog.get_logger("holdfast.ach")
ACTION = withdrawing.RELEASE


class FileChanged(Refusal):
    """It is not the file that was signed."""

    code = "ACH_FILE_CHANGED"
    status = 409
    title = "The file is not the one that was signed"


def needs_signatures(file: File, at: datetime) -> bool:
    return largest_total(file) >= number("approval_file_minor", at)


def largest_total(file: File) -> int:
    return max(file.debit_minor, file.credit_minor)


def covered(file: File) -> dict[str, JSON]:
    """What a signature is on: these bytes with these totals in these batches."""
    batches = Batch.objects.filter(file=file).order_by("number")
    return {
        "sha256": file.sha256, "entries": file.entry_count, "debitMinor": file.debit_minor,
        "creditMinor": file.credit_minor, "entryHash": file.entry_hash,
        "batches": [
            f"{row.number} {row.sec} {row.description} {row.effective_on} {row.entry_count} entries, "
            f"debits {Money(row.debit_minor)}, credits {Money(row.credit_minor)}"
            for row in batches
        ],
    }  # fmt: skip


def release(*, file_id: str, now: datetime) -> File:
    """BUILT becomes READY, or UNSIGNED with the question asked. Where nobody could sign it stays BUILT: again later."""
    with transaction.atomic():
        file = locked(file_id)
        if file.state != FileState.BUILT:
            return file
        if needs_signatures(file, now):
            request = approvals.ask(
                action=ACTION, subject=file.public_id, given={}, actor=SYSTEM, now=now,
                reason=f"Built for the cutoff of {file.cutoff.at:%Y-%m-%d %H:%M} UTC",
            )  # fmt: skip
            file.state, file.approval_id = FileState.UNSIGNED, request.request_id
            _save(file, "unsigned", SYSTEM, now, approval=request.request_id)
        else:
            file.state = FileState.READY
            _save(file, "released", SYSTEM, now)
    return file


def release_or_wait(*, file_id: str, now: datetime) -> str:
    """The reason why it waits, or nothing."""
    try:
        release(file_id=file_id, now=now)
    except NobodyCanSign as refused:
        log.warning("nobody can sign the file", file=file_id)
        return refused.detail
    return ""


def release_signed(
    *, file_id: str, request_id: str, version: Mapping[str, JSON], actor: Actor, now: datetime
) -> File:  # fmt: skip
    """For an executed approval. Raises FileNotFound, FileStateForbids, FileChanged."""
    with transaction.atomic():
        file = locked(file_id)
        require(file, FileState.UNSIGNED)
        if file.approval_id != request_id or dict(version) != covered(file):
            raise FileChanged
        file.state = FileState.READY
        _save(file, "released", actor, now, approval=request_id)
    return file


def end_question(*, file_id: str, request_id: str, why: str, actor: Actor, now: datetime) -> None:
    """Refused, withdrawn, expired or void: the file does not leave, its entries wait again."""
    with transaction.atomic():
        file = locked(file_id)
        if file.state == FileState.UNSIGNED and file.approval_id == request_id and not may_have_left(file):
            withdrawing.withdraw(file_id=file_id, why=why, actor=actor, now=now)


def _save(file: File, verb: str, actor: Actor, now: datetime, **details: JSON) -> None:
    file.version += 1
    file.save(update_fields=["state", "approval_id", "version"])
    audit.record(
        actor=actor, action=f"ach.file.{verb}", subject=file.public_id, at=now,
        details={"sha256": file.sha256, "livemode": file.livemode, **details},
    )  # fmt: skip
