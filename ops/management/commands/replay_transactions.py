"""`manage.py replay_transactions FILE --rate N --limit M`: recorded payments through the public API."""

import contextlib
import json
import time
from argparse import ArgumentParser
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from core import clock
from core.actors import SYSTEM
from core.api import keys
from core.api.models import ThrottleClass
from ledger.selectors import accounts
from ops.marketplace import replay, transactions
from ops.marketplace.client import MarketplaceClient, running_base_url


class Command(BaseCommand):
    help = "Send payments from a CSV or Parquet file (ts, customer_id, terminal_id, amount_minor) through the API."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--rate", type=float, default=None, help="payments a second (default: as fast as answered)")
        parser.add_argument("--limit", type=int, default=None, help="stop after so many rows")
        parser.add_argument("--connections", type=int, default=8)
        parser.add_argument("--url", default=None, help="where Holdfast answers (default: what `make run` started)")
        parser.add_argument("--api-key", default=None, help="default: a key made for this run and revoked after it")
        parser.add_argument("--run", default=None, help="name of the run; the same name never pays twice")
        parser.add_argument("--json", action="store_true", help="print the summary as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["file"]
        if not path.exists():
            raise CommandError(f"{path} does not exist")
        base_url = running_base_url(options["url"])
        screen = Console(stderr=True)
        try:
            total = transactions.count(path, options["limit"])
            with _api_key(options["api_key"]) as api_key, _progress(screen, total) as advance:
                client = MarketplaceClient(base_url, api_key, options["connections"])
                started = time.monotonic()
                tally = replay.send_all(
                    client,
                    transactions.read(path, options["limit"]),
                    run=options["run"] or transactions.fingerprint(path),
                    rate=options["rate"],
                    connections=options["connections"],
                    progress=advance,
                )
                seconds = time.monotonic() - started
                client.close()
        except transactions.UnreadableTransaction as error:
            raise CommandError(str(error)) from error
        summary = _summary(tally, seconds)
        if options["json"]:
            self.stdout.write(json.dumps(summary))
        else:
            Console().print(_table(summary))
        if summary["serverErrors"] or summary["noAnswer"]:
            raise CommandError(f"{summary['serverErrors']} server errors, {summary['noAnswer']} without an answer")


@contextlib.contextmanager
def _api_key(given: str | None) -> Iterator[str]:
    """The key given, or one of our own with the higher rates of bulk work, revoked at the end."""
    if given:
        yield given
        return
    now = clock.now()
    key, secret = keys.create(
        name="replay_transactions",
        livemode=False,
        scopes=["payments:write", "payments:read"],
        throttle_class=ThrottleClass.BULK,
        expires_at=now + timedelta(days=1),
        actor=SYSTEM,
        now=now,
    )
    try:
        yield secret
    finally:
        keys.revoke(key_id=key.public_id, actor=SYSTEM, now=clock.now())


@contextlib.contextmanager
def _progress(screen: Console, total: int) -> Iterator[Any]:
    bar = Progress(TextColumn("Replaying"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), console=screen)
    with bar:
        task = bar.add_task("replay", total=total)
        yield lambda: bar.advance(task)


def _summary(tally: replay.Tally, seconds: float) -> dict[str, Any]:
    trial = {
        line.currency.code: {
            "debits": line.debits.minor,
            "credits": line.credits.minor,
            "difference": line.difference.minor,
        }
        for line in accounts.list_trial("test")
    }
    return {
        "payments": sum(tally.outcomes.values()),
        **{outcome: tally.outcomes[outcome] for outcome in replay.OUTCOMES},
        "perSecond": round(sum(tally.outcomes.values()) / seconds, 1) if seconds else 0,
        "p50Ms": round(tally.percentile(0.50), 1),
        "p95Ms": round(tally.percentile(0.95), 1),
        "p99Ms": round(tally.percentile(0.99), 1),
        "statuses": {str(status): number for status, number in sorted(tally.statuses.items())},
        "serverErrors": sum(number for status, number in tally.statuses.items() if status >= 500),
        "noAnswer": tally.statuses[0],
        "trialBalance": trial,
    }


def _table(summary: dict[str, Any]) -> Table:
    table = Table(show_header=False, title="Replay")
    for name, value in summary.items():
        table.add_row(name, json.dumps(value) if isinstance(value, dict) else str(value))
    return table
