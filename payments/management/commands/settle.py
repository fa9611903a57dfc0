"""`manage.py settle`: let the sandbox write its settlement files up to a day, without waiting for the day to end."""

from argparse import ArgumentTypeError
from datetime import UTC, date
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from core import clock
from payments.gateways.sandbox import settlement
from payments.services import reconciliation


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError("a day is written 2026-03-02") from None


class Command(BaseCommand):
    help = "Write the sandbox's settlement files of a day (default: today) into the inbox of the reconciler."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--day", type=_day, default=None)

    def handle(self, *_: Any, **options: Any) -> None:
        day = options["day"] or clock.now().astimezone(UTC).date()
        for livemode in (False, True):
            path = settlement.publish(day=day, livemode=livemode, directory=reconciliation.inbox())
            if path is not None:
                self.stdout.write(str(path))
