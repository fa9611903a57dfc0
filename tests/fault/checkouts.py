"""A copy of the checkout that shares the virtual environment, and `make run` in it."""

import contextlib
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import sysconfig
import time
from pathlib import Path
from typing import Any

import httpx
import psutil

from tests.fault.processes import ROOT, wait_until

READY = "Ctrl-C stops everything"
PAYMENT = {
    "cardNumber": "4242424242424242", "expiryMonth": "12", "expiryYear": "2031", "cvc": "123", "amount": 50_000,
    "currency": "USD", "customerId": "cus_abc123def456", "providerId": "prov_xyz789ghi012",
    "bookingId": "book_service_001", "paymentMethod": "card",
}  # fmt: skip


def copy_checkout(place: Path, *, python: Path | None = None) -> Path:
    """The files under version control or about to be; `.venv` is that of the running tests.

    With `python`, a virtual environment of that interpreter which only borrows the installed packages.
    """
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    for name in filter(None, listed.stdout.decode().split("\0")):
        if (ROOT / name).is_file() and not name.startswith(("docs/images/", ".venv")):
            (place / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, place / name)
    if python is None:
        (place / ".venv").symlink_to(Path(sys.prefix).resolve())
    else:
        library = {"LD_LIBRARY_PATH": str(python.parent.parent / "lib")}
        made = [str(python), "-m", "venv", "--without-pip", str(place / ".venv")]
        subprocess.run(made, check=True, env={**os.environ, **library})
        (packages,) = (place / ".venv/lib").glob("python3*/site-packages")
        (packages / "borrowed.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return place


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Running:
    """`make run` in a process group of its own, as a terminal would start it."""

    def __init__(self, checkout: Path, *, port: int | None = None, days: int = 1, user: str | None = None, **more: str):
        self.checkout, self.port = checkout, port or free_port()
        self.base_url = f"http://127.0.0.1:{self.port}"
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("HOLDFAST_", "DJANGO_"))}
        self.output_file = checkout.parent / f"{checkout.name}-{self.port}.out"
        with self.output_file.open("wb") as output:
            self.process = subprocess.Popen(
                ["make", "--no-print-directory", "--old-file=.venv/.ready", "run"], cwd=checkout,
                stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True, user=user, group=user,
                extra_groups=[] if user else None,
                env={**clean, "PORT": str(self.port), "HOLDFAST_DEMO_DAYS": str(days), **more},
            )  # fmt: skip
        self.began = time.monotonic()

    def output(self) -> str:
        return self.output_file.read_text(errors="replace")

    def wait_until_ready(self, seconds: float = 150) -> float:
        """How long it took."""
        wait_until(lambda: READY in self.output() or self.process.poll() is not None, seconds=seconds, what="ready")
        assert self.process.poll() is None, self.output()
        return time.monotonic() - self.began

    def credentials(self) -> dict[str, Any]:
        facts: dict[str, Any] = json.loads((self.checkout / "var/demo/credentials.json").read_text())
        return facts

    def pay(self, key: str, *, seconds: float = 30) -> httpx.Response:
        """With patience for a program that is being started again: the same key and body, so it pays once."""
        headers = {"Authorization": f"Bearer {self.credentials()['apiKey']}", "Idempotency-Key": key}
        deadline = time.monotonic() + seconds
        while True:
            with contextlib.suppress(httpx.TransportError):
                answer = httpx.post(f"{self.base_url}/v1/payments", json=PAYMENT, headers=headers, timeout=10)
                if answer.status_code < 500 and answer.status_code != 409:
                    return answer
            assert time.monotonic() < deadline, f"no answer within {seconds} s"
            time.sleep(0.3)

    def supervisor(self) -> psutil.Process:
        return next(each for each in self._tree() if "embedded" in each.cmdline())

    def child(self, *words: str) -> psutil.Process:
        """The supervisor's own child whose command has these words."""
        children = self.supervisor().children()
        return next(each for each in children if all(word in " ".join(each.cmdline()) for word in words))

    def left_behind(self) -> list[str]:
        """Everything alive that works in this checkout or for it."""
        found = []
        for each in psutil.process_iter(["cwd", "cmdline"]):
            place, command = each.info["cwd"] or "", " ".join(each.info["cmdline"] or [])
            if re.match(rf"{re.escape(str(self.checkout))}(/|$)", place) or str(self.checkout) in command:
                found.append(f"{each.pid} {command[:100]}")
        return found

    def interrupt(self) -> None:
        """Ctrl-C: SIGINT to the foreground process group."""
        os.killpg(self.process.pid, signal.SIGINT)

    def end(self) -> None:
        """Whatever state it is in."""
        if self.process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(60)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def _tree(self) -> list[psutil.Process]:
        top = psutil.Process(self.process.pid)
        return [top, *top.children(recursive=True)]
