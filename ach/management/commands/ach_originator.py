"""`manage.py ach_originator --live --name … --company-id …`: enter a company as a bank's agreement names it.

The transport's settings are JSON: addresses, folders, fingerprints and names of environment variables, no secret.
"""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from ach.enums import TransportKind
from ach.services import originators
from ach.services.originators import NewOriginator
from core import clock
from core.audit import operators
from core.errors import Refusal

_FIELDS = ("name", "company_id", "odfi_routing", "destination", "destination_name", "origin", "origin_name")


class Command(BaseCommand):
    help = "Enter an originator. It becomes the one that entries go by, unless --not-default is given."

    def add_arguments(self, parser: ArgumentParser) -> None:
        for field in _FIELDS:
            parser.add_argument(f"--{field.replace('_', '-')}", required=True)
        parser.add_argument("--transport", choices=TransportKind.values, required=True)
        parser.add_argument("--settings-json", default="{}", help='{"outgoing": "/srv/bank/out", …}')
        parser.add_argument("--live", action="store_true")
        parser.add_argument("--not-default", action="store_true")

    def handle(self, **options: Any) -> None:
        try:
            settings = json.loads(options["settings_json"])
        except ValueError:
            raise CommandError("settings-json is no JSON") from None
        if not isinstance(settings, dict):
            raise CommandError("settings-json is no JSON object")
        new = NewOriginator(
            **{field: options[field] for field in _FIELDS}, transport=options["transport"], settings=settings,
            is_default=not options["not_default"],
        )  # fmt: skip
        try:
            made = originators.enter(new=new, livemode=options["live"], actor=operators.at_terminal(), now=clock.now())
        except Refusal as refused:
            raise CommandError(f"{refused.title}: {refused.detail}") from None
        self.stdout.write(f"{made.public_id} {made.name} {made.company_id} at {made.odfi_routing}")
