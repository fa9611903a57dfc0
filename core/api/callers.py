"""Who may stand behind a request: an API key, or the user of an access token."""

from typing import Protocol


class Caller(Protocol):
    """What the API asks of either. `account` owns idempotency keys, `public_id` rate limits."""

    @property
    def public_id(self) -> str: ...

    @property
    def account(self) -> str: ...

    @property
    def livemode(self) -> bool: ...

    @property
    def throttle_class(self) -> str: ...
