"""`manage.py switch list | close NAME --reason … [--for 30m] [--scope …] | open NAME --reason …`

Closing works at once. Opening asks for a second person's signature here as everywhere: there is no way round it.
"""

import math
import re
from argparse import ArgumentParser
from datetime import datetime, timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.urls import reverse

from core import clock
from core.audit import operators
from core.errors import Refusal
from core.switches import approvals, selectors
from core.switches import services as switches

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


class Command(BaseCommand):
    help = "Show the switches, close one at once, or ask a second person to open it again. All of it is audited."

    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        actions.add_parser("list", help="what is in force")
        for name, what in (("close", "stop it"), ("open", "ask for the signature that lets it run again")):
            action = actions.add_parser(name, help=what)
            action.add_argument("switch", choices=switches.Switch.values, metavar="SWITCH")
            action.add_argument("--reason", required=True)
            action.add_argument("--scope", default="", help="one part only, for example gateway:sandbox")
            action.add_argument("--for", dest="lasting", metavar="30m", help="then what was in force before comes back")

    def handle(self, *, action: str, **options: Any) -> None:
        now = clock.now()
        if action != "list":
            self._turn(action, now, **options)
            if action == "open":
                return
        for turn in selectors.list_in_force(now):
            until = f" until {turn.expires_at:%Y-%m-%d %H:%M:%S} UTC" if turn.expires_at else ""
            style = self.style.SUCCESS if turn.state == "OPEN" else self.style.ERROR
            where = turn.scope or "everywhere"
            self.stdout.write(
                f"{turn.switch:14} {where:20} {style(turn.state)}{until}  {turn.responsible}: {turn.reason}"
            )

    def _turn(
        self, action: str, now: datetime, *, switch: str, reason: str, scope: str, lasting: str | None, **_: Any
    ) -> None:
        lasts = duration(lasting) if lasting else None
        try:
            if action == "close":
                switches.close(
                    switch=switches.Switch(switch),
                    reason=reason,
                    scope=scope,
                    actor=operators.at_terminal(),
                    now=now,
                    expires_at=now + lasts if lasts else None,
                )
            else:
                self._ask(now, switch=switches.Switch(switch), reason=reason, scope=scope, lasts=lasts)
        except Refusal as error:
            raise CommandError(error.detail) from None

    def _ask(self, now: datetime, *, switch: switches.Switch, reason: str, scope: str, lasts: timedelta | None) -> None:
        """Whole minutes, rounded up: an opening that was signed lasts as long as was asked."""
        asked = approvals.ask(
            switch=switch,
            scope=scope,
            minutes=math.ceil(lasts / timedelta(minutes=1)) if lasts else 0,
            owner="",
            reason=reason,
            actor=operators.at_terminal(),
            now=now,
        )
        self.stdout.write(
            f"{asked.request_id} asks to open {switch} {scope or 'everywhere'}; nothing is open yet.\n"
            f"A controller signs it at {reverse('admin:approval', args=[asked.request_id])}"
        )


def duration(text: str) -> timedelta:
    """`90s`, `30m`, `2h`, `1d`. Raises CommandError."""
    found = re.fullmatch(r"([1-9][0-9]{0,4})([smhd])", text, re.ASCII)
    if not found:
        raise CommandError(f"{text!r} is no duration such as 90s, 30m, 2h or 1d")
    return timedelta(**{_UNITS[found[2]]: int(found[1])})
