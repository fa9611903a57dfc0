"""A web server of ours in a process of its own, against the test's database, to send payments to and to kill."""

import socket
import subprocess
from typing import Any

import httpx

from tests.fault.processes import Processes, wait_until

BODY = {
    "cardNumber": "4242424242424242",
    "expiryMonth": "12",
    "expiryYear": "2031",
    "cvc": "737",
    "amount": 50_000,
    "currency": "USD",
    "customerId": "cus_abc123def456",
    "providerId": "prov_xyz789ghi012",
    "bookingId": "book_service_001",
}


class ShopFront:
    """One granian worker with some threads. `failpoint` names where it dies."""

    def __init__(self, processes: Processes, secret: str, *, failpoint: str = "", threads: int = 4) -> None:
        self.port = _free_port()
        self.secret = secret
        environment = {"HOLDFAST_FAILPOINT": failpoint} if failpoint else {}
        self.process: subprocess.Popen[bytes] = processes.start(
            "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(self.port), "--workers", "1",
            "--blocking-threads", str(threads), "--no-ws", "config.wsgi:application", **environment,
        )  # fmt: skip
        wait_until(self._answers, seconds=30, what="the web server answers")

    def post(self, path: str, body: dict[str, Any], key: str) -> httpx.Response | None:
        """None where the server died instead of answering."""
        headers = {"Authorization": f"Bearer {self.secret}", "Idempotency-Key": key}
        try:
            return httpx.post(f"http://127.0.0.1:{self.port}{path}", json=body, headers=headers, timeout=60)
        except httpx.TransportError:
            return None

    def _answers(self) -> bool:
        try:
            return httpx.get(f"http://127.0.0.1:{self.port}/health", timeout=2).status_code == 200
        except httpx.TransportError:
            return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
