"""Callers of the public API for tests."""

import itertools
import json
from typing import Any

from django.test import Client

from core import clock
from core.actors import SYSTEM
from core.api import keys
from core.api.models import ApiKey

_numbers = itertools.count(1)


class ApiClient(Client):
    """Django's test client with a key, JSON bodies, and a new Idempotency-Key on every POST that names none."""

    def __init__(self, key: ApiKey, secret: str) -> None:
        super().__init__()
        self.key = key
        self.secret = secret

    def generic(self, method: str, path: str, data: Any = "", content_type: str = "application/json", **extra: Any):
        headers = {"Authorization": f"Bearer {self.secret}", **(extra.pop("headers", None) or {})}
        if method == "POST" and "Idempotency-Key" not in headers:
            headers["Idempotency-Key"] = f"test-{next(_numbers)}"
        return super().generic(method, path, data, content_type, headers=headers, **extra)

    def post(self, path: str, data: Any = None, **extra: Any):
        body = data if isinstance(data, bytes | str) else json.dumps({} if data is None else data)
        return self.generic("POST", path, body, **extra)

    def put(self, path: str, data: Any = None, **extra: Any):
        body = data if isinstance(data, bytes | str) else json.dumps({} if data is None else data)
        return self.generic("PUT", path, body, **extra)


def client(*scopes: str, livemode: bool = False, bulk: bool = True, **fields: Any) -> ApiClient:
    """A client whose new key has these scopes; with throttles out of the way unless `bulk=False`."""
    key, secret = keys.create(
        name="test",
        livemode=livemode,
        scopes=scopes,
        actor=SYSTEM,
        now=clock.now(),
        throttle_class="BULK" if bulk else "STANDARD",
        **fields,
    )
    return ApiClient(key, secret)
