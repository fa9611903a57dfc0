"""`manage.py ach_cutoff run|status|rebuild`: what is due, where it stands, and a file in another's place.

Exit status 0: done. 1: something stopped or was refused; the reason is printed.
"""

import json
from argparse import ArgumentParser
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from ach.models import Cutoff, File
from ach.selectors import files as register
from ach.selectors import unmapped
from ach.services import cutoffs, delivery, files
from core import clock
from core.audit import operators
from core.errors import Refusal
from core.money import Money

SHOWN = 10


class Command(BaseCommand):
    help = "Run the cutoffs that are due, show the last ones with their files, or rebuild a file."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("act", choices=("run", "status", "rebuild"))
        parser.add_argument("--file", metavar="ID", help="rebuild: the file to be replaced")
        parser.add_argument("--reason", default="", help="rebuild: why")
        parser.add_argument("--live", action="store_true", help="status: live data instead of test data")
        parser.add_argument("--json", dest="as_json", action="store_true", help="status: as JSON")

    def handle(self, *, act: str, **options: Any) -> None:
        now = clock.now()
        try:
            if act == "run":
                self._run(now)
            elif act == "rebuild":
                self._rebuild(options["file"], options["reason"], now)
            else:
                self._status(livemode=options["live"], as_json=options["as_json"], now=now)
        except Refusal as refused:
            raise CommandError(f"{refused.title}: {refused.detail}") from None

    def _run(self, now: datetime) -> None:
        ran = cutoffs.run_due(now=now)
        ordered = delivery.order_due(now=now)
        self.stdout.write(f"{ran.entries} entries, {ran.files} files written, {ordered} deliveries ordered")
        if ran.troubles:
            raise CommandError("; ".join(f"{name}: {why}" for name, why in sorted(ran.troubles.items())))

    def _rebuild(self, file_id: str | None, reason: str, now: datetime) -> None:
        if not file_id or not reason.strip():
            raise CommandError("rebuild needs --file and --reason")
        new = files.rebuild(file_id=file_id, why=reason, actor=operators.at_terminal(), now=now)
        cutoffs.run_due(now=now)
        self.stdout.write(self._line(register.get(new.public_id)))

    def _status(self, *, livemode: bool, as_json: bool, now: datetime) -> None:
        found = list(register.cutoffs_newest(livemode=livemode)[:SHOWN])
        lost = sum(unmapped.count(now=now).values())
        if as_json:
            self.stdout.write(json.dumps({"cutoffs": [_as_json(each) for each in found], "unmapped": lost}))
            return
        for cutoff in found:
            note = f" ({cutoff.note})" if cutoff.note else ""
            self.stdout.write(
                f"{cutoff.at:%Y-%m-%d %H:%M} UTC {cutoff.originator.name} {cutoff.state}: "
                f"{cutoff.pending} due, {cutoff.parked} parked{note}"
            )
            for file in register.of_cutoff(cutoff):
                self.stdout.write(f"  {self._line(file)}")
        self.stdout.write(f"{lost} entries without a place")

    def _line(self, file: File) -> str:
        return (
            f"{file.public_id} {file.name} {file.state}: {file.entry_count} entries in {file.batches} batches, "
            f"credits {Money(file.credit_minor)}, debits {Money(file.debit_minor)}, hash {file.entry_hash or '-'}"
            + (f"; {file.state_why}" if file.state_why else "")
        )


def _as_json(cutoff: Cutoff) -> dict[str, Any]:
    return {
        "id": cutoff.public_id,
        "at": cutoff.at.isoformat(),
        "originator": cutoff.originator.public_id,
        "state": cutoff.state,
        "pending": cutoff.pending,
        "parked": cutoff.parked,
        "note": cutoff.note,
        "files": [
            {
                "id": file.public_id, "name": file.name, "state": file.state, "why": file.state_why,
                "batches": file.batches, "entries": file.entry_count, "debitCents": file.debit_minor,
                "creditCents": file.credit_minor, "entryHash": file.entry_hash, "sha256": file.sha256,
                "tries": file.tries,
            }
            for file in register.of_cutoff(cutoff)
        ],
    }  # fmt: skip
