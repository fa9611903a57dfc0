"""`manage.py issuer list | accept CODE ISSUER … --reason … | withdraw CODE --reason …`"""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from core import clock
from core.audit import operators
from core.errors import Refusal
from core.oidc import issuers
from core.oidc.enums import IssuerKind
from core.oidc.issuers import Terms


class Command(BaseCommand):
    help = "Say whose access tokens open the API. Decisions are dated and audited."

    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        actions.add_parser("list", help="every decision, newest first by issuer")
        accept = actions.add_parser("accept", help="believe an issuer's tokens from now on, read as said here")
        accept.add_argument("code", help="short name, stands before the user's in the audit")
        accept.add_argument("issuer", help="the tokens' `iss`, to the letter")
        accept.add_argument("--kind", choices=IssuerKind.values, default=IssuerKind.COGNITO.value)
        accept.add_argument("--live", action="store_true", help="its users see live data (default: test data)")
        accept.add_argument("--jwks-url", default="", help="default: ISSUER/.well-known/jwks.json")
        accept.add_argument("--client", action="append", default=[], help="a client id; may be repeated")
        accept.add_argument("--audience", action="append", default=[], help="an audience; may be repeated")
        accept.add_argument("--groups-claim", default="cognito:groups")
        accept.add_argument("--provider-group", default="Provider")
        accept.add_argument("--admin-group", default="Admin")
        accept.add_argument("--scope-prefix", default="", help="narrow tokens to their scopes that begin so")
        accept.add_argument("--party-claim", default="", help="a claim that names the party; users must not set it")
        accept.add_argument("--reason", required=True)
        withdraw = actions.add_parser("withdraw", help="no token of the issuer opens anything from now on")
        withdraw.add_argument("code")
        withdraw.add_argument("--reason", required=True)

    def handle(self, *, action: str, **options: Any) -> None:
        try:
            if action == "accept":
                self._accept(options)
            elif action == "withdraw":
                issuers.withdraw(
                    code=options["code"], reason=options["reason"], actor=operators.at_terminal(), now=clock.now()
                )
        except Refusal as refusal:
            raise CommandError(refusal.detail) from None
        self._list()

    def _accept(self, options: dict[str, Any]) -> None:
        now = clock.now()
        terms = Terms(
            code=options["code"],
            issuer=options["issuer"],
            kind=IssuerKind(options["kind"]),
            livemode=options["live"],
            jwks_url=options["jwks_url"],
            client_ids=tuple(options["client"]),
            audiences=tuple(options["audience"]),
            groups_claim=options["groups_claim"],
            provider_group=options["provider_group"],
            admin_group=options["admin_group"],
            scope_prefix=options["scope_prefix"],
            party_claim=options["party_claim"],
        )
        issuers.accept(
            terms=terms, effective_from=now, reason=options["reason"], actor=operators.at_terminal(), now=now
        )

    def _list(self) -> None:
        for row in issuers.list_all():
            word, mode = "accepted" if row.accepted else "withdrawn", "live" if row.livemode else "test"
            self.stdout.write(
                f"{row.code:16} {mode} {word:9} from {row.effective_from.isoformat(timespec='seconds')} "
                f"{row.issuer}  {row.created_by}: {row.reason}"
            )
