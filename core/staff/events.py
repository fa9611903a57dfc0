"""What others may want to hear about accounts."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedInFromNewDevice:
    """A person gave both factors in a browser they had not used before. `person` is the e-mail of the account."""

    name: ClassVar[str] = "staff.signed_in_from_new_device"
    version: ClassVar[int] = 1

    person: str
    device: str
    address: str
    signed_in_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DormantAccountClosed:
    """Nobody had signed in for longer than the inactivity limit."""

    name: ClassVar[str] = "staff.dormant_account_closed"
    version: ClassVar[int] = 1

    person: str
    closed_at: datetime
