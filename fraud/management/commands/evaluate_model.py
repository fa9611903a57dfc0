"""`manage.py evaluate_model DATA_DIR --train-start D`: how good the model is on a recorded stream of payments."""

import contextlib
import json
import time
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from statistics import fmean
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from fraud.learning import protocol, streams
from fraud.learning.protocol import Measured, Protocol

MEANS = ("auc", "ap", "cp100", "recall_at_1_fpr")


class Command(BaseCommand):
    help = (
        "Train on some days of a recorded stream, wait for the labels, test on later days; several starts in one pass."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("data", type=Path, metavar="DATA_DIR", help="a directory of Parquet files, or one file")
        parser.add_argument("--train-start", type=date.fromisoformat, required=True, nargs="+", metavar="D")
        parser.add_argument("--train-days", type=_days, default=7)
        parser.add_argument("--delay-days", type=_no_days, default=7, help="a label is known after so many days")
        parser.add_argument("--test-days", type=_days, default=7)
        parser.add_argument("--threads", type=_days, default=1, help="threads of training")
        parser.add_argument("--json", action="store_true", help="print one JSON object and no progress")

    def handle(self, *args: Any, **options: Any) -> None:
        started = time.monotonic()
        protocols = [
            Protocol(day, options["train_days"], options["delay_days"], options["test_days"])
            for day in options["train_start"]
        ]
        try:
            stream = streams.read(options["data"])
            with _progress(len(stream.payments), shown=not options["json"]) as advance:
                results = protocol.measure(stream.payments, protocols, threads=options["threads"], advance=advance)
        except (streams.UnreadableStream, protocol.UnableToMeasure) as error:
            raise CommandError(str(error)) from error
        report = _report(results, stream, time.monotonic() - started)
        if options["json"]:
            self.stdout.write(json.dumps(report))
        else:
            Console().print(_table(results, report))


def _days(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise ArgumentTypeError(f"{text!r} is not a whole number from 1")
    return int(text)


def _no_days(text: str) -> int:
    return 0 if text == "0" else _days(text)


@contextlib.contextmanager
def _progress(total: int, *, shown: bool) -> Iterator[Callable[[int], None]]:
    columns = TextColumn("Replaying payments"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    with Progress(*columns, console=Console(stderr=True), disable=not shown) as bar:
        task = bar.add_task("replay", total=total)
        yield lambda passed: bar.advance(task, passed)


def _report(results: list[Measured], stream: streams.Stream, seconds: float) -> dict[str, Any]:
    """Of one week its own figures; of several the weeks and their means."""
    shared = {
        "stream": {
            "files": list(stream.files),
            "passed_over": list(stream.passed_over),
            "payments": len(stream.payments),
            "frauds": sum(stream.payments.is_fraud),
            "repeated": stream.repeated,
            "from": _moment(stream.payments.at[0]),
            "to": _moment(stream.payments.at[-1]),
        },
        "seconds": round(seconds, 1),
    }
    if len(results) == 1:
        return {**results[0].as_json(), **shared}
    mean = {name: fmean(getattr(result, name) for result in results) for name in MEANS}
    return {"weeks": [result.as_json() for result in results], "mean": mean, **shared}


def _moment(at: int) -> str:
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=at)).isoformat()


def _table(results: list[Measured], report: dict[str, Any]) -> Table:
    stream = report["stream"]
    table = Table(
        title=f"{stream['payments']:,} payments, {stream['from'][:10]} to {stream['to'][:10]}, {report['seconds']} s",
    )
    for heading in (
        "Training\nfrom",
        "Test\nuntil",
        "AUC",
        "AP",
        "CP@100",
        "Recall at\n1 % FPR",
        "Fraud\ntested",
    ):
        table.add_column(heading, no_wrap=True)
    for result in results:
        table.add_row(
            result.train_start,
            result.test_end,
            *(f"{getattr(result, name):.3f}" for name in MEANS),
            f"{result.test_frauds:,}",
        )
    if len(results) > 1:
        table.add_row("Mean", "", *(f"{report['mean'][name]:.3f}" for name in MEANS), "")
    return table
