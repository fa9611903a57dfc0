"""What the vault tells the layers above. No key, no number, nothing that opens anything."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class KeysRotated:
    """Every data key of these purposes is wrapped under the present master key."""

    name: ClassVar[str] = "vault.keys_rotated"
    version: ClassVar[int] = 1

    rotation_id: str
    purposes: tuple[str, ...]
    data_keys: int
    finished_at: datetime


@dataclass(frozen=True, slots=True)
class CardNumbersFound:
    """A scan of the database found card numbers in clear. Where is in its row, masked."""

    name: ClassVar[str] = "vault.card_numbers_found"
    version: ClassVar[int] = 1

    scan_id: str
    found: int
    not_read: int
    finished_at: datetime


@dataclass(frozen=True, slots=True)
class KeyUseUnusual:
    """More uses in the hour than `limit`, which follows the usual level. `actor` is empty where nobody is known."""

    name: ClassVar[str] = "vault.key_use_unusual"
    version: ClassVar[int] = 1

    purpose: str
    act: str
    actor: str
    hour: datetime
    uses: int
    limit: int
