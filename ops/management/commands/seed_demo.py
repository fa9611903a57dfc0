"""`manage.py seed_demo`: what `make run` calls once the web answers. Does nothing when the demo is there."""

import json
from argparse import ArgumentParser
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from core import clock
from ops.marketplace import demo, simulation


class Command(BaseCommand):
    help = "Open the demo's accounts and play ten days of a marketplace."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--base-url", required=True)
        parser.add_argument("--days", type=int, default=10)
        parser.add_argument("--per-day", type=int, default=20)

    def handle(self, *args: Any, **options: Any) -> None:
        known = demo.credentials_file()
        if known.exists():
            self._note_address(json.loads(known.read_text()), options["base_url"])
            return
        until = demo.real_now()
        plan = simulation.Plan(until=until, days=options["days"], per_day=options["per_day"], seed=7)
        moving = clock.OffsetClock(Path(settings.HOLDFAST_STATE_DIR) / "clock-offset")
        moving.move_to(-timedelta(days=options["days"] + 2))
        facts = demo.open_accounts(base_url=options["base_url"], now=clock.now())
        bar = Progress(TextColumn("holdfast: demo"), BarColumn(), MofNCompleteColumn(), console=Console(stderr=True))
        with bar:
            task = bar.add_task("demo", total=len(simulation.bookings(plan)))
            demo.play(options["base_url"], plan, progress=lambda: bar.advance(task))
        demo.write_credentials(facts)

    def _note_address(self, facts: dict[str, Any], base_url: str) -> None:
        """The port may be another one this time."""
        if facts["baseUrl"] != base_url:
            facts["curl"] = facts["curl"].replace(facts["baseUrl"], base_url)
            facts["baseUrl"] = base_url
            demo.write_credentials(facts)
