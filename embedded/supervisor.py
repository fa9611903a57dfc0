"""`make run`: servers, migrations, demo marketplace, web, worker and beat as children of one process.

Children that die are started again; Ctrl-C stops them in order (beat first, database last); a supervisor that is
itself killed takes them along. Everything that is kept lives in `var/`.
"""

import contextlib
import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import IO, Any

from embedded.children import Child
from embedded.servers import Postgres, UnableToStart, Valkey

READY_WITHIN_SECONDS = 60
# The demo begins in the past; nothing may run at today's date before it, or the past would look already settled.
DEMO_DAYS = 10


def run(root: Path) -> int:
    """Until Ctrl-C or SIGTERM. Exit 0 after a clean stop, 1 when something did not come up."""
    started = time.monotonic()
    stop = threading.Event()

    def ask_to_stop(_signal: int, _frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGINT, ask_to_stop)
    signal.signal(signal.SIGTERM, ask_to_stop)
    try:
        with contextlib.ExitStack() as stack:
            var = root / "var"
            var.mkdir(exist_ok=True)
            stack.enter_context(_only_one(var / "run.lock"))
            environment = _environment(stack, var)
            _say("Migrating the database")
            _manage(root, "migrate", "--verbosity", "0", env=_as_owner(environment))
            base_url = f"http://127.0.0.1:{os.environ.get('PORT', '8000')}"
            if not (var / "demo/credentials.json").exists():
                (var / "clock-offset").write_text(str(-(DEMO_DAYS + 2) * 86400))
            children = _children(root, environment, base_url)
            for child in children:
                child.start()
                stack.callback(child.stop)
            _wait_for(f"{base_url}/ready", children, stop)
            if not stop.is_set():
                _say(
                    "Seeding the demo marketplace" if not (var / "demo/credentials.json").exists() else "Demo is there"
                )
                _manage(root, "seed_demo", "--base-url", base_url, "--days", str(DEMO_DAYS), env=environment)
                _welcome(json.loads((var / "demo/credentials.json").read_text()), time.monotonic() - started)
            _watch(children, stop)
            _say("Stopping")
    except (UnableToStart, _Failed) as error:
        print(f"holdfast: {error}", file=sys.stderr)
        return 1
    return 0


def reset(root: Path) -> int:
    """Forget all demo state. Refuses while `make run` is up."""
    var = root / "var"
    if not var.exists():
        return 0
    try:
        with _only_one(var / "run.lock"):
            for cluster in (var / "postgres", var / "test" / "postgres"):
                if cluster.exists():
                    Postgres(cluster).remove()
            shutil.rmtree(var)
    except _Failed as error:
        print(f"holdfast: {error}", file=sys.stderr)
        return 1
    return 0


class _Failed(Exception):
    """Start-up cannot go on; the message says what and where to look."""


@contextlib.contextmanager
def _only_one(lock_file: Path) -> Iterator[None]:
    with lock_file.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise _Failed("`make run` is already up in this checkout") from error
        yield


def _environment(stack: contextlib.ExitStack, var: Path) -> dict[str, str]:
    """The children's environment; starts an embedded server for each URL that is not given."""
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings.local", "PYTHONUNBUFFERED": "1"}
    if not environment.get("HOLDFAST_DATABASE_URL"):
        _say("Starting PostgreSQL")
        postgres = Postgres(var / "postgres")
        postgres.start()
        stack.callback(postgres.stop)
        postgres.ensure_database()
        environment["HOLDFAST_DATABASE_URL"] = postgres.url()
    if not environment.get("HOLDFAST_REDIS_URL"):
        _say("Starting Redis")
        valkey = Valkey(var / "valkey")
        valkey.start()
        stack.callback(valkey.stop)
        environment["HOLDFAST_REDIS_URL"] = valkey.url()
    environment.setdefault("HOLDFAST_DATABASE_ROLE", "holdfast_app")
    _remember(stack, var / "run.env", environment)
    return environment


def _remember(stack: contextlib.ExitStack, path: Path, environment: dict[str, str]) -> None:
    """The servers' addresses for `manage.py` in a second terminal; gone when the servers are."""
    names = ("HOLDFAST_DATABASE_URL", "HOLDFAST_REDIS_URL", "HOLDFAST_DATABASE_ROLE")
    path.touch(mode=0o600)
    path.write_text("".join(f"{name}={environment[name]}\n" for name in names))
    stack.callback(path.unlink, missing_ok=True)


def _as_owner(environment: dict[str, str]) -> dict[str, str]:
    """Migrations run as the owner of the tables, not as the application role."""
    return {**environment, "HOLDFAST_DATABASE_ROLE": ""}


def _children(root: Path, environment: dict[str, str], base_url: str) -> list[Child]:
    logs = root / "var" / "log"
    logs.mkdir(exist_ok=True)
    binaries = Path(sys.executable).parent
    port = base_url.rsplit(":", 1)[1]
    celery = [str(binaries / "celery"), "-A", "config"]
    web = [str(binaries / "granian"), "--interface", "wsgi", "--host", "127.0.0.1", "--port", port, "--workers", "2",
           "--blocking-threads", "4", "--no-ws", "--respawn-failed-workers", "config.wsgi:application"]  # fmt: skip
    worker = [*celery, "worker", "--pool", "prefork", "--concurrency", "2", "--loglevel", "WARNING",
              "--without-gossip", "--without-mingle"]  # fmt: skip
    beat = [*celery, "beat", "--loglevel", "WARNING", "--schedule", str(root / "var" / "beat-schedule")]
    commands = {"web": web, "worker": worker, "beat": beat}
    return [
        Child(name, command, cwd=root, env=environment, log=logs / f"{name}.log") for name, command in commands.items()
    ]


def _manage(root: Path, *arguments: str, env: dict[str, str]) -> None:
    done = subprocess.run([sys.executable, "manage.py", *arguments], cwd=root, env=env, check=False)
    if done.returncode:
        raise _Failed(f"`manage.py {arguments[0]}` failed with exit code {done.returncode}")


def _wait_for(url: str, children: list[Child], stop: threading.Event) -> None:
    deadline = time.monotonic() + READY_WITHIN_SECONDS
    while time.monotonic() < deadline and not stop.is_set():
        with contextlib.suppress(urllib.error.URLError, OSError), urllib.request.urlopen(url, timeout=2):
            return
        for child in children:
            if child.gave_up():
                raise _Failed(f"{child.name} does not start; the end of {child.log}:\n{child.last_words()}")
            child.restart_if_dead()
        stop.wait(0.1)
    if not stop.is_set():
        raise _Failed(f"{url} did not answer within {READY_WITHIN_SECONDS} seconds; see var/log/")


def _watch(children: list[Child], stop: threading.Event) -> None:
    while not stop.wait(0.5):
        for child in children:
            if child.restart_if_dead():
                _say(f"{child.name} died and was started again (see {child.log})")


def _welcome(facts: dict[str, Any], seconds: float) -> None:
    out: IO[str] = sys.stdout
    print(f"\n  Holdfast is up ({seconds:.0f} s).  Console: {facts['baseUrl']}/admin/\n", file=out)
    print(f"  {'e-mail':34}{'password':26}{'TOTP secret':36}role", file=out)
    for person in facts["staff"]:
        print(f"  {person['email']:34}{person['password']:26}{person['totpSecret']:36}{person['role']}", file=out)
    print(f"\n  API key: {facts['apiKey']}\n  Take a payment:\n\n  {facts['curl']}\n", file=out)
    print("  Ctrl-C stops everything; data stays in var/; `make reset` forgets it.\n", file=out, flush=True)


def _say(what: str) -> None:
    print(f"holdfast: {what}", flush=True)
