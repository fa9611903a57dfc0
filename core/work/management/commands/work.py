"""`manage.py work`: everything that workers do, in one plain process without a broker."""

import signal
import threading
import time
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import Error as DatabaseError
from django.db import connection

from core import clock
from core.actors import SYSTEM
from core.outbox import services as outbox
from core.webhooks.sender import Sender
from core.work import selectors
from core.work import services as work

SLOTS = 8


class Command(BaseCommand):
    help = "Run periodic jobs, due work and the outbox relay until stopped; or show and retry parked work."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("action", nargs="?", default="run", choices=["run", "parked", "retry"])
        parser.add_argument("id", nargs="?", type=int, help="with retry: one item (default: all that are parked)")
        parser.add_argument("--once", action="store_true", help="stop when nothing is due")
        parser.add_argument("--seconds", type=float, help="stop after this long")
        parser.add_argument("--idle", type=float, default=0.2, help="seconds between two looks when nothing is due")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["action"] == "parked":
            for item in selectors.list_parked():
                self.stdout.write(f"{item.pk}  {item.kind}  {item.key}  {item.attempts} tries  {item.last_error}")
        elif options["action"] == "retry":
            wanted = selectors.list_parked().filter(**({"pk": options["id"]} if options["id"] else {}))
            ids = list(wanted.values_list("pk", flat=True))
            retried = sum(work.retry(item_id=number, actor=SYSTEM, now=clock.now()) for number in ids)
            self.stdout.write(f"{retried} given a fresh round of tries")
        else:
            self._run(once=options["once"], seconds=options["seconds"], idle=options["idle"])

    def _run(self, *, once: bool, seconds: float | None, idle: float) -> None:
        stop = threading.Event()
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(number, lambda *_: stop.set())
        deadline = time.monotonic() + seconds if seconds is not None else None
        # One process for everything: webhooks have threads of their own, so that nothing waits for somebody's server.
        with Sender(slots=SLOTS) as self._webhooks:
            self._until(stop, deadline, once=once, idle=idle)

    def _until(self, stop: threading.Event, deadline: float | None, *, once: bool, idle: float) -> None:
        while not stop.is_set() and (deadline is None or time.monotonic() < deadline):
            if self._look():
                continue
            if once:
                return
            stop.wait(idle)

    def _look(self) -> bool:
        """One pass over everything; a database that is away is waited for."""
        try:
            relayed = outbox.relay(now=clock.now())
            sent = self._webhooks.turn(now=clock.now(), patience_seconds=0)
            return bool(work.run_pending(now=clock.now())) or bool(relayed) or sent
        except DatabaseError as error:
            self.stderr.write(f"the database does not answer: {type(error).__name__}")
            connection.close()
            time.sleep(0.5)
            return False
