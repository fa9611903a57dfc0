"""What happens to API keys, for whoever tells the people who use them."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class ApiKeyRotated:
    """`key_id` has a successor of the same rights and ends at `ends_at`."""

    name: ClassVar[str] = "api.key_rotated"
    version: ClassVar[int] = 1

    key_id: str
    successor_id: str
    livemode: bool
    rotated_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class ApiKeyExpiring:
    """The key ends soon and nothing was done about it yet. Published once a key and end."""

    name: ClassVar[str] = "api.key_expiring"
    version: ClassVar[int] = 1

    key_id: str
    livemode: bool
    noticed_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class ApiKeyRevoked:
    name: ClassVar[str] = "api.key_revoked"
    version: ClassVar[int] = 1

    key_id: str
    livemode: bool
    revoked_at: datetime
