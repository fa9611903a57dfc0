"""`manage.py train_model`: learn from own decisions, or with `--data` from a recorded stream; makes a candidate."""

import json
from argparse import ArgumentParser
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from core import clock
from core.actors import SYSTEM
from core.errors import Refusal
from core.parameters import services as parameters
from fraud.learning import streams
from fraud.models import ModelVersion
from fraud.services import model_training


class Command(BaseCommand):
    help = "Train a model and register it as a candidate. It judges nothing before somebody promotes it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--from", dest="from_day", type=date.fromisoformat, metavar="D", help="first day, UTC")
        parser.add_argument("--to", dest="to_day", type=date.fromisoformat, metavar="D", help="last day, UTC")
        parser.add_argument("--delay-days", type=int, help="labels are final after so many days (default: parameter)")
        parser.add_argument("--livemode", action="store_true", help="learn from live payments instead of test ones")
        parser.add_argument("--data", type=Path, metavar="DIR", help="a recorded stream: Parquet files or one file")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        now = clock.now()
        delay = options["delay_days"]
        asked = {
            "from_at": _midnight(options["from_day"]),
            "to_at": _midnight(options["to_day"], later=timedelta(days=1)),
            "delay_days": parameters.read("fraud.label_delay_days", at=now) if delay is None else delay,
            "livemode": options["livemode"],
            "actor": SYSTEM,
            "now": now,
        }
        try:
            model = _train(options["data"], asked)
        except Refusal as refused:
            told = "; ".join(f"{error.pointer} {error.reason}" for error in refused.errors) or refused.detail
            raise CommandError(f"{refused.title}: {told}") from refused
        except streams.UnreadableStream as unreadable:
            raise CommandError(str(unreadable)) from unreadable
        self.stdout.write(json.dumps(_report(model)) if options["json"] else _sentences(model))


def _train(place: Path | None, asked: dict[str, Any]) -> ModelVersion:
    if place is not None:
        return model_training.train_on_stream(place=place, **asked)
    usual = model_training.usual_window(delay_days=asked["delay_days"], now=asked["now"])
    window = {"from_at": asked["from_at"] or usual[0], "to_at": asked["to_at"] or usual[1]}
    return model_training.train(**asked | window)


def _midnight(day: date | None, *, later: timedelta = timedelta()) -> datetime | None:
    return None if day is None else datetime.combine(day, time(), tzinfo=UTC) + later


def _report(model: ModelVersion) -> dict[str, Any]:
    return {
        "model": model.name,
        "sha256": model.sha256,
        "origin": model.origin,
        "trainedOn": {"payments": model.payments, "frauds": model.frauds},
        "from": model.from_at.isoformat(),
        "to": model.to_at.isoformat(),
        "metrics": model.metrics,
        "parity": {"rows": model.parity_rows, "difference": model.parity_difference},
    }


def _sentences(model: ModelVersion) -> str:
    measured = model.metrics
    return (
        f"{model.name} is a candidate, learned from {model.payments:,} payments with {model.frauds:,} frauds"
        f" ({model.origin}).\n"
        f"On {measured['payments']:,} later ones: average precision {measured['average_precision']:.3f},"
        f" recall at 1 % false positives {measured['recall_at_1_fpr']:.3f}.\n"
        f"Its text equals LightGBM within {model.parity_difference:g} on {model.parity_rows:,} rows."
        f" Next: let it challenge the champion on its page."
    )
