"""Start the program's processes against the test's own database and broker, and kill them."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psutil
import pytest
from django.db import connection

from core import clock
from core.actors import SYSTEM
from core.parameters import services as parameters
from embedded.servers import Valkey
from tests.fault.shop import marks

ROOT = Path(__file__).resolve().parents[2]


class Processes:
    """`start` one; all that still live are killed at the end of the test."""

    def __init__(self, redis_url: str, logs: Path) -> None:
        parts = urlsplit(os.environ["HOLDFAST_DATABASE_URL"])
        database = urlunsplit(parts._replace(path="/" + str(connection.settings_dict["NAME"])))
        self.environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "tests.fault.settings",
            "HOLDFAST_DATABASE_URL": database,
            "HOLDFAST_REDIS_URL": redis_url,
            "PYTHONWARNINGS": "ignore",
        }
        self.logs = logs
        self._all: list[subprocess.Popen[bytes]] = []

    def start(self, *command: str, **environment: str) -> "subprocess.Popen[bytes]":
        with (self.logs / f"{len(self._all)}.log").open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, *command], cwd=ROOT, env={**self.environment, **environment},
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        self._all.append(process)
        return process

    def work(self, *options: str, **environment: str) -> "subprocess.Popen[bytes]":
        return self.start("manage.py", "work", *options, **environment)

    def celery_worker(self) -> "subprocess.Popen[bytes]":
        return self.start("-m", "celery", "-A", "config", "worker", "--concurrency", "2", "--loglevel", "WARNING",
                          "--without-gossip", "--without-mingle")  # fmt: skip

    def celery_beat(self) -> "subprocess.Popen[bytes]":
        return self.start("-m", "celery", "-A", "config", "beat", "--loglevel", "WARNING")

    def output(self) -> str:
        return "\n".join(path.read_text(errors="replace") for path in sorted(self.logs.glob("*.log")))

    def end(self) -> None:
        for process in self._all:
            kill_group(process)


def kill_group(process: "subprocess.Popen[bytes]") -> None:
    """SIGKILL to the process and all its children at once."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def kill_a_child(process: "subprocess.Popen[bytes]") -> bool:
    """SIGKILL to one process of a worker's pool, leaving the parent to notice. False when there is none."""
    with contextlib.suppress(psutil.Error):
        children = psutil.Process(process.pid).children()
        alive = [child for child in children if child.status() != psutil.STATUS_ZOMBIE]
        if alive:
            alive[-1].kill()
            return True
    return False


def set_parameter(name: str, value: int) -> None:
    now = clock.now()
    parameters.change(name=name, value=value, effective_from=now, reason="fault test", actor=SYSTEM, now=now)


def wait_until(holds: Callable[[], bool], *, seconds: float, what: str) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds} s: {what}")
        time.sleep(0.1)


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Valkey]:
    valkey = Valkey(tmp_path / "valkey")
    valkey.start()
    yield valkey
    valkey.stop()


@pytest.fixture
def processes(transactional_db: None, broker: Valkey, tmp_path: Path) -> Iterator[Processes]:
    """Short leases, so that a killed runner's rows come back within seconds."""
    with connection.cursor() as cursor:
        cursor.execute(marks.CREATE)
    for lane in ("work", "jobs", "outbox"):
        set_parameter(f"{lane}.lease_seconds", 2)
    started = Processes(broker.url(), tmp_path)
    yield started
    started.end()
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE shop_mark")
