"""Fifty thousand payouts at one cutoff: one file whose columns add up, no statement near its time limit."""

import time
from datetime import timedelta
from pathlib import Path

import pytest

from ach import raw_totals
from ach.models import Entry, File
from ach.services import contents, cutoffs, delivery, settling
from core import ids
from core.actors import SYSTEM
from core.parameters import services as parameters
from tests.factories import ach_outbound as factory
from tests.factories.ach_outbound import CUTOFF
from tests.factories.payments import NOW

pytestmark = [pytest.mark.soak, pytest.mark.timeout(600), pytest.mark.django_db(transaction=True)]
ENTRIES = 50_000


def test_fifty_thousand_entries_at_one_cutoff(tmp_path: Path) -> None:
    bank = factory.folder_bank(tmp_path)
    for name in ("approval_file_minor", "approval_second_minor"):
        parameters.change(name=f"ach.{name}", value=10**12, effective_from=NOW, reason="many", actor=SYSTEM, now=NOW)
    like = factory.submitted(addenda="Payout of February")
    rows = []
    for number in range(1, ENTRIES):
        own = {"id": None, "public_id": ids.prefixed("ache", NOW), "reference": f"ACH{number:013d}MANY"}
        rows.append(Entry(**_values(like) | own))
    Entry.objects.bulk_create(rows, batch_size=2_000)

    took = {}
    for stage, run in (
        ("cut", lambda: cutoffs.run_due(now=CUTOFF)),
        ("deliver", lambda: delivery.deliver(file_id=File.objects.get().public_id, now=CUTOFF)),
        ("settle", lambda: settling.settle_due(now=CUTOFF + timedelta(days=1))),
    ):
        started = time.perf_counter()
        run()
        took[stage] = round(time.perf_counter() - started, 1)
    print(took)
    (file,) = File.objects.all()
    found = raw_totals.read((bank / file.name).read_bytes())
    assert (found.problems, found.whole.entries, found.whole.addenda) == ([], ENTRIES, ENTRIES)
    assert found.whole.credit == ENTRIES * 46_000
    assert Entry.objects.filter(state="SETTLED", file=file).count() == ENTRIES
    assert contents.open_(file) == (bank / file.name).read_bytes()


def _values(like: Entry) -> dict[str, object]:
    return {field.attname: getattr(like, field.attname) for field in Entry._meta.concrete_fields}
