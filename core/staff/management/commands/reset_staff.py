"""Reset an account when no administrator can: the last one lost the telephone."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from core.actors import Actor
from core.staff import presence
from core.staff.models import User
from core.staff.services import people


class Command(BaseCommand):
    help = "Issue a new password, forget the authenticator, lift a lock or closure."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--email", required=True)

    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.filter(email=options["email"].strip().lower()).first()
        if user is None:
            raise CommandError("There is no such account.")
        issued = people.reset(user_id=user.pk, actor=Actor("SYSTEM", "reset_staff"), now=presence.present())
        self.stdout.write(f"password: {issued.password} (to be changed at the next sign-in)")
