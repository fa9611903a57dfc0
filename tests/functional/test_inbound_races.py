"""Two workers at one file, two files of one entry, a return against a cutoff: everything happens once."""

from typing import Any

import pytest

from ach.enums import EntryState, InboundState
from ach.models import AccountStop, Entry, InboundFile, InboundItem
from ach.services import inbound
from core.outbox.models import Event
from tests.factories import ach_inbound as ach
from tests.factories import bank_accounts
from tests.factories.ach_inbound import CAME, Said
from tests.functional.test_payment_races import together

pytestmark = pytest.mark.django_db(transaction=True)


def test_four_workers_at_one_file_apply_each_line_once() -> None:
    entries = [ach.settled(bank_accounts.active(f"prov_{place}")) for place in range(6)]
    file = ach.take_in(ach.answers(*(Said(entry, "R02") for entry in entries)))
    together(4, lambda _: ach.process(file_id=file.public_id))
    assert Event.objects.filter(name="ach.entry_returned").count() == 6
    assert set(Entry.objects.values_list("state", flat=True)) == {EntryState.RETURNED}
    assert InboundItem.objects.count() == 6
    assert InboundFile.objects.get().state == InboundState.DONE


def test_the_same_bytes_from_two_sides_are_taken_once() -> None:
    content = ach.answers(Said(ach.settled(bank_accounts.active()), "R01"))
    together(3, lambda _: ach.take_in(content))
    assert sorted(InboundFile.objects.values_list("state", flat=True)) == ["DUPLICATE", "DUPLICATE", "STORED"]


def test_two_files_of_one_entry_return_it_once_and_stop_its_account_once() -> None:
    entry = ach.settled(bank_accounts.active())
    files = [ach.take_in(ach.answers(Said(entry, "R02"), modifier=modifier)) for modifier in "ABC"]

    def act(number: int) -> Any:
        return inbound.process(file_id=files[number].public_id, now=CAME)

    together(3, act)
    assert Event.objects.filter(name="ach.entry_returned").count() == 1
    assert AccountStop.objects.count() == 1
    assert sorted(InboundItem.objects.values_list("state", flat=True)) == ["APPLIED", "SUSPENSE", "SUSPENSE"]
