"""`manage.py outbox parked|retry|load`: events that a handler could not take, and how far behind the relay is."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from core import clock
from core.actors import SYSTEM
from core.outbox import selectors
from core.outbox import services as outbox


class Command(BaseCommand):
    help = "Show parked deliveries, give them a fresh round of tries, or show depth and lag."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("action", choices=["parked", "retry", "load"])
        parser.add_argument("id", nargs="?", type=int, help="with retry: one delivery (default: all that are parked)")

    def handle(self, *args: Any, **options: Any) -> None:
        now = clock.now()
        if options["action"] == "parked":
            for row in selectors.list_parked():
                self.stdout.write(
                    f"{row.pk}  {row.event_id}  {row.event.name}  {row.handler}  {row.attempts} tries  {row.last_error}"
                )
        elif options["action"] == "retry":
            wanted = selectors.list_parked().filter(**({"pk": options["id"]} if options["id"] else {}))
            ids = list(wanted.values_list("pk", flat=True))
            retried = sum(outbox.retry(delivery_id=number, actor=SYSTEM, now=now) for number in ids)
            self.stdout.write(f"{retried} given a fresh round of tries")
        else:
            load = selectors.load(now=now)
            self.stdout.write(f"depth {load.depth}, lag {load.lag.total_seconds():.1f} s, parked {load.parked}")
