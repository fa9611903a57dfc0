"""The program's processes, started for a benchmark as `make run` starts them, and the CPU time they took."""

import contextlib
import os
import socket
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psutil

from embedded.children import Child

ROOT = Path(__file__).resolve().parents[2]
BINARIES = Path(sys.executable).parent
READY_WITHIN_SECONDS = 60
WORKERS = "2"

PROGRAM = "config.wsgi:application"


def granian(port: int, application: str) -> list[str]:
    """As embedded/supervisor.py."""
    return [str(BINARIES / "granian"), "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port),
            "--workers", WORKERS, "--blocking-threads", "4", "--no-ws", application]  # fmt: skip


def gunicorn_sync(port: int, application: str) -> list[str]:
    return _gunicorn(port, "sync", application)


def gunicorn_gthread(port: int, application: str) -> list[str]:
    return _gunicorn(port, "gthread", "--threads", "4", application)


def _gunicorn(port: int, kind: str, *rest: str) -> list[str]:
    return [str(BINARIES / "gunicorn"), "--bind", f"127.0.0.1:{port}", "--workers", WORKERS, "--worker-class", kind,
            "--keep-alive", "30", *rest]  # fmt: skip


@contextlib.contextmanager
def running(name: str, command: list[str], *, ready: str | None = None, **environment: str) -> Iterator[Child]:
    """One process, until the block ends. `ready` is a URL that answers (with anything) once it is up."""
    logs = ROOT / "var" / "bench" / "log"
    logs.mkdir(parents=True, exist_ok=True)
    # The application role, as in production: the rights the payment path has are measured with it.
    settings = {**os.environ, "HOLDFAST_DATABASE_ROLE": "holdfast_app", "PYTHONUNBUFFERED": "1", **environment}
    child = Child(name, command, cwd=ROOT, env=settings, log=logs / f"{name}.log")
    child.start()
    try:
        if ready:
            _wait_for(ready, child)
        yield child
    finally:
        child.stop()


@contextlib.contextmanager
def background() -> Iterator[list[Child]]:
    """Worker and beat, as embedded/supervisor.py."""
    celery = [str(BINARIES / "celery"), "-A", "config"]
    worker = [*celery, "worker", "--pool", "prefork", "--concurrency", "2", "--loglevel", "WARNING",
              "--without-gossip", "--without-mingle"]  # fmt: skip
    schedule = str(ROOT / "var" / "bench" / "beat-schedule")
    beat = [*celery, "beat", "--loglevel", "WARNING", "--schedule", schedule]
    with running("worker", worker) as first, running("beat", beat) as second:
        yield [first, second]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def cpu_seconds(number: int) -> float:
    """User and system time of a process and its children, those that live."""
    total = 0.0
    with contextlib.suppress(psutil.NoSuchProcess):
        process = psutil.Process(number)
        for each in (process, *process.children(recursive=True)):
            with contextlib.suppress(psutil.NoSuchProcess):
                times = each.cpu_times()
                total += times.user + times.system
    return total


def _wait_for(url: str, child: Child) -> None:
    deadline = time.monotonic() + READY_WITHIN_SECONDS
    while time.monotonic() < deadline:
        if child.process is None or child.process.poll() is not None:
            raise RuntimeError(f"{child.name} does not start:\n{child.last_words()}")
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except urllib.error.HTTPError:
            return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise RuntimeError(f"{child.name} does not answer at {url}:\n{child.last_words()}")
