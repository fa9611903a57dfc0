"""Make an API key and show its secret once."""

from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from core import clock
from core.actors import Actor
from core.api import catalogue, keys
from core.api.models import KeyKind, ThrottleClass
from core.errors import Refusal


class Command(BaseCommand):
    help = "Make an API key. The secret is shown once, on standard output."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help="what the key is for")
        parser.add_argument("--live", action="store_true", help="a key for live data (default: test data)")
        parser.add_argument("--scope", action="append", default=[], help="e.g. payments:write; may be repeated")
        parser.add_argument(
            "--all-scopes", action="store_true", help="a secret key: every scope but the dangerous, which are named"
        )
        parser.add_argument(
            "--network", action="append", default=[], help="may be used from there only; e.g. 203.0.113.0/24"
        )
        parser.add_argument("--account", default="marketplace", help="keys of one account share idempotency keys")
        parser.add_argument("--days", type=int, help="expires after so many days (default: never)")
        parser.add_argument("--bulk", action="store_true", help="wide rate limits, for migrations and replays")
        parser.add_argument("--by", default="command-line", help="who makes it, for the audit chain")

    def handle(self, *_: Any, **options: Any) -> None:
        now = clock.now()
        known = ", ".join(catalogue.scopes())
        if not options["scope"] and not options["all_scopes"]:
            raise CommandError(f"name a --scope, or --all-scopes; known: {known}")
        try:
            key, secret = keys.create(
                name=options["name"],
                livemode=options["live"],
                kind=KeyKind.SECRET if options["all_scopes"] else KeyKind.RESTRICTED,
                scopes=options["scope"],
                networks=options["network"],
                actor=Actor("SYSTEM", options["by"]),
                now=now,
                account=options["account"],
                expires_at=now + timedelta(days=options["days"]) if options["days"] else None,
                throttle_class=ThrottleClass.BULK if options["bulk"] else ThrottleClass.STANDARD,
            )
        except Refusal as refusal:
            raise CommandError(f"{refusal.detail} Known scopes: {known}") from None
        self.stderr.write(f"{key.public_id} ({key.name}); the secret is not shown again:")
        self.stdout.write(secret)
