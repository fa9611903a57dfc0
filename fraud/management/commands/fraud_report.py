"""`manage.py fraud_report --week last|2026-W47`: the report of a week; made now if it was not yet."""

import json
from argparse import ArgumentParser
from datetime import date, datetime
from typing import IO, Any, cast

from django.core.management.base import BaseCommand, CommandError
from rich.console import Console
from rich.table import Table

from core import clock
from core.actors import SYSTEM
from fraud.services import weekly_reports


class Command(BaseCommand):
    help = "Show the fraud report of a week. Its numbers stay as they were when it was made."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--week", default="last", help="`last` (the newest that is over) or ISO: 2026-W47")
        parser.add_argument("--test", action="store_true", help="of test data instead of live data")
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        now = clock.now()
        try:
            found = weekly_reports.make(
                week=_monday(options["week"], now), livemode=not options["test"], actor=SYSTEM, now=now
            )
        except weekly_reports.WeekNotOver as refused:
            raise CommandError(f"The week is not over: {refused.detail}") from refused
        if options["json"]:
            self.stdout.write(json.dumps({"week": str(found.week), "numbers": found.numbers}, indent=1))
            return
        decided, before = found.numbers["decided"], found.numbers["decided_before"]
        table = Table("", "Week", "Week before", title=f"Fraud, week of {found.week:%-d %B %Y}")
        for name in decided:
            if isinstance(decided[name], int):
                table.add_row(name.replace("_", " "), f"{decided[name]:,}", f"{before[name]:,}")
        quality = found.numbers["quality"]
        judged = Table("", "Flagged", "Blocked", title=f"Labels final: {quality['since']} to {quality['until']}")
        for name, value in quality["flagged"].items():
            judged.add_row(name.replace("_", " "), _shown(value), _shown(quality["stopped"][name]))
        screen = Console(file=cast("IO[str]", self.stdout), width=100)
        screen.print(table)
        screen.print(judged)


def _monday(week: str, now: datetime) -> date:
    if week == "last":
        return weekly_reports.last_week(now)
    try:
        return datetime.strptime(f"{week}-1", "%G-W%V-%u").date()  # noqa: DTZ007 (a date)
    except ValueError as error:
        raise CommandError("--week is `last` or an ISO week such as 2026-W47") from error


def _shown(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:,}" if isinstance(value, int) else f"{value:.2%}"
