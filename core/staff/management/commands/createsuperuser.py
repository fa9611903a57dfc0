"""Django's command of this name would make an account that the role table does not know."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError


class Command(BaseCommand):
    help = "There are no superusers; see create_staff."

    def handle(self, *args: Any, **options: Any) -> None:
        raise CommandError("There are no superusers: manage.py create_staff --email … --role ADMINISTRATOR")
