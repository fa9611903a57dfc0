"""What we answer to a bank, on the pages of the return, of the correction and of the file; and taking it back there."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test import Client

from ach.models import Dishonor, Reply
from ach.services import delivery
from core import clock
from tests.factories import ach_outbound, staff
from tests.factories.ach_inbound import CAME
from tests.integration.ach.test_pages import post, text
from tests.integration.ach.test_replies import CUTOFF, built, dishonored, refused, returned_twice, wrong_correction

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _wednesday(tmp_path: Path) -> Iterator[None]:
    ach_outbound.folder_bank(tmp_path)
    with clock.use(clock.FixedClock(CAME)):
        yield


@pytest.fixture
def treasury() -> Client:
    return staff.signed_in("TREASURY", email="tess@holdfast.example")


def test_a_dishonored_return_from_its_decision_to_its_line(treasury: Client) -> None:
    item = returned_twice()
    dishonored(item)
    waits = text(treasury, "ach_item", item.public_id)
    assert "It goes back as R67 with its file</a>." in waits
    assert "Do not send it back" in waits
    file = built()
    delivery.deliver(file_id=file.public_id, now=CUTOFF)
    sent = text(treasury, "ach_item", item.public_id)
    assert "Sent back as R67" in sent
    assert "Do not send it back" not in sent
    assert f"/admin/ach/files/{file.public_id}/records/?line=3#L3" in sent
    carried = text(treasury, "ach_file", file.public_id)
    assert "Dishonored returns and refused corrections" in carried
    assert f"/admin/ach/items/{item.public_id}/" in carried
    assert "/admin/ach/entries/?file=" not in carried, "it has no entries to list"
    records = text(treasury, "ach_file_records", file.public_id)
    assert f"/admin/ach/items/{item.public_id}/" in records
    assert "HIDDEN" not in records


def test_a_dishonored_return_is_withdrawn_with_a_reason(treasury: Client) -> None:
    item = returned_twice()
    dishonored(item)
    assert post(treasury, "ach_item_keep", item.public_id, why="")[0] == 400
    assert "Withdrawn: nothing is sent back." in post(treasury, "ach_item_keep", item.public_id, why="they called")[1]
    assert (Dishonor.objects.get().state, Reply.objects.get().state_why) == ("WITHDRAWN", "they called")
    html = text(treasury, "ach_item", item.public_id)
    assert "the bank was never told" in html
    assert "Send it back" in html, "for another reason it still can be"


def test_a_refusal_is_shown_and_taken_back(treasury: Client) -> None:
    change = wrong_correction()
    refused(change)
    html = text(treasury, "ach_change", change.public_id)
    assert "C68 account number not from original entry" in html
    assert post(treasury, "ach_change_take_back", change.public_id, why="")[0] == 400
    told = post(treasury, "ach_change_take_back", change.public_id, why="they are right")[1]
    assert "Taken back: it is open, and entries to the account wait." in told
    refused(change, "C67")
    file = built()
    assert "Take the refusal back" not in text(treasury, "ach_change", change.public_id)
    assert "It cannot be taken back any more" in post(treasury, "ach_change_take_back", change.public_id, why="late")[1]
    assert f"/admin/ach/changes/{change.public_id}/" in text(treasury, "ach_file_records", file.public_id)


def test_readers_take_nothing_back() -> None:
    auditor = staff.signed_in("AUDITOR")
    item = returned_twice()
    dishonored(item)
    assert "Do not send it back" not in text(auditor, "ach_item", item.public_id)
    assert post(auditor, "ach_item_keep", item.public_id, why="no")[0] == 403
    assert Reply.objects.get().state == "WAITING"
