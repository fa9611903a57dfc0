"""`manage.py scan_pan [PATH …]`: card numbers in clear, in the database and in files. Exit code 1 where found."""

import json
import sys
from argparse import ArgumentParser
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from core.vault.scan import files, tables


class Command(BaseCommand):
    help = (
        "Look for card numbers in every column of the database that can hold one, and in files and directories "
        "(also .gz .bz2 .xz .zip .tar). Exit code 0: nothing found and everything read; 1: found; 2: not all was read. "
        "The program's role cannot read the card index: run it with HOLDFAST_DATABASE_ROLE=owner to see everything."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("paths", nargs="*", type=Path, metavar="PATH")
        parser.add_argument("--no-database", action="store_true", help="files only")
        parser.add_argument("--json", action="store_true", help="one JSON object a line")

    def handle(self, *_: Any, paths: list[Path], no_database: bool, **options: Any) -> None:
        if no_database and not paths:
            raise CommandError("name what to look at")
        self.as_json: bool = options["json"]
        self.found, self.unread = 0, 0
        if not no_database:
            self._database()
        for path in paths:
            self._files(path)
        self._say({"found": self.found, "notRead": self.unread}, f"{self.found} found, {self.unread} not read")
        if self.found or self.unread:
            sys.exit(1 if self.found else 2)

    def _database(self) -> None:
        for table in tables.list_tables():
            if table.skipped:
                self._not_read(table.name, table.skipped)
                continue
            done = 0
            for batch in tables.read(table):
                done += batch.rows
                self._progress(table.name, done, table.rows)
                for hit in batch.found:
                    self._hit(
                        asdict(hit), f"{hit.table}.{hit.column} of {hit.key}: {hit.card.masked} ({hit.card.brand})"
                    )

    def _files(self, path: Path) -> None:
        if not path.exists():
            self._not_read(str(path), "it does not exist")
            return
        try:
            for hit in files.scan(path):
                self._hit(asdict(hit), f"{hit.path}:{hit.line}: {hit.card.masked} ({hit.card.brand})")
        except files.Unreadable as error:
            self._not_read(str(path), str(error))

    def _hit(self, facts: dict[str, Any], line: str) -> None:
        self.found += 1
        self._say(facts, line)

    def _not_read(self, what: str, why: str) -> None:
        self.unread += 1
        self._say({"notRead": what, "why": why}, f"not read: {what}: {why}")

    def _say(self, facts: dict[str, Any], line: str) -> None:
        self.stdout.write(json.dumps(facts) if self.as_json else line)

    def _progress(self, table: str, done: int, expected: int) -> None:
        """On a terminal only; a file would fill with it."""
        if self.stderr.isatty():
            share = min(1.0, done / max(expected, done, 1))
            self.stderr.write(f"\r{table:32} [{'#' * round(share * 30):30}] {done}", ending="")
