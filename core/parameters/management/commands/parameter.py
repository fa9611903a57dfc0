"""`manage.py parameter list [PREFIX] | show NAME | set NAME VALUE --reason … [--from 2026-01-31T00:00Z]`"""

import json
from argparse import ArgumentParser
from datetime import UTC, datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from core import clock
from core.audit import operators
from core.parameters import services as parameters
from core.parameters.models import Parameter


class Command(BaseCommand):
    help = "Show the dated parameters, the history of one, or append a value. Changes are audited."

    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        listing = actions.add_parser("list", help="every parameter and its value now")
        listing.add_argument("prefix", nargs="?", default="")
        show = actions.add_parser("show", help="one parameter and all its values")
        show.add_argument("name")
        setting = actions.add_parser("set", help="append a value")
        setting.add_argument("name")
        setting.add_argument("value", help='JSON: 20, true, ["IR", "KP"]; plain text for text')
        setting.add_argument("--reason", required=True)
        setting.add_argument("--from", dest="effective_from", help="ISO time with zone; default now")

    def handle(self, *, action: str, **options: Any) -> None:
        now = clock.now()
        if action == "list":
            self._list(options["prefix"], now)
        elif action == "show":
            self._show(options["name"], now)
        else:
            self._set(options, now)

    def _list(self, prefix: str, now: datetime) -> None:
        for declaration in parameters.declarations():
            if declaration.name.startswith(prefix):
                value = json.dumps(parameters.read(declaration.name, at=now))
                self.stdout.write(f"{declaration.name:40} {value:>12} {declaration.unit:14} {declaration.meaning}")

    def _show(self, name: str, now: datetime) -> None:
        declaration = self._declaration(name)
        self.stdout.write(f"{name}: {declaration.meaning} ({declaration.unit})")
        in_force = parameters.read(name, at=now)
        self.stdout.write(f"in force: {json.dumps(in_force)}")
        for row in Parameter.objects.filter(name=name).order_by("effective_from"):
            since = row.effective_from.astimezone(UTC).isoformat(timespec="seconds")
            self.stdout.write(f"  from {since}: {json.dumps(row.value)}  {row.created_by}: {row.reason}")

    def _set(self, options: dict[str, Any], now: datetime) -> None:
        name = options["name"]
        value = _parse(options["value"], like=self._declaration(name).default)
        since = _moment(options["effective_from"]) if options["effective_from"] else now
        try:
            parameters.change(
                name=name,
                value=value,
                effective_from=since,
                reason=options["reason"],
                actor=operators.at_terminal(),
                now=now,
            )
        except parameters.UnableToSetParameter as error:
            raise CommandError(error.detail) from None
        self._show(name, now)

    def _declaration(self, name: str) -> parameters.Declaration:
        declaration = parameters.find_declaration(name)
        if declaration is None:
            raise CommandError(f"no parameter is named {name}")
        return declaration


def _parse(text: str, *, like: Any) -> Any:
    if isinstance(like, str):
        return text
    try:
        return json.loads(text)
    except ValueError:
        raise CommandError(f"{text!r} is no JSON value") from None


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise CommandError(f"{text!r} is no ISO time") from None
    if moment.tzinfo is None:
        raise CommandError(f"{text!r} has no zone; write {text}Z for UTC")
    return moment
