"""`manage.py clock`: show or move the time of a demo. All processes of the machine follow within a second."""

import re
from argparse import ArgumentParser
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from core import clock

_SPAN = re.compile(r"([0-9]{1,6})([smhdw])", re.ASCII)
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


class Command(BaseCommand):
    help = "Show or move the demo's clock. Only a demo or a test has one."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("action", nargs="?", choices=["show"], default="show")
        move = parser.add_mutually_exclusive_group()
        move.add_argument("--advance", metavar="SPAN", help="such as 90s, 15m, 12h, 3d, 2w; adds to earlier moves")
        move.add_argument("--reset", action="store_true", help="back to the time of the machine")

    def handle(self, *_: Any, advance: str | None, reset: bool, **__: Any) -> None:
        if not settings.HOLDFAST_MOVABLE_CLOCK:
            raise CommandError("the clock moves only in a demo or a test (HOLDFAST_MOVABLE_CLOCK is off)")
        movable = clock.OffsetClock(Path(settings.HOLDFAST_STATE_DIR) / "clock-offset")
        if advance:
            movable.move_to(movable.offset() + _span(advance))
        if reset:
            movable.move_to(timedelta())
        self.stdout.write(f"{movable.now().isoformat(timespec='seconds')} (offset {movable.offset()})")


def _span(text: str) -> timedelta:
    match = _SPAN.fullmatch(text)
    if not match:
        raise CommandError(f"{text!r} is not a span: a number and one of s, m, h, d, w")
    return timedelta(**{_UNITS[match[2]]: int(match[1])})
