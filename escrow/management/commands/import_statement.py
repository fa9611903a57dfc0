"""`manage.py import_statement FILE --book live|test`: take a bank statement in. Exit 1 where it cannot be read."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from core import clock
from core.audit import operators
from core.errors import Refusal
from escrow.enums_reconciliation import FileState
from escrow.services import bank_statements
from ledger.enums import Book


class Command(BaseCommand):
    help = "Store bank statements (CSV or BAI2) and read them. The same content again changes nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
        parser.add_argument("--book", choices=Book.values, required=True)

    def handle(self, *, files: list[Path], book: str, **_: Any) -> None:
        problems = [problem for path in files if (problem := self._take(path, book))]
        if problems:
            raise CommandError("; ".join(problems))

    def _take(self, path: Path, book: str) -> str:
        """What is wrong with it, or nothing."""
        try:
            file = bank_statements.import_file(
                name=path.name, content=path.read_bytes(), book=book, actor=operators.at_terminal(), now=clock.now()
            )
        except OSError as error:
            return f"{path.name}: {error.strerror}"
        except Refusal as refused:
            return f"{path.name}: {refused.detail}"
        self.stdout.write(f"{path.name}: {file.state} {file.format} {file.public_id}")
        for statement in file.statements.order_by("last_day"):
            days, closing = f"{statement.first_day} to {statement.last_day}", statement.closing_minor
            self.stdout.write(f"  {statement.currency} {days}, {statement.line_count} lines, closing {closing}")
        return f"{path.name}: {file.problem}" if file.state == FileState.UNREADABLE else ""
