"""Fields under lock: AES-256-GCM with a data key that a master key wraps (docs/adr/0006).

    byte 0      format, 1
    byte 1      number of the purpose
    bytes 2-17  id of the data key
    bytes 18-29 nonce, random
    then        ciphertext and 16 bytes of tag

The tag covers these first eighteen bytes and the whole context (party, row, whatever the caller names), so a
ciphertext opens only where it was made: moved to another row, party or purpose it is refused.
"""

import hmac
import secrets
import uuid
from collections.abc import Mapping, Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from core import clock
from core.errors import Refusal
from core.vault import canonical, keys, kms, use_counts
from core.vault.models import KeyAct, KeyUse
from core.vault.purposes import Purpose

__all__ = [
    "Purpose", "UnableToOpen", "VaultUnavailable", "blind_index", "decrypt", "decrypt_many", "encrypt", "mac", "warm",
]  # fmt: skip

_FORMAT = 1
_HEADER_BYTES = 18
_NONCE_BYTES = 12
_TAG_BYTES = 16


class VaultUnavailable(Refusal):
    """The key service does not answer and no open key is left. Nothing is stored and nothing is shown."""

    code = "ENCRYPTION_UNAVAILABLE"
    status = 500
    title = "Data cannot be protected at the moment"


class UnableToOpen(Refusal):
    """Not a ciphertext of ours, damaged, or not of this purpose and context."""

    code = "ENCRYPTED_DATA_UNREADABLE"
    status = 500
    title = "Stored data cannot be read"


def encrypt(*, purpose: Purpose, plaintext: bytes, context: Mapping[str, str]) -> bytes:
    """Raises VaultUnavailable. `context` must name the row and its owner; give the same one to `decrypt`."""
    key = _current(purpose, KeyUse.ENCRYPTION)
    header = bytes((_FORMAT, purpose.number)) + key.id.bytes
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return header + nonce + AESGCM(key.plaintext).encrypt(nonce, plaintext, _bound(header, context))


def decrypt(*, purpose: Purpose, ciphertext: bytes, context: Mapping[str, str]) -> bytes:
    """Raises UnableToOpen for anything but the ciphertext made with this purpose and context, VaultUnavailable."""
    opened = decrypt_many(purpose=purpose, items=[(ciphertext, context)])[0]
    if opened is None:
        raise UnableToOpen
    return opened


def decrypt_many(*, purpose: Purpose, items: Sequence[tuple[bytes, Mapping[str, str]]]) -> list[bytes | None]:
    """Ciphertexts with their contexts, in order; None for what `decrypt` would not open. Uses are counted at once.

    Raises VaultUnavailable.
    """
    opened = [_open(purpose, ciphertext, context) for ciphertext, context in items]
    use_counts.note(purpose=purpose, act=KeyAct.DECRYPTED, now=clock.now(), times=len(items))
    return opened


def _open(purpose: Purpose, ciphertext: bytes, context: Mapping[str, str]) -> bytes | None:
    if len(ciphertext) < _HEADER_BYTES + _NONCE_BYTES + _TAG_BYTES:
        return None
    header, nonce = ciphertext[:_HEADER_BYTES], ciphertext[_HEADER_BYTES : _HEADER_BYTES + _NONCE_BYTES]
    if header[0] != _FORMAT or header[1] != purpose.number:
        return None
    try:
        key = keys.by_id(uuid.UUID(bytes=header[2:]), purpose)
        sealed = ciphertext[_HEADER_BYTES + _NONCE_BYTES :]
        return AESGCM(key.plaintext).decrypt(nonce, sealed, _bound(header, context))
    except (InvalidTag, keys.UnknownDataKey, kms.KeyUnreadable):
        return None
    except kms.KeyServiceUnavailable as error:
        raise VaultUnavailable from error


def mac(purpose: Purpose, data: bytes) -> bytes:
    """HMAC-SHA-256, 32 bytes, under a key that only makes MACs. Stable for the life of the installation."""
    return hmac.digest(_current(purpose, KeyUse.HASHING).derive(f"holdfast/mac/v1/{purpose}"), data, "sha256")


def blind_index(*, purpose: Purpose, value: str) -> bytes:
    """32 bytes that are equal for equal values and say nothing else without the key. Its key makes indexes only."""
    key = _current(purpose, KeyUse.HASHING).derive(f"holdfast/blind-index/v1/{purpose}")
    return hmac.digest(key, value.encode(), "sha256")


def warm(*purposes: Purpose) -> None:
    """Open both keys of each purpose ahead of need. Raises VaultUnavailable."""
    for purpose in purposes or Purpose:
        for use in KeyUse:
            try:
                keys.warm(purpose, use)
            except (kms.KeyServiceUnavailable, kms.KeyUnreadable) as error:
                raise VaultUnavailable from error


def _current(purpose: Purpose, use: KeyUse) -> keys.OpenKey:
    try:
        return keys.current(purpose, use)
    except (kms.KeyServiceUnavailable, kms.KeyUnreadable) as error:
        raise VaultUnavailable from error


def _bound(header: bytes, context: Mapping[str, str]) -> bytes:
    return header + canonical.encode("holdfast/envelope/v1", context)
