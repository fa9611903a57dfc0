"""The bytes of a file under lock: packed, sealed for their row, and compared with their hash whenever they are opened.

They hold account numbers. They are in memory only while they are written, delivered, exported or shown, never on disk.
"""

import hashlib
import zlib
from typing import ClassVar

from ach.models import File
from core.errors import Refusal
from core.vault import envelope
from core.vault.purposes import Purpose

# Most of a file is blanks and zeros.
_PACKING = 1


class ContentDamaged(Refusal):
    """What is stored is not what was written. It must not leave."""

    code: ClassVar[str] = "ACH_FILE_DAMAGED"
    status: ClassVar[int] = 500
    title: ClassVar[str] = "The stored file is damaged"


def seal(file: File, content: bytes) -> bytes:
    """Raises VaultUnavailable."""
    packed = zlib.compress(content, _PACKING)
    return envelope.encrypt(purpose=Purpose.ACH, plaintext=packed, context=_context(file))


def open_(file: File) -> bytes:
    """Raises VaultUnavailable, UnableToOpen, ContentDamaged."""
    packed = envelope.decrypt(purpose=Purpose.ACH, ciphertext=bytes(file.content), context=_context(file))
    unpacker = zlib.decompressobj()
    content = unpacker.decompress(packed, file.size + 1)
    if len(content) != file.size or hashlib.sha256(content).hexdigest() != file.sha256:
        raise ContentDamaged(f"{file.public_id} has not the hash it was written with")
    return content


def _context(file: File) -> dict[str, str]:
    return {"table": "ach_file", "row": file.public_id, "mode": "live" if file.livemode else "test"}
