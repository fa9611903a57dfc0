"""Who may write audit rows: whoever holds the key. A database superuser does not.

The key is a file beside the other state of this machine, mode 0600, made at first use. Every row names the key it was
signed with, so a later key can take over without touching what is written.
"""

import contextlib
import hmac
import os
import secrets
from functools import cache
from pathlib import Path

from django.conf import settings

KEY_ID = "file-1"


class UnknownAuditKey(LookupError):
    """A row names a key that this machine does not hold."""


def current_id() -> str:
    """The key new rows are signed with."""
    return KEY_ID


def mac(data: bytes, *, key_id: str) -> bytes:
    """HMAC-SHA-256, 32 bytes. Raises UnknownAuditKey."""
    if key_id != KEY_ID:
        raise UnknownAuditKey(key_id)
    return hmac.digest(_key(Path(settings.HOLDFAST_STATE_DIR) / "audit" / "mac.key"), data, "sha256")


@cache
def _key(path: Path) -> bytes:
    path.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(FileExistsError):
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(secrets.token_bytes(32))
    return path.read_bytes()
