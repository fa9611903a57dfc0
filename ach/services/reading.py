"""A stored file is read: as a whole or not at all."""

from datetime import datetime

from django.db import transaction

from ach import acknowledgement_formats, received
from ach.calendar.eastern import eastern
from ach.enums import CaseKind, InboundKind, InboundState, ItemKind
from ach.events import RailTroubled, ReceivedFileRead
from ach.models import File, InboundFile, InboundItem
from ach.received import Line, NotReadable, Received
from ach.services import cases, change_details
from core import ids
from core.actors import SYSTEM
from core.audit import services as audit
from core.outbox import services as outbox
from core.vault import envelope
from core.vault.purposes import Purpose
from core.work import failpoints

_AT_ONCE = 1_000
_READ = ("problem", "warnings", "item_count", "read_at", "debit_minor", "credit_minor")
_SEALED = (ItemKind.CHANGE, ItemKind.REFUSED_CHANGE)


def content_of(file: InboundFile) -> bytes:
    """The bytes as they came. Raises VaultUnavailable, UnableToOpen."""
    return envelope.decrypt(purpose=Purpose.ACH, ciphertext=bytes(file.content), context=context_of(file))


def context_of(file: InboundFile) -> dict[str, str]:
    return {
        "table": "ach_inboundfile", "row": file.public_id, "originator": file.originator.public_id,
        "sha256": file.sha256,
    }  # fmt: skip


def read(file: InboundFile, *, now: datetime) -> None:
    """STORED becomes READ with a row for every line, or UNREADABLE with a case. Not in a transaction."""
    content = content_of(file)
    try:
        found = _read(file, content)
    except (NotReadable, acknowledgement_formats.NotAnAcknowledgement) as problem:
        _finish(file, InboundState.UNREADABLE, Received(), [], str(problem), now)
        return
    items = [_item(file, line, now) for line in found.lines]
    failpoints.reach("ach.inbound_parsed")
    _finish(file, InboundState.READ, found, items, "", now)


def _read(file: InboundFile, content: bytes) -> Received:
    if file.kind == InboundKind.ACKNOWLEDGEMENT:
        # Looked at again when it is applied; what cannot be parsed is told now.
        acknowledgement_formats.named(file.originator.settings.get("acknowledgement"))(content)
        return Received()
    if File.objects.filter(originator=file.originator, sha256=file.sha256).exists():
        raise NotReadable("it is a file of ours that has come back")
    return received.read(content, near=eastern(file.received_at).date())


def _item(file: InboundFile, line: Line, now: datetime) -> InboundItem:
    item_id = ids.prefixed("item", now)
    sealed = b""
    if line.kind in _SEALED:
        sealed = change_details.seal(line.corrected, item_id=item_id, livemode=file.livemode)
    return InboundItem(
        public_id=item_id, file=file, line=line.line, kind=line.kind, code=line.code, sec=line.sec,
        transaction_code=line.transaction_code, amount_minor=line.amount_minor, original_trace=line.original_trace,
        original_rdfi=line.original_rdfi, company_id=line.company_id, trace=line.trace, settles_on=line.settles_on,
        date_of_death=line.date_of_death, detail=line.detail, description=line.description,
        dishonored_trace=line.dishonored_trace, sealed=sealed,
    )  # fmt: skip


def _finish(
    file: InboundFile, state: InboundState, found: Received, items: list[InboundItem], problem: str, now: datetime
) -> None:
    with transaction.atomic():
        locked = InboundFile.objects.select_for_update(no_key=True).defer("content").get(pk=file.pk)
        if locked.state == InboundState.STORED:
            InboundItem.objects.bulk_create(items, batch_size=_AT_ONCE)
            locked.state, locked.problem, locked.warnings = state, problem[:300], found.warnings
            locked.item_count, locked.read_at = len(items), now
            locked.debit_minor, locked.credit_minor = found.debit_minor, found.credit_minor
            locked.save(update_fields=[*_READ, "state"])
            _tell(locked, now)
    file.refresh_from_db(fields=[*_READ, "state"])


def _tell(file: InboundFile, now: datetime) -> None:
    audit.record(
        actor=SYSTEM, action="ach.inbound.read", subject=file.public_id, at=now,
        details={"state": file.state, "items": file.item_count, "problem": file.problem, "livemode": file.livemode},
    )  # fmt: skip
    outbox.publish(
        ReceivedFileRead(file.public_id, file.state, file.item_count, len(file.warnings), file.livemode, now), now=now
    )
    if file.state == InboundState.UNREADABLE:
        trouble(file, "ach.inbound_unreadable", f"{file.name}: {file.problem}", now)


def trouble(file: InboundFile, alarm: str, summary: str, now: datetime) -> None:
    """A case, and operations are told. In the caller's transaction."""
    cases.open_(
        kind=CaseKind.UNREADABLE_FILE, subject=file.public_id, summary=summary, livemode=file.livemode, now=now,
        facts={"name": file.name, "sha256": file.sha256, "size": file.size},
    )  # fmt: skip
    outbox.publish(RailTroubled(alarm, file.public_id, "P2", summary[:200], "", file.livemode, now), now=now)
