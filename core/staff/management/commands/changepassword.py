"""Django's command of this name would set a password past its history and the audit chain."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError


class Command(BaseCommand):
    help = "Passwords are not set by others; see reset_staff."

    def handle(self, *args: Any, **options: Any) -> None:
        raise CommandError("Nobody sets another person's password: manage.py reset_staff --email … issues a new one")
