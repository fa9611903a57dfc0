"""Files of the sandbox bank under lock: what came in and what is to be fetched."""

import hashlib
from collections.abc import Iterator
from datetime import datetime
from typing import ClassVar

from django.db import transaction

from ach.models import Originator, SandboxInbox, SandboxOutbox
from ach.sandbox.enums import OutboxKind
from ach.transport import OtherContent, TransportFailed
from core import ids
from core.vault import envelope
from core.vault.purposes import Purpose


class SandboxRefuses(TransportFailed):
    """The bank does not do that: live data, a name that is taken, an entry that is not its."""

    code: ClassVar[str] = "ACH_SANDBOX_REFUSES"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "The sandbox bank refuses"


def require_test(originator: Originator) -> None:
    """Raises SandboxRefuses for live data, whatever the settings are."""
    if originator.livemode:
        raise SandboxRefuses("the sandbox bank is for test data only")


def receive(*, originator: Originator, name: str, content: bytes, now: datetime) -> SandboxInbox:
    """Store a delivered file. The same name with the same content again is the same delivery.

    Raises SandboxRefuses, OtherContent, VaultUnavailable.
    """
    require_test(originator)
    digest = hashlib.sha256(content).hexdigest()
    public_id = ids.prefixed("sbi", now)
    sealed = _sealed(content, "sandboxinbox", public_id)
    with transaction.atomic():
        file, _ = SandboxInbox.objects.get_or_create(
            originator=originator,
            name=name,
            defaults={
                "public_id": public_id,
                "sha256": digest,
                "size": len(content),
                "content": sealed,
                "received_at": now,
            },
        )
    if file.sha256 != digest:
        raise OtherContent("another file of this name was delivered")
    return file


def content_of(file: SandboxInbox) -> bytes:
    """Raises UnableToOpen, VaultUnavailable."""
    return _opened(bytes(file.content), "sandboxinbox", file.public_id)


def sealed_answer(
    *, originator: Originator, name: str, kind: OutboxKind, content: bytes, at: datetime
) -> SandboxOutbox:
    """A row to be saved: sealed outside of any transaction. `{id}` in the name becomes an id of its own."""
    public_id = ids.prefixed("sbo", at)
    return SandboxOutbox(
        public_id=public_id,
        originator=originator,
        name=name.replace("{id}", public_id[-8:]),
        kind=kind,
        sha256=hashlib.sha256(content).hexdigest(),
        content=_sealed(content, "sandboxoutbox", public_id),
        made_at=at,
    )


def to_fetch(originator: Originator) -> Iterator[tuple[str, bytes]]:
    """Name and content of what nobody has taken, oldest first; one file in memory at a time."""
    waiting = SandboxOutbox.objects.filter(originator=originator, taken_at=None).order_by("made_at", "id")
    for key in list(waiting.values_list("id", flat=True)):
        file = SandboxOutbox.objects.get(pk=key)
        yield file.name, _opened(bytes(file.content), "sandboxoutbox", file.public_id)


def take(*, originator: Originator, name: str, now: datetime) -> None:
    """The product has it. Again is the same; raises SandboxRefuses for a name that was never there."""
    found = SandboxOutbox.objects.filter(originator=originator, name=name)
    if not found.filter(taken_at=None).update(taken_at=now) and not found.exists():
        raise SandboxRefuses("no such file waits to be fetched")


def _sealed(content: bytes, table: str, public_id: str) -> bytes:
    return envelope.encrypt(purpose=Purpose.ACH, plaintext=content, context=_context(table, public_id))


def _opened(sealed: bytes, table: str, public_id: str) -> bytes:
    return envelope.decrypt(purpose=Purpose.ACH, ciphertext=sealed, context=_context(table, public_id))


def _context(table: str, public_id: str) -> dict[str, str]:
    return {"table": f"ach_{table}", "row": public_id}
