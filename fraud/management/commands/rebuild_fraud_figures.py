"""`manage.py rebuild_fraud_figures --from D --to D`: count the days behind the dashboards again."""

from argparse import ArgumentParser
from datetime import UTC, date
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from core import clock
from fraud.services import figures


class Command(BaseCommand):
    help = "Count the days behind the fraud dashboards again, from decisions, labels and reviews. Repeatable."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--from", dest="since", type=date.fromisoformat, help="default: the oldest decision's day")
        parser.add_argument("--to", dest="until", type=date.fromisoformat, help="default: today (UTC)")

    def handle(self, *args: Any, **options: Any) -> None:
        now = clock.now()
        until: date = options["until"] or now.astimezone(UTC).date()
        wanted = []
        for livemode in figures.MODES:
            since: date | None = options["since"] or figures.first_day(livemode=livemode)
            if since is not None and since > until:
                raise CommandError("--from is after --to")
            wanted += [(livemode, day) for day in figures.days_between(since, until)] if since else []
        columns = (TextColumn("Counting"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        with Progress(*columns, console=Console(stderr=True)) as bar:
            for livemode, day in bar.track(wanted):
                figures.count_day(day=day, livemode=livemode, now=now)
        self.stdout.write(f"{len(wanted)} days counted")
