"""Fill the feature store from the database.

    manage.py rebuild_features [--since 2026-01-31]

Payments go on meanwhile. The new states come into force at once when they are complete; run twice, the second gives
the same.
"""

from argparse import ArgumentParser
from datetime import UTC, datetime
from typing import Any

import redis
from django.core.management.base import BaseCommand, CommandError

from core import clock
from fraud.features import rebuild

WIDTH = 40


class Command(BaseCommand):
    help = "Fill the feature store from observed payments, labels and reports."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--since", type=_day, help="first day to read (UTC); as parameters say if not given")

    def handle(self, *_: Any, **options: Any) -> None:
        try:
            told = rebuild.rebuild(now=clock.now(), since=options["since"], progress=self._show)
        except rebuild.BuildingAlready:
            raise CommandError("another process is rebuilding the feature store") from None
        except redis.RedisError as error:
            raise CommandError(f"the feature store does not answer: {type(error).__name__}") from None
        self.stdout.write(f"\n{told:,} events told; the new states are in force")

    def _show(self, done: int, total: int) -> None:
        filled = WIDTH * done // max(total, 1)
        self.stdout.write(f"\r[{'#' * filled}{'.' * (WIDTH - filled)}] {done:,} of {total:,}", ending="")
        self.stdout.flush()


def _day(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
