"""`manage.py verify_audit [--since-anchor]`: prove the audit record or name the first broken link."""

import json
import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from core import clock
from core.audit import verification
from core.audit.findings import Verification


class Command(BaseCommand):
    help = "Verify the audit chain. Exits with 1 and names the first broken link if it does not hold."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--since-anchor", action="store_true", help="only what came after the last proved anchor")
        parser.add_argument("--json", dest="as_json", action="store_true", help="the result as one JSON object")

    def handle(self, *, since_anchor: bool, as_json: bool, **_: Any) -> None:
        started = time.monotonic()
        result = verification.verify(since_anchor=since_anchor, progress=self._progress())
        verification.confirm(result, now=clock.now())
        if as_json:
            self.stdout.write(_as_json(result))
        else:
            self._write(result, time.monotonic() - started)
        if not result.is_clean:
            raise CommandError(f"the audit record is broken: {result.findings[0]}")

    def _write(self, result: Verification, seconds: float) -> None:
        self.stdout.write(
            f"{result.links:,} links from {result.from_seq:,} on, {result.pending:,} entries waiting, "
            f"{result.anchors:,} anchors, {seconds:.1f} s"
        )
        for finding in result.findings:
            self.stdout.write(f"  {finding}")
        if result.unlisted:
            self.stdout.write(f"  and {result.unlisted:,} more")
        if result.is_clean:
            self.stdout.write(self.style.SUCCESS("the audit record is whole"))

    def _progress(self) -> Any:
        if not self.stderr.isatty():
            return None
        return lambda links: self.stderr.write(f"\r{links:,} links", ending="")


def _as_json(result: Verification) -> str:
    return json.dumps(
        {
            "links": result.links,
            "from_seq": result.from_seq,
            "pending": result.pending,
            "anchors": result.anchors,
            "is_clean": result.is_clean,
            "findings": [
                {"kind": f.kind, "seq": f.seq, "entry_id": f.entry_id, "explanation": f.explanation}
                for f in result.findings
            ],
            "unlisted": result.unlisted,
        }
    )
