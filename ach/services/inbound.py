"""What the bank sends: stored with its hash before anybody reads it, read as a whole, applied line by line.

Each step commits by itself and finds what the one before it left, so that it goes on after a crash at any point.
"""

import hashlib
from datetime import datetime
from typing import ClassVar

import structlog
from django.db import IntegrityError, transaction

from ach import acknowledgement_formats, transport
from ach.enums import InboundKind, InboundState
from ach.events import FileReceived, RailTroubled
from ach.models import InboundFile, Originator
from ach.parameters import number
from ach.services import applying, mailboxes, reading
from ach.transport import Transport, TransportFailed
from core import ids
from core.actors import SYSTEM, Actor
from core.audit import services as audit
from core.database.refusals import refusal_name
from core.errors import Refusal
from core.outbox import services as outbox
from core.vault import envelope
from core.vault.purposes import Purpose
from core.work import failpoints
from core.work import services as work
from core.work.engine import describe

log = structlog.get_logger("holdfast.ach")
WORK = "ach.process_inbound"
_ONCE = "ach_inbound_content_is_taken_once"
_MEGABYTE = 1 << 20


class InboundTooLarge(Refusal):
    code: ClassVar[str] = "ACH_INBOUND_TOO_LARGE"
    status: ClassVar[int] = 413
    title: ClassVar[str] = "The file is too large"


def take_in(*, originator: Originator, name: str, content: bytes, actor: Actor, now: datetime) -> InboundFile:
    """Store it sealed and order its processing. The same bytes again are a DUPLICATE that nothing is applied from.

    Not in a transaction. Raises InboundTooLarge, VaultUnavailable.
    """
    most = number("inbound_megabytes", now)
    if len(content) > most * _MEGABYTE:
        raise InboundTooLarge(f"content: has {len(content)} bytes, taken in are {most} megabytes at most")
    digest = hashlib.sha256(content).hexdigest()
    file = InboundFile(
        public_id=ids.prefixed("inb", now), livemode=originator.livemode, originator=originator, name=name[-200:],
        kind=InboundKind.ACKNOWLEDGEMENT if acknowledgement_formats.is_one(name, content) else InboundKind.NACHA,
        sha256=digest, size=len(content), received_by=str(actor), received_at=now,
    )  # fmt: skip
    file.content = envelope.encrypt(purpose=Purpose.ACH, plaintext=content, context=reading.context_of(file))
    if _store(file, actor, now):
        return file
    # The bytes are kept with the first.
    file.content, file.state, file.first = b"", InboundState.DUPLICATE, _first(originator, digest)
    _store(file, actor, now)
    return file


def process(*, file_id: str, now: datetime) -> InboundFile:
    """Read it and apply every line that can be applied; what must wait is tried again. Not in a transaction.

    A line that fails leaves the others applied and is raised afterwards, so that whoever ordered the work orders it
    again. Raises VaultUnavailable, UnableToOpen before anything is done.
    """
    file = InboundFile.objects.select_related("originator").get(public_id=file_id)
    if file.state == InboundState.STORED:
        reading.read(file, now=now)
        failpoints.reach("ach.inbound_read")
    if file.state == InboundState.READ:
        applying.apply_all(file, now=now)
    return file


def process_waiting(*, now: datetime, limit: int = 100) -> int:
    """Order again what is stored or read and has something left. Returns how many."""
    waiting = InboundFile.objects.filter(state__in=(InboundState.STORED, InboundState.READ)).order_by("id")
    found = list(waiting.values_list("public_id", flat=True)[:limit])
    with transaction.atomic():
        for file_id in found:
            work.enqueue(kind=WORK, key=file_id, payload={}, due_at=now, now=now)
    return len(found)


def fetch_all(*, now: datetime) -> int:
    """From every open originator whose pause is over; a bank that cannot be reached keeps no other waiting.

    Returns how many files. Not in a transaction. What is fetched twice because the process died in between is a
    DUPLICATE.
    """
    fetched, resting = 0, mailboxes.resting(now=now)
    for originator in Originator.objects.filter(closed_at=None).exclude(pk__in=resting).order_by("id"):
        try:
            way = transport.open_(originator, timeout_seconds=number("transport_timeout_seconds", now))
            for file in way.fetch():
                fetched += _take(originator, way, file, now)
        except Refusal as failure:
            mailboxes.fail(originator, failure, now=now)
        except Exception as error:  # noqa: BLE001 - whatever a server or library does, the others are asked
            mailboxes.fail(originator, TransportFailed(describe(error)), now=now)
        else:
            mailboxes.work_again(originator, now=now)
    return fetched


def _take(originator: Originator, way: Transport, file: transport.Fetched, now: datetime) -> int:
    """A file that cannot be taken in stays there for a person; those after it are taken."""
    try:
        take_in(originator=originator, name=file.name, content=file.content, actor=SYSTEM, now=now)
    except InboundTooLarge as refused:
        _tell_too_large(originator, refused, now)
        return 0
    failpoints.reach("ach.inbound_stored")
    way.done(file.name)
    return 1


def _tell_too_large(originator: Originator, refused: InboundTooLarge, now: datetime) -> None:
    log.warning("not taken in", originator=originator.public_id, reason=refused.detail)
    with transaction.atomic():
        outbox.publish(
            RailTroubled(
                "ach.inbound_too_large", originator.public_id, "P2", f"{originator.name}: {refused.detail}"[:200], "",
                originator.livemode, now,
            ),
            now=now,
        )  # fmt: skip


def _first(originator: Originator, digest: str) -> InboundFile:
    found = InboundFile.objects.filter(originator=originator, sha256=digest).exclude(state=InboundState.DUPLICATE)
    return found.defer("content").get()


def _store(file: InboundFile, actor: Actor, now: datetime) -> bool:
    """False where the same bytes are there already."""
    try:
        with transaction.atomic():
            file.save(force_insert=True)
            duplicate_of = file.first.public_id if file.first else ""
            audit.record(
                actor=actor, action="ach.inbound.received", subject=file.public_id, at=now,
                details={"name": file.name, "sha256": file.sha256, "size": file.size, "duplicate_of": duplicate_of,
                         "livemode": file.livemode},
            )  # fmt: skip
            outbox.publish(
                FileReceived(file.public_id, file.name, file.sha256, duplicate_of, file.livemode, now), now=now
            )
            if not duplicate_of:
                work.enqueue(kind=WORK, key=file.public_id, payload={}, due_at=now, now=now)
    except IntegrityError as error:
        if refusal_name(error) != _ONCE:
            raise
        return False
    return True
