"""`manage.py nacha inspect FILE`: is this a NACHA file, what does it add up to, what comes back in it.

Exit 0 for a file that can be acted on (valid, or lenient: as banks send them), 1 for one that cannot, 2 where the file
cannot be read at all. `.gz` is unpacked. Needs no database.
"""

import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand
from rich.console import Console
from rich.table import Table
from rich.text import Text

from ach.nacha.blocks import Unreadable
from ach.nacha.inspect import Report, Verdict, inspect
from ach.nacha.problems import Mode, Problem

INVALID, UNREADABLE = 1, 2


class Command(BaseCommand):
    help = "Inspect a NACHA file: verdict, totals, returns, changes, and every error with its line."
    requires_system_checks: list[str] = []
    requires_migrations_checks = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        one = verbs.add_parser("inspect", help="judge one file")
        one.add_argument("file", type=Path, metavar="FILE")
        one.add_argument("--mode", choices=[each.value for each in Mode], help="by one rule alone (default: both)")
        one.add_argument("--json", action="store_true", help="one line of JSON")

    def handle(self, *, file: Path, mode: str | None, json: bool, **_: Any) -> None:
        try:
            with file.open("rb") as stream:
                report = inspect(stream, Mode(mode) if mode else None)
        except OSError as error:
            self._unreadable(file, error.strerror or "cannot be opened")
        except (Unreadable, ValueError) as error:
            self._unreadable(file, str(error))
        else:
            self.stdout.write(_as_json(report) if json else _in_words(file.name, report))
            if report.verdict is Verdict.INVALID:
                sys.exit(INVALID)

    def _unreadable(self, file: Path, reason: str) -> None:
        self.stderr.write(f"{file.name!r} cannot be read: {reason}")
        sys.exit(UNREADABLE)


def _as_json(report: Report) -> str:
    return json.dumps(report.as_json(), separators=(",", ":"))


def _in_words(name: str, report: Report) -> str:
    console = Console(width=120, highlight=False)
    with console.capture() as captured:
        console.print(Text(f"{name}: {report.verdict}"))
        console.print(_totals(report))
        for title, problems in (("errors", report.errors), ("warnings", report.warnings)):
            if problems:
                console.print(_problems(title, problems, report.left_out.get(title, 0)))
        for title, rows in (("returns", report.returns), ("changes", report.changes)):
            if rows:
                console.print(_answers(title, rows, report.left_out.get(title, 0)))
    return captured.get().rstrip()


def _totals(report: Report) -> Table:
    table = Table("batches", "entries", "addenda", "debit", "credit", "entry hash", "SEC codes")
    table.add_row(
        f"{report.batches:,}", f"{report.entries:,}", f"{report.addenda:,}", _dollars(report.debit),
        _dollars(report.credit), f"{report.entry_hash:010d}", ", ".join(report.sec_codes) or "none",
    )  # fmt: skip
    return table


def _problems(title: str, problems: list[Problem], left_out: int) -> Table:
    table = Table("line", "record", "field", "code", "message", title=title, caption=_rest(left_out))
    for each in problems:
        table.add_row(str(each.line), each.record, each.field, each.code, Text(each.message))
    return table


def _answers(title: str, rows: list[dict[str, Any]], left_out: int) -> Table:
    table = Table("line", "code", "kind", "original trace", "RDFI", "amount", title=title, caption=_rest(left_out))
    for row in rows:
        what = row["kind"] + (f" ({', '.join(row['corrects'])})" if row.get("corrects") else "")
        sound = (row["originalTrace"], row["rdfi"], _dollars(row["amountCents"])) if row["sound"] else ("?", "?", "?")
        table.add_row(str(row["line"]), row["code"], what, *sound)
    return table


def _rest(left_out: int) -> str | None:
    return f"and {left_out:,} more" if left_out else None


def _dollars(cents: int) -> str:
    return f"{cents // 100:,}.{cents % 100:02d}"
