"""`manage.py switch list | close NAME --reason … [--for 30m] [--scope …] | open NAME --reason …`"""

import re
from argparse import ArgumentParser
from datetime import datetime, timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from core import clock
from core.audit import operators
from core.switches import selectors
from core.switches import services as switches

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


class Command(BaseCommand):
    help = "Show the switches, close one, or open it again. Both directions are audited."

    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        actions.add_parser("list", help="what is in force")
        for name, what in (("close", "stop it"), ("open", "let it run again")):
            action = actions.add_parser(name, help=what)
            action.add_argument("switch", choices=switches.Switch.values, metavar="SWITCH")
            action.add_argument("--reason", required=True)
            action.add_argument("--scope", default="", help="one part only, for example gateway:sandbox")
            action.add_argument("--for", dest="lasting", metavar="30m", help="then what was in force before comes back")

    def handle(self, *, action: str, **options: Any) -> None:
        now = clock.now()
        if action != "list":
            self._turn(action, now, **options)
        for turn in selectors.list_in_force(now):
            until = f" until {turn.expires_at:%Y-%m-%d %H:%M:%S} UTC" if turn.expires_at else ""
            style = self.style.SUCCESS if turn.state == "OPEN" else self.style.ERROR
            where = turn.scope or "everywhere"
            self.stdout.write(f"{turn.switch:14} {where:20} {style(turn.state)}{until}  {turn.actor}: {turn.reason}")

    def _turn(
        self, action: str, now: datetime, *, switch: str, reason: str, scope: str, lasting: str | None, **_: Any
    ) -> None:
        turn = switches.close if action == "close" else switches.reopen
        try:
            turn(
                switch=switches.Switch(switch),
                reason=reason,
                scope=scope,
                actor=operators.at_terminal(),
                now=now,
                expires_at=now + duration(lasting) if lasting else None,
            )
        except switches.UnableToTurn as error:
            raise CommandError(error.detail) from None


def duration(text: str) -> timedelta:
    """`90s`, `30m`, `2h`, `1d`. Raises CommandError."""
    found = re.fullmatch(r"([1-9][0-9]{0,4})([smhd])", text, re.ASCII)
    if not found:
        raise CommandError(f"{text!r} is no duration such as 90s, 30m, 2h or 1d")
    return timedelta(**{_UNITS[found[2]]: int(found[1])})
