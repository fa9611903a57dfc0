"""Cutoffs and originators from the command line."""

import json
from datetime import datetime, timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from ach.models import File, Originator
from ach.services import cutoffs, delivery, watching
from core import clock
from core.outbox.models import Event
from core.telemetry import metrics
from tests.factories import ach_outbound as factory
from tests.factories.ach_outbound import CUTOFF

pytestmark = pytest.mark.django_db


@pytest.fixture
def at_the_cutoff(monkeypatch: pytest.MonkeyPatch) -> datetime:
    monkeypatch.setattr(clock, "now", lambda: CUTOFF)
    return CUTOFF


def said(*words: str) -> str:
    out = StringIO()
    call_command(*words, stdout=out)
    return out.getvalue()


def test_a_cutoff_is_run_looked_at_and_rebuilt(tmp_path: Path, at_the_cutoff: datetime) -> None:
    factory.folder_bank(tmp_path)
    factory.submitted()
    assert said("ach_cutoff", "run") == "1 entries, 1 files written, 1 deliveries ordered\n"
    file = File.objects.get()
    status = json.loads(said("ach_cutoff", "status", "--json"))
    assert status["unmapped"] == 0
    assert status["cutoffs"][0]["files"][0]["creditCents"] == 46_000
    assert "credits 460.00 USD" in said("ach_cutoff", "status")
    rebuilt = said("ach_cutoff", "rebuild", "--file", file.public_id, "--reason", "lost on the way")
    assert "READY: 1 entries in 1 batches" in rebuilt
    with pytest.raises(CommandError, match="WITHDRAWN"):
        call_command("ach_cutoff", "rebuild", "--file", file.public_id, "--reason", "again")
    with pytest.raises(CommandError, match="No such file"):
        call_command("ach_cutoff", "rebuild", "--file", "file_none", "--reason", "x")


def test_an_originator_is_entered_and_a_wrong_one_refused_by_field() -> None:
    words = [
        "ach_originator", "--live", "--name", "HOLDFAST", "--company-id", "1123456789", "--odfi-routing", "123456780",
        "--destination", " 123456780", "--destination-name", "EXAMPLE BANK", "--origin", "1123456789",
        "--origin-name", "HOLDFAST", "--transport", "FILESYSTEM",
    ]  # fmt: skip
    assert "1123456789 at 123456780" in said(*words, "--settings-json", '{"outgoing": "/srv/out"}')
    assert Originator.objects.get(livemode=True).is_default
    with pytest.raises(CommandError, match="at this bank already"):
        call_command(*words)
    with pytest.raises(CommandError, match="holds a secret"):
        call_command(*words, "--settings-json", '{"password": "x"}')


def test_what_has_no_place_is_counted_and_becomes_an_alarm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    factory.folder_bank(tmp_path)
    factory.submitted()
    later = CUTOFF + timedelta(minutes=16)
    monkeypatch.setattr(clock, "now", lambda: later)
    assert b"holdfast_ach_entries_unmapped 1.0" in metrics.render()
    assert b'holdfast_ach_entries{state="WAITING"} 1.0' in metrics.render()
    assert watching.watch(now=later) == 1
    cutoffs.run_due(now=later)
    assert b"holdfast_ach_entries_unmapped 0.0" in metrics.render()
    assert watching.watch(now=later) == 0
    file = File.objects.get()
    assert delivery.deliver(file_id=file.public_id, now=later)
    assert b'holdfast_ach_files{state="DELIVERED"} 1.0' in metrics.render()
    assert watching.watch(now=later + timedelta(hours=4)) == 0
    assert watching.watch(now=later + timedelta(hours=4, seconds=1)) == 1
    told = Event.objects.filter(name="ach.rail_troubled").values_list("payload__alarm", "payload__url")
    assert sorted(told) == [
        ("ach.unacknowledged", f"/admin/ach/files/{file.public_id}/"), ("ach.unmapped", "/admin/ach/entries/"),
    ]  # fmt: skip
