"""What webhooks tell the layers above, and the marketplace itself."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class EndpointDisabled:
    """Nothing is sent there any more. `because` is ASKED, GONE or FAILING."""

    name: ClassVar[str] = "webhooks.endpoint_disabled"
    version: ClassVar[int] = 1

    endpoint_id: str
    account: str
    because: str
    livemode: bool
    disabled_at: datetime
