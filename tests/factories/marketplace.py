"""The simulator's marketplace against the API of the test process, on a clock the test moves."""

from datetime import datetime
from typing import Any

from core import clock
from ops.marketplace.client import Answer
from tests.factories import api


class Marketplace:
    """The client of the simulator over the test client. `asked` is what was sent, and when."""

    def __init__(self, *scopes: str) -> None:
        self._api = api.client(*(scopes or ("payments:write", "payments:read", "fraud:write")))
        self.asked: list[tuple[datetime, str]] = []

    def post(self, path: str, body: dict[str, Any], *, key: str) -> Answer:
        self.asked.append((clock.now(), path))
        response = self._api.post(path, body, headers={"Idempotency-Key": key})
        return Answer(response.status_code, response.json(), 0.0)
