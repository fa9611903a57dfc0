"""An access token of a user that does not exist, for trying the API as a customer, a provider or an admin."""

import os
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from core import clock
from core.audit import operators
from core.errors import Refusal
from core.oidc import local_issuer


class Command(BaseCommand):
    help = "Print an access token for an hour, signed by this machine's own issuer. Local settings and test data only."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--party", help="the customer or provider that the user is, e.g. cus_abc123def456")
        parser.add_argument("--group", action="append", default=[], help="Provider or Admin; may be repeated")
        parser.add_argument("--subject", default="", help="the user's name at the issuer (default: demo-PARTY)")
        parser.add_argument("--port", type=int, default=int(os.environ.get("PORT") or 8000), help="of `make run`")

    def handle(self, **options: Any) -> None:
        now, base_url = clock.now(), f"http://127.0.0.1:{options['port']}"
        try:
            local_issuer.ensure_accepted(base_url=base_url, actor=operators.at_terminal(), now=now)
            self.stdout.write(
                local_issuer.token(
                    subject=options["subject"] or f"demo-{options['party'] or 'nobody'}",
                    party_id=options["party"],
                    groups=options["group"],
                    now=now,
                )
            )
        except Refusal as refusal:
            raise CommandError(refusal.detail) from None
