"""Two payouts of Monday 2 March 2026 become a file, column by column."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from ach import raw_totals
from ach.models import Batch, Cutoff, Entry, File
from ach.services import contents, cutoffs, delivery, settling
from core.outbox.models import Event
from tests.factories import ach_outbound as factory
from tests.factories.ach_outbound import CUTOFF

pytestmark = pytest.mark.django_db

# 1  file header: to the bank, from us, made on 2 March 2026 at 16:50, the first of the day
# 5  batch header: credits only (220), PPD, effective 3 March, batch 1
# 6  22 is a credit to checking; bank and check digit; account; cents; name; trace: our bank's eight digits and a number
# 8  two records, hash 2 x 02100002, no debits, 1,710.55 of credits
# 9  one batch, one block of ten lines, the same totals
FILE = "\n".join(
    line.ljust(94)
    for line in """\
101 12345678090000000172603021650A094101SANDBOX BANK           HOLDFAST TEST
5220HOLDFAST TEST                       9000000017PPDPAYOUT          260303   1123456780000001
622021000021100200301        0000046000               Jane Smith              0123456780000001
622021000021100200302        0000125055               Maria Garcia            0123456780000002
822000000200042000040000000000000000001710559000000017                         123456780000001
9000001000001000000020004200004000000000000000000171055
""".splitlines()
)


@pytest.fixture
def bank(tmp_path: Path) -> Path:
    return factory.folder_bank(tmp_path)


def test_two_payouts_from_the_request_to_the_bank_and_its_settlement(bank: Path) -> None:
    one = factory.submitted(factory.account(number="100200301"))
    two = factory.submitted(factory.account(number="100200302"), amount_minor=125_055, name="María García")
    ran = cutoffs.run_due(now=CUTOFF - timedelta(microseconds=1))
    assert (ran.entries, ran.files) == (0, 0), "nothing leaves before its cutoff"

    ran = cutoffs.run_due(now=CUTOFF)
    assert (ran.entries, ran.files, ran.troubles) == (2, 1, {})
    file, batch = File.objects.get(), Batch.objects.get()
    content = contents.open_(file)
    assert content.decode().splitlines()[:6] == FILE.splitlines()
    assert content.decode().splitlines()[6:] == ["9" * 94] * 4
    assert (file.state, file.lines, file.size) == ("READY", 10, 950)
    assert (file.credit_minor, file.debit_minor, file.entry_hash) == (171_055, 0, "0004200004")
    assert (batch.service_class, batch.credit_minor, batch.first_line) == ("220", 171_055, 2)
    places = Entry.objects.order_by("pk").values_list("state", "batch_number", "line", "trace")
    assert list(places) == [("FILED", 1, 3, "123456780000001"), ("FILED", 1, 4, "123456780000002")]

    assert delivery.deliver(file_id=file.public_id, now=CUTOFF)
    assert [path.name for path in bank.iterdir()] == ["org_test-20260302-1650-A.ach"]
    assert (bank / file.name).read_bytes() == content
    for entry in (one, two):
        entry.refresh_from_db()
        assert (entry.state, entry.settles_on) == ("SENT", date(2026, 3, 3))
    assert Cutoff.objects.get().state == "DONE"
    told = Event.objects.get(name="ach.file_delivered").payload
    assert (told["entries"], told["credit_minor"], told["entry_hash"]) == (2, 171_055, "0004200004")

    tuesday = datetime(2026, 3, 3, 13, 30, tzinfo=UTC)
    assert settling.settle_due(now=tuesday - timedelta(seconds=1)) == 0
    assert settling.settle_due(now=tuesday) == 2
    settled = Event.objects.get(name="ach.entries_settled").payload
    assert settled["entry_ids"] == [one.public_id, two.public_id]


def test_the_columns_are_added_up_by_other_code_than_wrote_them() -> None:
    right = (FILE + "\n" + ("9" * 94 + "\n") * 4).encode()
    found = raw_totals.read(right)
    assert (found.problems, found.whole.credit, found.whole.hash) == ([], 171_055, 4_200_004)
    for place, digit in ((38, b"1"), (29, b"9"), (10, b"9")):
        at = right.index(b"\n622") + 1 + place
        wrong = right[:at] + digit + right[at + 1 :]
        assert raw_totals.read(wrong).problems, f"a changed column {place + 1} of record 6 is seen"
    assert raw_totals.read(right[:-95]).problems == [
        "9 lines are no multiple of 10",
    ], "a line of filling is missing; the block count is still right"
