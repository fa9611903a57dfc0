"""Tell a worker that there is something to do. A message here is a hint: losing one costs a second, not a row.

The request only sets a flag; a thread of this process talks to Redis, at most once per window and name, and over
all processes about once per window (`SET NX PX`). So Redis can be slow or gone and no request notices: the beat's
tick and `manage.py work` find the rows anyway.
"""

import os
import threading
import time
from collections.abc import Callable

import structlog
from django.conf import settings
from django.db import transaction

log = structlog.get_logger("holdfast.work")

WINDOW_SECONDS = 0.2
PAUSE_AFTER_FAILURE_SECONDS = 2.0
TASKS = {"work": "core.work.tasks.run_due", "outbox": "core.outbox.tasks.relay", "webhooks": "core.webhooks.tasks.send"}


class Waker:
    """One thread that sends wanted wakes. `send(name)` says whether the wish is settled; it may raise."""

    def __init__(self, send: Callable[[str], bool]) -> None:
        self._send = send
        self.start_over()

    def start_over(self) -> None:
        """Also what a forked child does: it has neither the parent's thread nor a usable lock."""
        self._wanted: set[str] = set()
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None

    def want(self, name: str) -> None:
        """Never blocks and never raises; the thread starts with the first wish."""
        with self._changed:
            self._wanted.add(name)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="holdfast-wake", daemon=True)
                self._thread.start()
            self._changed.notify()

    def _run(self) -> None:
        while True:
            with self._changed:
                while not self._wanted:
                    self._changed.wait()
                wanted, self._wanted = self._wanted, set()
            time.sleep(self._send_all(wanted))

    def _send_all(self, wanted: set[str]) -> float:
        """Send, keep what somebody else's window has not settled yet, and say how long to pause."""
        try:
            unsettled = {name for name in wanted if not self._send(name)}
        except Exception as error:  # noqa: BLE001 - a hint may be lost for any reason; the sweeper finds the rows
            log.warning("workers could not be woken", error=type(error).__name__)
            return PAUSE_AFTER_FAILURE_SECONDS
        with self._changed:
            self._wanted |= unsettled
        return WINDOW_SECONDS


def send(name: str) -> bool:
    """Send the wake unless one was sent within the window; False asks to be tried again after it.

    A wish made right after somebody else's message may have been too late for that message, so it is not
    settled by it: the same process tries again and wins or sees a younger message win.
    """
    from celery import current_app

    from core.work import brokers

    claimed = brokers.client(brokers.Database.BROKER).set(
        f"holdfast:wake:{name}", "1", nx=True, px=int(WINDOW_SECONDS * 1000)
    )
    if claimed:
        current_app.send_task(TASKS[name], ignore_result=True, retry=False, expires=60)
    return bool(claimed)


_waker = Waker(send)
os.register_at_fork(after_in_child=_waker.start_over)


def after_commit(name: str) -> None:
    """Wake the workers of `name` once the open transaction has committed."""
    if settings.HOLDFAST_WAKE_WORKERS:
        transaction.on_commit(lambda: _waker.want(name), robust=True)
