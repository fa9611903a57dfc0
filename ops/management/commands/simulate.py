"""`manage.py simulate`: some days of a living marketplace, through the public API, on the movable clock."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from ops.marketplace import demo, simulation, stage
from ops.marketplace.client import running_base_url


class Command(BaseCommand):
    help = "Play some days of a demo marketplace through the public API. The clock ends where it began."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--days", type=int, default=10)
        parser.add_argument("--per-day", type=int, default=24, help="payments on an ordinary day")
        parser.add_argument("--seed", type=int, default=None, help="the same seed makes the same days, and pays once")
        parser.add_argument("--url", default=None, help="where Holdfast answers (default: what `make run` started)")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["days"] < 1 or options["per_day"] < 1:
            raise CommandError("--days and --per-day are at least 1")
        until = stage.real_now()
        seed = options["seed"] if options["seed"] is not None else int(until.timestamp())
        plan = simulation.Plan(until=until, days=options["days"], per_day=options["per_day"], seed=seed)
        bar = Progress(TextColumn("Simulating"), BarColumn(), MofNCompleteColumn(), console=Console(stderr=True))
        with bar:
            task = bar.add_task("simulate", total=len(simulation.bookings(plan)))
            counts = demo.play(running_base_url(options["url"]), plan, progress=lambda: bar.advance(task))
        for answer, number in sorted(counts.items()):
            self.stdout.write(f"{number:6}  {answer}")
