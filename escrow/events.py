"""What escrow tells the layers above."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class EscrowFunded:
    """The net of a booking's payment is held for its payee."""

    name: ClassVar[str] = "escrow.escrow_funded"
    version: ClassVar[int] = 1

    escrow_id: str
    payment_id: str
    amount_minor: int
    currency: str
    livemode: bool
    funded_at: datetime
