"""The whole program of a test's own: PostgreSQL that keeps its promises, Redis, web, worker and beat."""

import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import psycopg

from core.work.brokers import Database
from embedded.children import Child, stop_together
from embedded.servers import Postgres, Valkey
from tests.fault.checkouts import free_port
from tests.fault.processes import ROOT, wait_until

# Short waits, so that what a kill leaves behind is taken up within seconds.
QUICK = {
    "payments.resume_after_seconds": 4,
    "payments.breaker_open_seconds": 2,
    "payments.gateway_backoff_ms": 5,
    "idempotency.lease_seconds": 4,
    "work.lease_seconds": 2,
    "jobs.lease_seconds": 2,
    "outbox.lease_seconds": 2,
    "work.retry_cap_seconds": 5,
    "outbox.retry_cap_seconds": 5,
    "jobs.retry_cap_seconds": 5,
}
SET_UP = """
import json, sys, django
django.setup()
from django.core.management import call_command
from core import clock
from core.actors import SYSTEM
from core.api import catalogue, keys
from core.parameters import services as parameters
call_command("migrate", verbosity=0)
now = clock.now()
for name, value in json.loads(sys.argv[1]).items():
    parameters.change(name=name, value=value, effective_from=now, reason="fault test", actor=SYSTEM, now=now)
scopes = catalogue.scopes()
_, secret = keys.create(name="load", livemode=False, scopes=scopes, throttle_class="BULK", actor=SYSTEM, now=now)
print(secret)
"""


class System:
    """`start` brings everything up; `tend` starts again what died; `end` stops it all."""

    def __init__(self, place: Path, **parameters: int) -> None:
        place.mkdir(parents=True, exist_ok=True)
        self.state, self.logs = place / "state", place / "log"
        self.logs.mkdir()
        self.parameters = {**QUICK, **parameters}
        self.postgres, self.valkey = Postgres(place / "postgres"), Valkey(place / "valkey")
        self.port = free_port()
        self.base_url = f"http://127.0.0.1:{self.port}"
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("HOLDFAST_")},
            "DJANGO_SETTINGS_MODULE": "tests.fault.system_settings",
            "HOLDFAST_DATABASE_URL": self.postgres.url(),
            "HOLDFAST_REDIS_URL": self.valkey.url(),
            "HOLDFAST_DATABASE_ROLE": "holdfast_app",
            "HOLDFAST_STATE_DIR": str(self.state),
        }
        python = sys.executable
        celery = [python, "-m", "celery", "-A", "config"]
        self.web = self._child("web", [
            python, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(self.port),
            "--workers", "2", "--blocking-threads", "4", "--no-ws", "--respawn-failed-workers",
            "config.wsgi:application",
        ])  # fmt: skip
        self.worker = self._child("worker", [
            *celery, "worker", "--concurrency", "2", "--loglevel", "WARNING", "--without-gossip", "--without-mingle",
        ])  # fmt: skip
        self.beat = self._child("beat", [*celery, "beat", "--loglevel", "WARNING", "--schedule", str(place / "beat")])
        self.children = [self.web, self.worker, self.beat]
        self.secret = ""

    def start(self) -> None:
        self.postgres.start()
        self.valkey.start()
        self.postgres.ensure_database()
        self.secret = self.run_python("-c", SET_UP, json.dumps(self.parameters), HOLDFAST_DATABASE_ROLE="").strip()
        for child in self.children:
            child.start()
        wait_until(self.is_ready, seconds=60, what="the system is ready")

    def tend(self) -> None:
        for child in self.children:
            child.restart_if_dead()

    def end(self) -> None:
        stop_together(self.children)
        self.valkey.remove()
        self.postgres.remove()

    def is_ready(self) -> bool:
        with contextlib.suppress(httpx.TransportError):
            return httpx.get(f"{self.base_url}/ready", timeout=3).status_code == 200
        return False

    def run_python(self, *arguments: str, **environment: str) -> str:
        """A program of ours to its end; what it printed. Raises where it failed."""
        done = subprocess.run(
            [sys.executable, *arguments], cwd=ROOT, env={**self.environment, **environment},
            capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
        if done.returncode:
            raise AssertionError(f"{arguments[:2]} failed:\n{done.stdout[-2000:]}\n{done.stderr[-3000:]}")
        return done.stdout

    def manage(self, *arguments: str) -> str:
        return self.run_python("manage.py", *arguments, HOLDFAST_DATABASE_ROLE="")

    def rows(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """As the owner, on a connection of its own."""
        with psycopg.connect(self.postgres.url(), connect_timeout=5) as connection:
            return connection.execute(statement, values or None).fetchall()  # type: ignore[arg-type]

    def execute(self, *statements: str) -> None:
        """As the owner, past triggers and foreign keys: what a fault or a thief would do."""
        with psycopg.connect(self.postgres.url()) as connection:
            connection.execute("SET session_replication_role = replica")
            for statement in statements:
                connection.execute(statement)  # type: ignore[arg-type]

    def post(self, path: str, body: dict[str, Any], key: str, **options: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.secret}", "Idempotency-Key": key, **options.pop("headers", {})}
        return httpx.post(f"{self.base_url}{path}", json=body, headers=headers, timeout=options.pop("timeout", 20))

    def get(self, path: str) -> httpx.Response:
        return httpx.get(f"{self.base_url}{path}", headers={"Authorization": f"Bearer {self.secret}"}, timeout=20)

    def redis_url(self) -> str:
        return self.valkey.url(Database.BROKER)

    def _child(self, name: str, command: list[str]) -> Child:
        return Child(name, command, cwd=ROOT, env=self.environment, log=self.logs / f"{name}.log")


@contextlib.contextmanager
def running(place: Path, **parameters: int) -> Iterator[System]:
    system = System(place, **parameters)
    try:
        system.start()
        yield system
    finally:
        system.end()


def wait_in_peace(system: System, holds: Any, *, seconds: float, what: str) -> None:
    """As `wait_until`, starting again what died in between."""
    deadline = time.monotonic() + seconds
    while not holds():
        system.tend()
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        time.sleep(0.2)
