"""One supervised process: its log, its restarts, its end."""

import contextlib
import ctypes
import os
import signal
import subprocess
import time
from pathlib import Path

PR_SET_PDEATHSIG = 1
GIVE_UP_AFTER_QUICK_DEATHS = 5
QUICK_SECONDS = 10


_libc = ctypes.CDLL(None)


def die_with_parent() -> None:
    """Run in the child before exec: the kernel sends SIGTERM when the supervisor is gone, however it went."""
    with contextlib.suppress(OSError, AttributeError):
        _libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def shut_down_fast_with_parent() -> None:
    """The same for PostgreSQL, to which SIGINT means: end the sessions, flush, stop."""
    with contextlib.suppress(OSError, AttributeError):
        _libc.prctl(PR_SET_PDEATHSIG, signal.SIGINT)


class Child:
    def __init__(self, name: str, command: list[str], *, cwd: Path, env: dict[str, str], log: Path) -> None:
        self.name = name
        self.command = command
        self.cwd = cwd
        self.env = env
        self.log = log
        self.process: subprocess.Popen[bytes] | None = None
        self._started_at = 0.0
        self._quick_deaths = 0

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command, cwd=self.cwd, env=self.env, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True, preexec_fn=die_with_parent,
            )  # fmt: skip
        self._started_at = time.monotonic()

    def restart_if_dead(self) -> bool:
        """True when it had died and was started again; a child that dies at once again and again waits longer."""
        if self.process is None or self.process.poll() is None:
            return False
        self._end_the_rest()
        if time.monotonic() - self._started_at < QUICK_SECONDS:
            self._quick_deaths += 1
            time.sleep(min(2.0, 0.2 * self._quick_deaths))
        else:
            self._quick_deaths = 0
        self.start()
        return True

    def gave_up(self) -> bool:
        return self._quick_deaths >= GIVE_UP_AFTER_QUICK_DEATHS

    def last_words(self) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-20:])

    def ask_to_stop(self) -> None:
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError):
                self.process.terminate()

    def stop(self, patience_seconds: float = 15) -> None:
        """SIGTERM, patience, then SIGKILL to whatever is left of the process group."""
        if self.process is None:
            return
        self.ask_to_stop()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(patience_seconds)
        self._end_the_rest()
        self.process = None

    def _end_the_rest(self) -> None:
        """The parent's own children outlive its SIGKILL; they would hold the port and go on taking work."""
        assert self.process is not None
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


def stop_together(children: list[Child], patience_seconds: float = 15) -> None:
    """Ask all at once, then wait for all: together no longer than one alone."""
    for child in children:
        child.ask_to_stop()
    deadline = time.monotonic() + patience_seconds
    for child in children:
        child.stop(max(0.1, deadline - time.monotonic()))
