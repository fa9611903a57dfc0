"""`manage.py verify_ledger`: proves the ledger from its rows. Exit status 1 if anything differs."""

import sys
from typing import Any

from django.core.management.base import BaseCommand

from ledger.verification import services as verification
from ledger.verification.services import Outcome


class Command(BaseCommand):
    help = "Prove that every entry balances, every balance is the sum of its postings and every hash chain is unbroken."

    def handle(self, **options: Any) -> None:
        outcomes = verification.verify(on_outcome=self._print)
        differences = sum(outcome.difference_count for outcome in outcomes)
        seconds = sum(outcome.seconds for outcome in outcomes)
        if differences:
            self.stderr.write(self.style.ERROR(f"LEDGER DIFFERS: {differences:,} differences, {seconds:.1f} s"))
            sys.exit(1)
        self.stdout.write(self.style.SUCCESS(f"ledger is whole: {len(outcomes)} checks, {seconds:.1f} s"))

    def _print(self, outcome: Outcome) -> None:
        mark = "FAIL" if outcome.difference_count else "ok  "
        self.stdout.write(f"{mark} {outcome.check.name}  ({outcome.rows:,} rows, {outcome.seconds:.1f} s)")
        for difference in outcome.differences:
            self.stdout.write(f"     {difference.subject}: expected {difference.expected}, found {difference.found}")
        if outcome.difference_count > len(outcome.differences):
            self.stdout.write(f"     … {outcome.difference_count:,} in all")
