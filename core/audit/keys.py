"""Who may write audit rows: whoever holds the key. A database superuser does not.

The key lives in the vault (purpose AUDIT), wrapped by the key service. Every row names the key it was signed with, so a
later key can take over without touching what is written.
"""

from core.vault import envelope
from core.vault.purposes import Purpose

KEY_ID = "vault-1"


class UnknownAuditKey(LookupError):
    """A row names a key that this program does not know."""


def current_id() -> str:
    """The key new rows are signed with."""
    return KEY_ID


def mac(data: bytes, *, key_id: str) -> bytes:
    """HMAC-SHA-256, 32 bytes. Raises UnknownAuditKey, or VaultUnavailable while no key can be opened."""
    if key_id != KEY_ID:
        raise UnknownAuditKey(key_id)
    return envelope.mac(Purpose.AUDIT, data)
