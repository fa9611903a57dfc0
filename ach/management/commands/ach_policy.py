"""`manage.py ach_policy list [CODE] | propose CODE --from 2027-01-01 --retries 2 [--stops-account …] --reason …`."""

from argparse import ArgumentParser
from datetime import date, datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.urls import reverse

from ach.approvals_policies import in_words
from ach.calendar.eastern import eastern
from ach.models import ReturnPolicy
from ach.selectors import policy_board
from ach.services import policy_changes
from ach.services.policy_changes import FLAGS, Proposal
from core import clock
from core.audit import operators
from core.errors import Refusal


class Command(BaseCommand):
    help = "Show what return codes lead to, by day, or ask for signatures that one leads to something else."

    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        listing = actions.add_parser("list", help="every code today, or all days of one")
        listing.add_argument("code", nargs="?", default="")
        propose = actions.add_parser("propose", help="ask for a new row; what is not named is off")
        propose.add_argument("code")
        propose.add_argument("--from", dest="effective_from", required=True, help="a day of New York that is to come")
        propose.add_argument("--retries", type=int, default=0)
        for flag in FLAGS:
            propose.add_argument(f"--{flag.replace('_', '-')}", action="store_true")
        propose.add_argument("--reason", required=True)

    def handle(self, *, action: str, **options: Any) -> None:
        now = clock.now()
        if action == "list":
            self._list(options["code"], now)
        else:
            self._propose(options, now)

    def _list(self, code: str, now: datetime) -> None:
        today = eastern(now).date()
        if not code:
            for line in policy_board.lines(on=today):
                if line.current is not None:
                    self._show(line.current)
            return
        found = policy_board.of_code(code, on=today)
        if found is None:
            raise CommandError(f"no row is of {code}")
        for row in [*found.earlier, *([found.current] if found.current else []), *found.later]:
            self._show(row)

    def _show(self, row: ReturnPolicy) -> None:
        values = {name: getattr(row, name) for name in ("effective_from", "retries", *FLAGS)}
        signed = row.approval_id or "shipped"
        self.stdout.write(f"{row.code}  from {row.effective_from}  {in_words(Proposal(**values))}  ({signed})")

    def _propose(self, options: dict[str, Any], now: datetime) -> None:
        try:
            day = date.fromisoformat(options["effective_from"])
        except ValueError:
            raise CommandError(f"{options['effective_from']!r} is no day") from None
        proposal = Proposal(
            effective_from=day, retries=options["retries"], **{flag: options[flag] for flag in FLAGS}
        )  # fmt: skip
        try:
            asked = policy_changes.propose(
                code=options["code"],
                proposal=proposal,
                reason=options["reason"],
                actor=operators.at_terminal(),
                now=now,
            )
        except Refusal as refused:
            raise CommandError(f"{refused.title}: {refused.detail}") from None
        self.stdout.write(
            f"{asked.request_id} asks that {options['code']} leads from {day} to: {in_words(proposal)}.\n"
            f"It is signed at {reverse('admin:approval', args=[asked.request_id])}"
        )
