"""Open a staff account from the command line: the first administrator, and the people of a demo."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from core.actors import Actor
from core.staff import presence
from core.staff.roles import ROLES
from core.staff.services import authenticators, people


class Command(BaseCommand):
    help = "Create a staff account and print its password, which is shown only here."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--email", required=True)
        parser.add_argument("--name", default="")
        parser.add_argument("--role", action="append", required=True, choices=sorted(ROLES), dest="roles")
        parser.add_argument(
            "--with-totp",
            action="store_true",
            help="demo account: set up the authenticator too, print its secret, keep the password",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        now = presence.present()
        try:
            issued = people.create(
                email=options["email"],
                full_name=options["name"],
                roles=options["roles"],
                must_change_password=not options["with_totp"],
                actor=Actor("SYSTEM", "create_staff"),
                now=now,
            )
        except people.UnableToChangePerson as refusal:
            raise CommandError(refusal.detail) from None
        self.stdout.write(f"email: {issued.user.email}")
        self.stdout.write(f"roles: {' '.join(sorted(issued.user.roles))}")
        self.stdout.write(f"password: {issued.password}")
        if options["with_totp"]:
            secret = authenticators.provision(user=issued.user, now=now)
            self.stdout.write(f"totp secret: {secret}")
