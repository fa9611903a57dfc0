"""A worker is killed at each step of a cutoff: the next one finishes it. Nothing is lost or reaches the bank twice."""

import signal
from datetime import timedelta
from pathlib import Path

import pytest

from ach import raw_totals
from ach.models import Entry, File
from ach.services import contents
from core import clock
from tests.factories import ach_outbound as factory
from tests.fault.processes import Processes, broker, processes, set_parameter, wait_until

__all__ = ["broker", "processes"]
pytestmark = [pytest.mark.fault, pytest.mark.timeout(300), pytest.mark.django_db(transaction=True)]

# Where it dies; whether the bank may have the file by then.
STEPS = [
    ("ach.claimed", False),
    ("ach.written", False),
    ("ach.lines_stored", False),
    ("ach.built", False),
    ("ach.sending", False),
    ("ach.staged", False),
    ("ach.moved", True),
    ("ach.arrived", True),
    ("ach.delivered", True),
]
ENTRIES = 5


def due(folder: Path) -> Path:
    """Five payouts whose cutoff was a minute ago, claimed two at a time."""
    bank = factory.folder_bank(folder)
    set_parameter("ach.claim_entries", 2)
    set_parameter("ach.delivery_retry_seconds", 1)
    now = clock.now()
    to = factory.account()
    for _ in range(ENTRIES):
        factory.submitted(to, now=now)
    Entry.objects.update(due_at=now - timedelta(minutes=1))
    return bank


def is_sent() -> bool:
    return Entry.objects.filter(state="SENT").count() == ENTRIES


@pytest.mark.parametrize(("point", "arrived"), STEPS)
def test_a_worker_killed_at_each_step_of_a_cutoff(
    processes: Processes, tmp_path: Path, point: str, arrived: bool
) -> None:
    bank = due(tmp_path)
    assert processes.work(HOLDFAST_FAILPOINT=point).wait(60) == -signal.SIGKILL, processes.output()
    whole = [path for path in bank.iterdir() if path.suffix == ".ach"]
    assert bool(whole) is arrived
    taken = {path.name: path.read_bytes() for path in whole}
    for path in whole:
        path.unlink()  # banks take files away
    processes.work()
    wait_until(is_sent, seconds=90, what="every entry is sent")
    for path in bank.iterdir():
        assert path.name not in taken, "the bank gets no file again"
        taken[path.name] = path.read_bytes()
    (file,) = File.objects.filter(state="DELIVERED")
    assert taken == {file.name: contents.open_(file)}
    found = raw_totals.read(taken[file.name])
    assert (found.problems, found.whole.entries, found.whole.credit) == ([], ENTRIES, ENTRIES * 46_000)
    assert sorted(Entry.objects.values_list("line", flat=True)) == [3, 4, 5, 6, 7]
    assert Entry.objects.values("trace").distinct().count() == ENTRIES
