"""A worker is killed at each step of a file of replies: the next one finishes it. The bank hears of each once."""

import signal
from datetime import timedelta
from pathlib import Path

import pytest

from ach import raw_totals
from ach.models import Change, File, Reply
from ach.services import changes, contents
from core import clock
from tests.factories import ach_inbound, ach_outbound
from tests.factories.ach_inbound import TREASURER, Said, answers
from tests.fault.processes import Processes, broker, processes, set_parameter, wait_until

__all__ = ["broker", "processes"]
pytestmark = [pytest.mark.fault, pytest.mark.timeout(300), pytest.mark.django_db(transaction=True)]

# Where it dies; whether the bank may have the file by then.
STEPS = [
    ("ach.replies_claimed", False),
    ("ach.written", False),
    ("ach.lines_stored", False),
    ("ach.built", False),
    ("ach.staged", False),
    ("ach.moved", True),
    ("ach.arrived", True),
    ("ach.delivered", True),
]
REFUSED = 3


def due(folder: Path) -> Path:
    """Three refused corrections whose cutoff was a minute ago, claimed two at a time."""
    bank = ach_outbound.folder_bank(folder)
    set_parameter("ach.claim_entries", 2)
    set_parameter("ach.delivery_retry_seconds", 1)
    now = clock.now()
    sent = [ach_inbound.settled(ach_outbound.account(), at=now - timedelta(days=3)) for _ in range(REFUSED)]
    ach_inbound.came(answers(*(Said(each, "C01", f"99887766{place:03}") for place, each in enumerate(sent))), now=now)
    for change in Change.objects.order_by("id"):
        changes.refuse(change_id=change.public_id, code="C68", reason="not ours", actor=TREASURER, now=now)
    Reply.objects.update(due_at=now - timedelta(minutes=1))
    return bank


def is_sent() -> bool:
    return Reply.objects.filter(state="SENT").count() == REFUSED


@pytest.mark.parametrize(("point", "arrived"), STEPS)
def test_a_worker_killed_at_each_step_of_a_file_of_replies(
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
    wait_until(is_sent, seconds=90, what="every reply is sent")
    for path in bank.iterdir():
        assert path.name not in taken, "the bank gets no file again"
        taken[path.name] = path.read_bytes()
    (file,) = File.objects.filter(state="DELIVERED", carries="REPLIES")
    assert taken == {file.name: contents.open_(file)}
    found = raw_totals.read(taken[file.name])
    assert (found.problems, found.whole.entries, found.whole.addenda) == ([], REFUSED, REFUSED)
    assert sorted(Reply.objects.values_list("line", flat=True)) == [3, 5, 7]
    assert Reply.objects.values("trace").distinct().count() == REFUSED
