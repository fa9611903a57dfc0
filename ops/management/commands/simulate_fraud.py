"""`manage.py simulate_fraud`: a day of fraud after weeks of ordinary life, through the public API."""

from argparse import ArgumentParser
from datetime import date, timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from core import clock
from ops.marketplace import fraud_run, stage
from ops.marketplace.client import running_base_url
from ops.marketplace.fraud_day import FraudPlan, attempts
from ops.marketplace.fraud_run import FraudRun

SCOPES = ("payments:read", "payments:write", "fraud:write")


class Command(BaseCommand):
    help = (
        "Play weeks of ordinary payments and a day of fraud; victims report days later. The clock ends where it began."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--seed", type=int, default=11, help="the same seed makes the same attempts, and pays once")
        parser.add_argument(
            "--day", type=date.fromisoformat, default=None, help="the day of fraud (default: 8 days ago)"
        )
        parser.add_argument("--payments", type=int, default=4200, help="ordinary ones, over all days")
        parser.add_argument("--history", type=int, default=42, help="days before the day of fraud")
        parser.add_argument(
            "--reports-only", action="store_true", help="send what victims have found out since, and nothing else"
        )
        parser.add_argument("--url", default=None, help="where Holdfast answers (default: what `make run` started)")

    def handle(self, *args: Any, **options: Any) -> None:
        stage.require_demo()
        base_url = running_base_url(options["url"])
        if options["reports_only"]:
            with stage.marketplace(base_url, "fraud day", SCOPES) as client:
                self.stdout.write(f"{fraud_run.tell(client, now=clock.now()):6}  reports")
            return
        until = stage.real_now()
        day = options["day"] or (until - timedelta(days=8)).date()
        if options["payments"] < 0 or options["history"] < 0 or day > until.date():
            raise CommandError("--payments and --history are not negative, and --day is not in the future")
        self._play(base_url, FraudPlan(day, until, options["payments"], options["seed"], options["history"]))

    def _play(self, base_url: str, plan: FraudPlan) -> None:
        columns = (TextColumn("Simulating"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        with (
            Progress(*columns, console=Console(stderr=True)) as bar,
            stage.moved_clock(plan.starts_at) as move_to,
            stage.marketplace(base_url, "fraud day", SCOPES) as client,
        ):
            task = bar.add_task("fraud", total=len(attempts(plan)))
            run = FraudRun(plan, client, move_to, lambda: bar.advance(task))
            run.go_on_until(plan.until)
            kept_in = run.keep()
        for answer, number in sorted(run.counts.items()):
            self.stdout.write(f"{number:6}  {answer}")
        self.stdout.write(f"what it really was: {kept_in}")
