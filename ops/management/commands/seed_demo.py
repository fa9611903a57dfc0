"""`manage.py seed_demo`: what `make run` calls once the web answers, where there is no demo yet.

Interrupted, it goes on with the same days at the next call: the payments it made are not made again.
"""

import signal
import sys
from argparse import ArgumentParser
from datetime import timedelta
from pathlib import Path
from typing import Any, NoReturn

from django.conf import settings
from django.core.management.base import BaseCommand
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from core import clock
from ops.marketplace import demo, escrows, signatures, simulation, stage
from ops.marketplace.fraud_day import FraudPlan
from ops.marketplace.rail import Rail


class Command(BaseCommand):
    help = "Open the demo's accounts and play ten days of a marketplace."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--base-url", required=True)
        parser.add_argument("--days", type=int, default=10)
        parser.add_argument("--per-day", type=int, default=14)

    def handle(self, *args: Any, **options: Any) -> None:
        if demo.credentials_file().exists():
            return
        signal.signal(signal.SIGTERM, _leave)
        moving = clock.OffsetClock(Path(settings.HOLDFAST_STATE_DIR) / "clock-offset")
        plan = demo.resume_plan()
        if plan is None:
            plan = simulation.Plan(until=stage.real_now(), days=options["days"], per_day=options["per_day"], seed=7)
            demo.keep_plan(plan)
        else:
            demo.finish_open_requests(moving)
        moving.move_to(plan.until - timedelta(days=plan.days + 2) - stage.real_now())
        facts = demo.open_accounts(base_url=options["base_url"], now=clock.now())
        rail = Rail(plan.until, lambda moment: moving.move_to(moment - stage.real_now()))
        bar = Progress(TextColumn("holdfast: demo"), BarColumn(), MofNCompleteColumn(), console=Console(stderr=True))
        with bar:
            task = bar.add_task("demo", total=len(simulation.bookings(plan)))
            demo.play(
                options["base_url"],
                plan,
                progress=lambda: bar.advance(task),
                will_resume=True,
                fraud=_yesterday_s_fraud(plan),
                rail=rail,
            )
        signatures.ask(treasurer=demo.STAFF["TREASURY"][0], now=clock.now())
        escrows.seed(treasurer=demo.STAFF["TREASURY"][0], now=clock.now())
        rail.finish(clock.now())
        demo.write_credentials(facts)
        demo.forget_plan()


def _yesterday_s_fraud(plan: simulation.Plan) -> FraudPlan:
    """One of each kind, the day before the demo ends: its cases still wait when somebody looks."""
    day = (plan.until - timedelta(days=1)).date()
    return FraudPlan(day, plan.until, payments=0, seed=plan.seed, history_days=0, among_the_demo=True)


def _leave(*_: object) -> NoReturn:
    """Asked to stop: unwind without a word."""
    sys.exit(1)
