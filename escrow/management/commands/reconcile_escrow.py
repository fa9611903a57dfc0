"""`manage.py reconcile_escrow [--full-audit] [--json] [--book live|test]`, or `--verify-certificate ID`.

Exit status 0: everything agreed. 1: there are breaks, or the certificate does not hold. 2: there is no answer.
"""

import json
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.db import Error as DatabaseError

from core import clock
from core.audit import operators
from core.errors import Refusal
from escrow.enums_reconciliation import BreakState, RunOrigin, RunState
from escrow.models import Break, ReconciliationRun
from escrow.services import certificates, reconciliation
from ledger.enums import Book

CLEAN, BROKEN, NO_ANSWER = 0, 1, 2


class Command(BaseCommand):
    help = "Compare every escrow with its ledger account, its parts and movements, its cover and the bank."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--full-audit", action="store_true", help="ledger and audit record prove themselves too")
        parser.add_argument("--json", dest="as_json", action="store_true", help="the result as one JSON object")
        parser.add_argument("--book", choices=Book.values, help="both unless named")
        parser.add_argument("--verify-certificate", metavar="ID", help="prove a certificate and all before it")

    def handle(self, *, full_audit: bool, as_json: bool, book: str | None, **options: Any) -> None:
        if certificate_id := options["verify_certificate"]:
            sys.exit(self._verify(certificate_id, as_json))
        runs, problems = [], []
        for each in [book] if book else Book.values:
            try:
                runs.append(self._run(each, full_audit))
            except (Refusal, DatabaseError) as error:
                problems.append(f"{each}: {error if isinstance(error, Refusal) else type(error).__name__}")
        if as_json:
            facts = {"runs": [_facts(run) for run in runs], "problems": problems}
            self.stdout.write(json.dumps(facts, indent=2, sort_keys=True))
        else:
            self._print(runs, problems)
        if problems or any(run.state == RunState.FAILED for run in runs):
            sys.exit(NO_ANSWER)
        if any(run.state == RunState.BROKEN for run in runs):
            sys.exit(BROKEN)

    def _run(self, book: str, full_audit: bool) -> ReconciliationRun:
        return reconciliation.run_now(
            book=book,
            is_full=full_audit,
            origin=RunOrigin.COMMAND,
            actor=operators.at_terminal(),
            now=clock.now(),
        )

    def _print(self, runs: list[ReconciliationRun], problems: list[str]) -> None:
        for run in runs:
            style = self.style.SUCCESS if run.state == RunState.CLEAN else self.style.ERROR
            said = f"{run.found} breaks, {run.fresh} new, {run.cleared} cleared, {run.milliseconds:,} ms"
            self.stdout.write(f"{run.book}: {style(str(run.state))} {run.public_id} {said} {run.problem}")
            for row in _breaks(run):
                amounts = f" expected {row.expected_minor}, found {row.actual_minor} {row.currency}"
                told = amounts if row.expected_minor is not None else ""
                self.stdout.write(f"  {row.kind} {row.subject}{told} {row.detail}")
        for problem in problems:
            self.stderr.write(self.style.ERROR(problem))

    def _verify(self, certificate_id: str, as_json: bool) -> int:
        try:
            wrong = certificates.verify(certificate_id)
        except Refusal as refused:
            self.stderr.write(self.style.ERROR(refused.detail))
            return NO_ANSWER
        if as_json:
            self.stdout.write(json.dumps({"certificate": certificate_id, "isGenuine": not wrong, "faults": wrong}))
        for fault in [] if as_json else wrong:
            self.stdout.write(f"  {fault}")
        if not as_json and not wrong:
            self.stdout.write(self.style.SUCCESS(f"{certificate_id} and every certificate before it hold"))
        return BROKEN if wrong else CLEAN


def _breaks(run: ReconciliationRun) -> list[Break]:
    return list(Break.objects.filter(last_run=run, state=BreakState.OPEN).order_by("kind", "subject"))


def _facts(run: ReconciliationRun) -> dict[str, Any]:
    certificate = getattr(run, "certificate", None)
    return {
        "runId": run.public_id,
        "book": run.book,
        "state": str(run.state),
        "fullAudit": run.is_full,
        "milliseconds": run.milliseconds,
        "problem": run.problem,
        "checks": run.checks,
        "totals": run.totals,
        "certificateId": certificate.public_id if certificate else None,
        "breaks": [
            {
                "breakId": row.public_id, "kind": row.kind, "subject": row.subject, "scope": row.scope,
                "currency": row.currency, "expectedMinor": row.expected_minor, "actualMinor": row.actual_minor,
                "detail": row.detail, "firstSeenAt": row.first_seen_at.isoformat(),
            }
            for row in _breaks(run)
        ],
    }  # fmt: skip
