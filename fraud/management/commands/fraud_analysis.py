"""`manage.py fraud_analysis decisions|patterns|errors|rule-impact`: what the runbooks ask of the decisions."""

import json
import re
from argparse import ArgumentParser
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import IO, Any, cast

from django.core.management.base import BaseCommand, CommandError
from rich.console import Console
from rich.table import Table

from core import clock
from core.console.templatetags.console import relative
from fraud.selectors import analysis
from fraud.selectors.analysis import Window

SPAN = re.compile(r"([1-9]\d{0,4})([mhdw])", re.ASCII)
UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}


class Command(BaseCommand):
    help = "Analyse fraud decisions: of a window, against a baseline, their errors, the impact of a change of rules."

    def add_arguments(self, parser: ArgumentParser) -> None:
        said = parser.add_subparsers(dest="what", required=True)
        for name, meaning, since in (
            ("decisions", "outcomes, scores, rules and what was not in order", "1h"),
            ("errors", "false positive and negative rates, over final labels, and over early ones apart", "30d"),
        ):
            part = said.add_parser(name, help=meaning)
            part.add_argument("--since", default=since, help=f"a span (1h, 24h, 7d) up to now; default {since}")
            self._add_common(part)
        part = said.add_parser("patterns", help="a window against a baseline before it, at the same rate")
        part.add_argument("--current", default="1h", help="a span up to now; default 1h")
        part.add_argument("--baseline", default="7d", help="a span before that; default 7d")
        self._add_common(part)
        part = said.add_parser("rule-impact", help="hits and outcomes before and after a moment")
        part.add_argument("--at", required=True, help="when the rules changed: 2026-11-18 or 2026-11-18T12:00:00Z")
        part.add_argument("--duration", default="24h", help="as long before as after; default 24h")
        part.add_argument("--rule", default="", help="one rule's code; default every rule")
        self._add_common(part)

    def _add_common(self, parser: ArgumentParser) -> None:
        parser.add_argument("--test", action="store_true", help="of test data instead of live data")
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        now, livemode = clock.now(), not options["test"]
        match options["what"]:
            case "decisions":
                found = analysis.decisions(Window(now - _span(options["since"]), now, livemode), now=now)
            case "errors":
                found = analysis.errors(Window(now - _span(options["since"]), now, livemode), now=now)
            case "patterns":
                began = now - _span(options["current"])
                before = Window(began - _span(options["baseline"]), began, livemode)
                found = analysis.compare(Window(began, now, livemode), before)
            case _:
                found = self._rule_impact(options, now, livemode)
        if options["json"]:
            self.stdout.write(json.dumps(found, indent=1, default=str))
        else:
            _print(found, Console(file=cast("IO[str]", self.stdout), width=120), now)

    def _rule_impact(self, options: Mapping[str, Any], now: datetime, livemode: bool) -> dict[str, Any]:
        at, duration = _moment(options["at"]), _span(options["duration"])
        if at > now:
            raise CommandError("--at is in the future")
        return analysis.rule_impact(
            Window(at - duration, at, livemode), Window(at, min(at + duration, now), livemode), rule=options["rule"]
        )


def _span(text: str) -> timedelta:
    if (found := SPAN.fullmatch(text)) is None:
        raise CommandError(f"{text} is no span such as 30m, 1h, 7d or 2w")
    return int(found[1]) * UNITS[found[2]]


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise CommandError(f"{text} is no date such as 2026-11-18 or 2026-11-18T12:00:00Z") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _print(found: Mapping[str, Any], screen: Console, now: datetime) -> None:
    """Lists of rows as tables, everything else as lines."""
    for name, value in found.items():
        title = name.replace("_", " ").capitalize()
        if isinstance(value, list) and value:
            table = Table(*(column.replace("_", " ") for column in value[0]), title=title)
            for row in value:
                table.add_row(*(_shown(cell, now) for cell in row.values()))
            screen.print(table)
        elif isinstance(value, dict):
            table = Table("", "", title=title, show_header=False)
            for key, cell in value.items():
                table.add_row(key.replace("_", " "), _shown(cell, now))
            screen.print(table)
        else:
            screen.print(f"{title}: {_shown(value, now)}")


def _shown(value: Any, now: datetime) -> str:
    if value is None or value == []:
        return "-"
    if isinstance(value, float):
        return f"{value:.4f}"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M} UTC ({relative(value, now)})"
    return f"{value:,}" if isinstance(value, int) else str(value)
