"""Make an API key and show its secret once."""

from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from core import clock
from core.actors import Actor
from core.api import catalogue, keys
from core.api.models import ThrottleClass
from core.errors import Refusal


class Command(BaseCommand):
    help = "Make an API key. The secret is shown once, on standard output."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help="what the key is for")
        parser.add_argument("--live", action="store_true", help="a key for live data (default: test data)")
        parser.add_argument("--scope", action="append", default=[], help="e.g. payments:write; may be repeated")
        parser.add_argument("--all-scopes", action="store_true", help="every scope that an operation asks for")
        parser.add_argument("--account", default="marketplace", help="keys of one account share idempotency keys")
        parser.add_argument("--days", type=int, help="expires after so many days (default: never)")
        parser.add_argument("--bulk", action="store_true", help="wide rate limits, for migrations and replays")
        parser.add_argument("--by", default="command-line", help="who makes it, for the audit chain")

    def handle(self, *_: Any, **options: Any) -> None:
        now = clock.now()
        known = catalogue.scopes()
        scopes = known if options["all_scopes"] else options["scope"]
        if unknown := sorted(set(scopes) - set(known)):
            raise CommandError(f"no operation asks for {', '.join(unknown)}; known: {', '.join(known)}")
        if not scopes:
            raise CommandError(f"name a --scope, or --all-scopes; known: {', '.join(known)}")
        try:
            key, secret = keys.create(
                name=options["name"],
                livemode=options["live"],
                scopes=scopes,
                actor=Actor("SYSTEM", options["by"]),
                now=now,
                account=options["account"],
                expires_at=now + timedelta(days=options["days"]) if options["days"] else None,
                throttle_class=ThrottleClass.BULK if options["bulk"] else ThrottleClass.STANDARD,
            )
        except Refusal as refusal:
            raise CommandError(refusal.detail) from None
        self.stderr.write(f"{key.public_id} ({key.name}); the secret is not shown again:")
        self.stdout.write(secret)
