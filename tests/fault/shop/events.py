from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar


@dataclass(frozen=True)
class ParcelArrived:
    name: ClassVar[str] = "shop.parcel_arrived"
    version: ClassVar[int] = 1
    parcel_id: str
    arrived_at: datetime
