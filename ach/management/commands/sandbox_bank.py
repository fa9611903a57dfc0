"""`manage.py sandbox_bank tick|statement|simulate|behaviours`: the sandbox bank by hand. For test data only."""

from argparse import ArgumentTypeError
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from ach.enums import TransportKind
from ach.models import Originator
from ach.sandbox import bank, behaviours, simulation, statements
from core import clock
from core.errors import Refusal


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError(f"{text!r} is not a day such as 2026-03-02") from None


class Command(BaseCommand):
    help = "Let the sandbox bank do what is due, write its statement, or let one event of the network happen."

    def add_arguments(self, parser: CommandParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        verbs.add_parser("tick", help="do everything that is due by the clock")
        verbs.add_parser("behaviours", help="the table of magic account numbers")
        statement = verbs.add_parser("statement", help="CSV on standard output, for import_statement")
        statement.add_argument("--day", type=_day, required=True)
        statement.add_argument("--until", type=_day, default=None, help="several days in one statement")
        statement.add_argument("--originator", default="", help="its id; the default one where absent")
        statement.add_argument("--opening", type=int, default=0, help="minor units before the first movement")
        simulate = verbs.add_parser("simulate", help="one event of the network")
        simulate.add_argument("--entry", required=True, help="id of an entry in a delivered file")
        simulate.add_argument("--code", required=True, help="ACK, REJECT, SETTLE, R01 to R77, C01 to C14")

    def handle(self, *_: Any, verb: str, **options: Any) -> None:
        try:
            getattr(self, f"_{verb}")(options)
        except Refusal as refused:
            raise CommandError(refused.detail) from None

    def _tick(self, _: dict[str, Any]) -> None:
        done = bank.tick(now=clock.now())
        self.stdout.write(
            f"read {done.read}, acknowledged {done.acknowledged}, settled {done.settled}, answered {done.answered}"
        )

    def _behaviours(self, _: dict[str, Any]) -> None:
        self.stdout.write(behaviours.as_table(), ending="")

    def _statement(self, options: dict[str, Any]) -> None:
        last = options["until"] or options["day"]
        if last < options["day"]:
            raise CommandError("--until: is before --day")
        text = statements.statement(
            options["day"], last, originator=self._originator(options["originator"]), opening_minor=options["opening"]
        )
        if not text:
            raise CommandError("nothing moved on these days")
        self.stdout.write(text, ending="")

    def _simulate(self, options: dict[str, Any]) -> None:
        posting = simulation.simulate(entry_id=options["entry"], code=options["code"].upper(), now=clock.now())
        self.stdout.write(f"{posting.trace} {posting.state}")

    def _originator(self, public_id: str) -> Originator:
        known = Originator.objects.filter(livemode=False, transport=TransportKind.SANDBOX)
        found = known.filter(public_id=public_id).first() if public_id else known.filter(is_default=True).first()
        if found is None:
            raise CommandError("--originator: name one that the sandbox bank serves")
        return found
