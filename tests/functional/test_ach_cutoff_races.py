"""Two workers at one cutoff, a cancellation against a claim: every entry is in one place, with a number of its own."""

import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from django.db import connections

from ach.models import Entry, File
from ach.services import claiming, contents, cutoffs, delivery, entries
from ach.states import EntryStateForbids
from tests.factories import ach_outbound as factory
from tests.factories.ach_outbound import CUTOFF, TREASURER

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*acts: Callable[[], object]) -> list[object]:
    """What each returned or raised, begun together."""
    gate, results = threading.Barrier(len(acts)), [None] * len(acts)

    def run(place: int, act: Callable[[], object]) -> None:
        gate.wait(10)
        try:
            results[place] = act()
        except Exception as error:  # noqa: BLE001
            results[place] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=each) for each in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return results


def test_two_workers_give_no_number_twice_and_leave_nothing_out(tmp_path: Path) -> None:
    bank = factory.folder_bank(tmp_path)
    to = factory.account()
    made = [factory.submitted(to) for _ in range(30)]
    claimed = at_once(
        *[lambda: claiming.claim(originator_pk=made[0].originator_id, at=CUTOFF, now=CUTOFF) for _ in range(2)]
    )
    assert sum(map(int, claimed)) == 30, claimed
    traces = list(Entry.objects.order_by("trace").values_list("trace", flat=True))
    assert traces == [f"12345678{number:07d}" for number in range(1, 31)]
    at_once(*[lambda: cutoffs.run_due(now=CUTOFF) for _ in range(2)])
    (file,) = File.objects.all()
    assert (file.state, file.entry_count) == ("READY", 30)
    sent = at_once(*[lambda: delivery.deliver(file_id=file.public_id, now=CUTOFF) for _ in range(2)])
    assert sorted(map(str, sent)) == ["False", "True"]
    assert [path.read_bytes() for path in bank.iterdir()] == [contents.open_(File.objects.get())]


def test_an_entry_is_either_cancelled_or_filed(tmp_path: Path) -> None:
    factory.folder_bank(tmp_path)
    to = factory.account()
    made = [factory.submitted(to) for _ in range(6)]

    def cancel() -> list[str]:
        done = []
        for each in made:
            try:
                entries.cancel(entry_id=each.public_id, why="not wanted", actor=TREASURER, now=CUTOFF)
                done.append(each.public_id)
            except EntryStateForbids:
                continue
        return done

    cancelled, _ = at_once(cancel, lambda: cutoffs.run_due(now=CUTOFF))
    cutoffs.run_due(now=CUTOFF)  # what was locked by its cancellation and then kept
    for each in made:
        each.refresh_from_db()
        assert each.state == ("CANCELLED" if each.public_id in cancelled else "FILED")
    assert sum(file.entry_count for file in File.objects.exclude(state="WITHDRAWN")) == 6 - len(cancelled)
