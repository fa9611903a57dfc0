"""`make run`: servers, migrations, demo marketplace, web, worker and beat as children of one process.

What dies is started again; Ctrl-C stops everything in order (web, worker and beat, then Redis, then PostgreSQL); a
supervisor that is itself killed takes its children along. Everything that is kept lives in `var/`.
"""

import contextlib
import fcntl
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

from embedded import demo, given
from embedded.children import Child, die_with_parent, stop_together
from embedded.servers import Postgres, UnableToStart, Valkey

READY_WITHIN_SECONDS = 60
ROLE = "holdfast_app"
DEFAULT_PORT = 8000
DEMO_DAYS = 10
MOST_DEMO_DAYS = 90
BEGINS_BEFORE_DAYS = 2
RECEIVER_REFUSES_ONE_IN = 20


class Failed(Exception):
    """Start-up cannot go on; the message says what and where to look."""


class Stopped(Exception):
    """Somebody asked to stop while things were still starting."""


def run(root: Path) -> int:
    """Until Ctrl-C or SIGTERM. Exit 0 after a clean stop, 1 when something did not come up."""
    stop = threading.Event()

    def ask_to_stop(_signal: int, _frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGINT, ask_to_stop)
    signal.signal(signal.SIGTERM, ask_to_stop)
    signal.signal(signal.SIGHUP, ask_to_stop)
    try:
        with contextlib.ExitStack() as stack:
            with contextlib.suppress(Stopped):
                _Start(root, stack, stop).until_stopped()
            _say("Stopping")
    except (UnableToStart, Failed, given.Unusable) as error:
        print(f"holdfast: {error}", file=sys.stderr)
        return 1
    return 0


def reset(root: Path) -> int:
    """Forget all demo state. Refuses while `make run` or a test session is up."""
    var = root / "var"
    if not var.exists():
        return 0
    try:
        with _only_one(var):
            clusters = [Postgres(place) for place in (var / "postgres", var / "test" / "postgres") if place.exists()]
            if any(cluster.processes() for cluster in clusters):
                raise Failed("a test session is using this checkout's database; wait for it, or stop it")
            for cluster in clusters:
                cluster.remove()
            for place in (var / "valkey", var / "test" / "valkey"):
                Valkey(place).remove()
            shutil.rmtree(var)
    except Failed as error:
        print(f"holdfast: {error}", file=sys.stderr)
        return 1
    return 0


class _Start:
    """One start: what it launches is stopped by `stack`, in the opposite order."""

    def __init__(self, root: Path, stack: contextlib.ExitStack, stop: threading.Event) -> None:
        self.root, self.var, self.stack, self.stop = root, root / "var", stack, stop
        self.began = time.monotonic()
        self.base_url = f"http://127.0.0.1:{_free_port()}"
        self.demo_days = _number("HOLDFAST_DEMO_DAYS", DEMO_DAYS, at_most=MOST_DEMO_DAYS)
        self.servers: list[Postgres | Valkey] = []
        self.children: list[Child] = []

    def until_stopped(self) -> None:
        stack, var = self.stack, self.var
        stack.enter_context(_only_one(var))
        environment = self._environment()
        receiver_port = _receiver_port(var)
        environment["HOLDFAST_DEMO_RECEIVER"] = f"http://127.0.0.1:{receiver_port}/webhooks"
        web, worker, beat = _children(self.root, environment, self.base_url)
        hooks = _webhook_children(self.root, environment, receiver_port)
        stack.callback(stop_together, [web, worker, beat, *hooks])
        # The web loads while the database is migrated, and is ready when both are done; work waits for its tables.
        self._launch(web)
        _say("Migrating the database")
        self._manage("migrate", "--verbosity", "0", env={**environment, "HOLDFAST_DATABASE_ROLE": ""})
        credentials = var / "demo" / "credentials.json"
        if not (credentials.exists() or (var / "demo" / "plan.json").exists()):
            # The demo begins in the past. No job may run at today's date before it, or the past would look settled.
            (var / "clock-offset").write_text(str(-(self.demo_days + BEGINS_BEFORE_DAYS) * 86400))
        self._launch(worker)
        self._launch(beat)
        for child in hooks:
            self._launch(child)
        self._wait_until_ready()
        facts = demo.known(credentials, self.base_url)
        if facts is None:
            _say("Seeding the demo marketplace")
            credentials.unlink(missing_ok=True)
            self._manage("seed_demo", "--base-url", self.base_url, "--days", str(self.demo_days), env=environment)
            facts = demo.known(credentials, self.base_url)
        if facts is None:
            raise Failed(f"the key in {credentials} does not open the API; see var/log/")
        demo.welcome(facts, time.monotonic() - self.began)
        while not self.stop.wait(0.5):
            self._start_again_what_died()

    def _environment(self) -> dict[str, str]:
        """The children's environment; starts an embedded server for each URL that is not given."""
        environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings.local", "PYTHONUNBUFFERED": "1"}
        if environment.get("HOLDFAST_DATABASE_URL"):
            given.check_database(environment["HOLDFAST_DATABASE_URL"])
        else:
            _say("Starting PostgreSQL")
            postgres = Postgres(self.var / "postgres")
            self._serve(postgres)
            postgres.ensure_database()
            environment["HOLDFAST_DATABASE_URL"] = postgres.url()
        if environment.get("HOLDFAST_REDIS_URL"):
            given.check_redis(environment["HOLDFAST_REDIS_URL"])
        else:
            _say("Starting Redis")
            valkey = Valkey(self.var / "valkey")
            self._serve(valkey)
            environment["HOLDFAST_REDIS_URL"] = valkey.url()
        environment.setdefault("HOLDFAST_DATABASE_ROLE", ROLE)
        environment["PORT"] = self.base_url.rpartition(":")[2]
        self._remember(self.var / "run.env", environment)
        return environment

    def _serve(self, server: Postgres | Valkey) -> None:
        self.stack.callback(server.stop)
        server.start()
        self.servers.append(server)
        self._require_wanted()

    def _remember(self, path: Path, environment: dict[str, str]) -> None:
        """The addresses for `manage.py` in a second terminal; gone when the servers are."""
        names = ("HOLDFAST_DATABASE_URL", "HOLDFAST_REDIS_URL", "HOLDFAST_DATABASE_ROLE", "PORT")
        path.unlink(missing_ok=True)
        path.touch(mode=0o600)
        path.write_text("".join(f"{name}={environment[name]}\n" for name in names))
        self.stack.callback(path.unlink, missing_ok=True)

    def _launch(self, child: Child) -> None:
        child.start()
        self.children.append(child)

    def _manage(self, *arguments: str, env: dict[str, str]) -> None:
        """A command of ours to its end. Asked to stop, it is asked in turn; Ctrl-C does not reach it by itself."""
        process = subprocess.Popen(
            [sys.executable, "manage.py", *arguments], cwd=self.root, env=env,
            stdin=subprocess.DEVNULL, start_new_session=True, preexec_fn=die_with_parent,
        )  # fmt: skip
        try:
            while process.poll() is None and not self.stop.wait(0.05):
                self._start_again_what_died()
        finally:
            process.terminate()
            code = process.wait()
        self._require_wanted()
        if code:
            raise Failed(f"`manage.py {arguments[0]}` failed with exit code {code}")

    def _wait_until_ready(self) -> None:
        url = f"{self.base_url}/ready"
        deadline = time.monotonic() + READY_WITHIN_SECONDS
        while time.monotonic() < deadline:
            with contextlib.suppress(urllib.error.URLError, OSError), urllib.request.urlopen(url, timeout=2):
                return
            self._start_again_what_died()
            self.stop.wait(0.1)
            self._require_wanted()
        raise Failed(f"{url} did not answer within {READY_WITHIN_SECONDS} seconds; see var/log/")

    def _start_again_what_died(self) -> None:
        for server in self.servers:
            if server.died():
                server.start()
                _say(f"{type(server).__name__} died and was started again (see {server.log})")
        for child in self.children:
            if child.gave_up():
                raise Failed(f"{child.name} does not start; the end of {child.log}:\n{child.last_words()}")
            if child.restart_if_dead():
                _say(f"{child.name} died and was started again (see {child.log})")

    def _require_wanted(self) -> None:
        if self.stop.is_set():
            raise Stopped


def _number(name: str, default: int, *, at_most: int) -> int:
    """A variable that a person sets on the command line."""
    given_text = os.environ.get(name) or str(default)
    if not given_text.isdecimal() or not 0 < int(given_text) <= at_most:
        raise Failed(f"{name} must be a number from 1 to {at_most}, not {given_text!r}")
    return int(given_text)


def _free_port() -> int:
    port = _number("PORT", DEFAULT_PORT, at_most=65535)
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise Failed(f"PORT {port} cannot be used ({error.strerror}); choose another: PORT=8010 make run") from None
    return port


@contextlib.contextmanager
def _only_one(var: Path) -> Iterator[None]:
    try:
        var.mkdir(exist_ok=True)
        lock = (var / "run.lock").open("w")
    except PermissionError as error:
        raise Failed(f"{error.filename} belongs to another user: run as that one, or remove {var} first") from None
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Failed("`make run` is already up in this checkout") from None
        yield


def _children(root: Path, environment: dict[str, str], base_url: str) -> tuple[Child, Child, Child]:
    logs, metrics = root / "var" / "log", root / "var" / "metrics"
    logs.mkdir(exist_ok=True)
    # Counters of processes that are gone would be added to those of the living.
    shutil.rmtree(metrics, ignore_errors=True)
    metrics.mkdir()
    counted = {**environment, "HOLDFAST_METRICS_DIR": str(metrics)}
    port = base_url.rsplit(":", 1)[1]
    celery = [sys.executable, "-m", "celery", "-A", "config"]
    web = [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", port,
           "--workers", "2", "--blocking-threads", "4", "--no-ws", "--respawn-failed-workers",
           "config.wsgi:application"]  # fmt: skip
    worker = [*celery, "worker", "--pool", "prefork", "--concurrency", "2", "--loglevel", "WARNING",
              "--without-gossip", "--without-mingle"]  # fmt: skip
    beat = [*celery, "beat", "--loglevel", "WARNING", "--schedule", str(root / "var" / "beat-schedule")]
    return (
        Child("web", web, cwd=root, env=counted, log=logs / "web.log"),
        Child("worker", worker, cwd=root, env=counted, log=logs / "worker.log"),
        Child("beat", beat, cwd=root, env=environment, log=logs / "beat.log"),
    )


def _webhook_children(root: Path, environment: dict[str, str], port: int) -> list[Child]:
    """Who sends webhooks, and the demo marketplace's server that takes them."""
    logs = root / "var" / "log"
    counted = {**environment, "HOLDFAST_METRICS_DIR": str(root / "var" / "metrics")}
    sender = [sys.executable, "-m", "celery", "-A", "config", "worker", "--queues", "webhooks", "--pool", "solo",
              "--loglevel", "WARNING", "--without-gossip", "--without-mingle"]  # fmt: skip
    receiver = [sys.executable, "-m", "embedded.receiver", str(port), str(RECEIVER_REFUSES_ONE_IN)]
    return [
        Child("webhooks", sender, cwd=root, env=counted, log=logs / "webhooks.log"),
        Child("receiver", receiver, cwd=root, env=environment, log=logs / "receiver.log"),
    ]


def _receiver_port(var: Path) -> int:
    """The same at every start, because the demo's endpoint names it; another one where that is taken."""
    kept = var / "receiver-port"
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", int(kept.read_text()) if kept.exists() else 0))
        except OSError:
            kept.unlink()
            return _receiver_port(var)
        port = int(probe.getsockname()[1])
    kept.write_text(str(port))
    return port


def _say(what: str) -> None:
    print(f"holdfast: {what}", flush=True)
