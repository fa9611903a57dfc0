"""Write docs/openapi.json, or check that it is what the code says."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from core.api import documents


class Command(BaseCommand):
    help = "Write docs/openapi.json. With --check, change nothing and fail when it is out of date."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true")

    def handle(self, *_: Any, **options: Any) -> None:
        path, text = documents.committed_path(), documents.openapi_text()
        if options["check"]:
            if not path.exists() or path.read_text() != text:
                raise CommandError(f"{documents.COMMITTED} is out of date; run manage.py openapi")
            return
        path.write_text(text)
        self.stdout.write(f"{documents.COMMITTED}: {len(documents.openapi()['paths'])} paths")
