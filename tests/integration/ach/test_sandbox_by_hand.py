"""`manage.py sandbox_bank`: every event of the network by hand, and the statement that reconciliation takes."""

from datetime import date, timedelta
from hashlib import sha256
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from ach.models import Cutoff, Entry, File, Originator, SandboxMovement, SandboxPosting
from ach.sandbox import bank
from ach.sandbox.dishonoring import undo
from ach.sandbox.judging import Undone
from ach.sandbox.transport import SandboxTransport
from compliance.models import BankAccount
from core import clock
from escrow.models import BankStatement
from tests.factories import bank_accounts
from tests.factories.ach_calendar import new_york
from tests.factories.ach_sandbox import BANK, TUESDAY, Sent, came_back, company_of, originator

pytestmark = pytest.mark.django_db

NOON = new_york("2026-03-03 17:30")


@pytest.fixture
def entry() -> Entry:
    """An entry of ours in a file that was delivered, as far as the bank has to know it; R01 is planned."""
    row = originator()
    account = bank_accounts.active(now=TUESDAY)
    content = company_of(row).file([Sent(cents=-25_000), Sent("7000001", 46_000)], effective=date(2026, 3, 4))
    SandboxTransport(row, lambda: TUESDAY).deliver("a.ach", content)
    return filed(row, account, content)


def filed(row: Originator, account: BankAccount, content: bytes) -> Entry:
    cutoff = Cutoff.objects.create(public_id="cut_1", livemode=False, originator=row, at=TUESDAY, created_at=TUESDAY)
    file = File.objects.create(
        public_id="file_1", livemode=False, originator=row, cutoff=cutoff, name="a.ach", created_on=date(2026, 3, 3),
        created_time="1650", modifier="A", state="BUILT", sha256=sha256(content).hexdigest(), created_at=TUESDAY,
        built_at=TUESDAY,
    )  # fmt: skip
    asked = Entry.objects.create(
        public_id="ache_1", livemode=False, originator=row, kind="PAYMENT", reference="ACH1", account=account,
        party=account.party, direction="CREDIT", amount_minor=46_000, currency="USD", sec="PPD",
        transaction_code="22", name="JANE SMITH", description="PAYOUT", priority="STANDARD",
        effective_on=date(2026, 3, 4), due_at=TUESDAY, created_by="test", created_at=TUESDAY,
    )  # fmt: skip
    # The credit stands in the first batch of the file: its trace is the first.
    place: dict[str, Any] = {"file": file, "batch_number": 1, "line": 3, "trace": f"{BANK[:8]}0000001"}
    Entry.objects.filter(pk=asked.pk).update(state="FILED", filed_at=TUESDAY, **place)
    return asked


def simulated(entry: Entry, *codes: str, now: Any = NOON) -> list[str]:
    out = StringIO()
    with clock.use(clock.FixedClock(now)):
        for code in codes:
            call_command("sandbox_bank", "simulate", entry=entry.public_id, code=code, stdout=out)
    return [line.split()[1] for line in out.getvalue().splitlines()]


def fetched(entry: Entry) -> list[bytes]:
    return [each.content for each in SandboxTransport(entry.originator).fetch()]


def test_acknowledged_settled_corrected_returned_dishonored_and_contested_by_hand(entry: Entry) -> None:
    states = simulated(entry, "ACK", "C01", "SETTLE", "R03", "R69", "R74")
    assert states == ["ACCEPTED", "ACCEPTED", "SETTLED", "RETURNED", "DISHONORED", "CONTESTED"]
    acknowledgement, *answers = fetched(entry)
    assert b"|ACCEPTED|" in acknowledgement
    assert [came_back(each)[0][::2] for each in answers] == [
        ("C01", 0),
        ("R03", 46_000),
        ("R69", -46_000),
        ("R74", 46_000),
    ]
    moved = SandboxMovement.objects.filter(posting__trace=f"{BANK[:8]}0000001").order_by("id")
    assert list(moved.values_list("kind", "amount_minor")) == [
        ("SETTLEMENT", -46_000), ("RETURN", 46_000), ("DISHONOR", -46_000), ("CONTEST", 46_000),
    ]  # fmt: skip
    bank.tick(now=NOON + timedelta(days=30))
    assert len(fetched(entry)) == 5, "nothing else was planned"


def test_a_file_is_refused_after_it_was_accepted_as_long_as_nothing_settled(entry: Entry) -> None:
    bank.tick(now=NOON)
    assert simulated(entry, "REJECT") == ["REFUSED"]
    accepted, rejected = fetched(entry)
    assert (accepted.split(b"|")[3], rejected.split(b"|")[3]) == (b"ACCEPTED", b"REJECTED")
    bank.tick(now=NOON + timedelta(days=30))
    assert not SandboxMovement.objects.exists()


@pytest.mark.parametrize(
    ("before", "code", "why"),
    [
        ([], "R68", "R68 does not follow: the entry is ACCEPTED"),
        (["R01"], "R01", "R01 does not follow: the entry is RETURNED"),
        (["R01"], "SETTLE", "the entry is RETURNED"),
        (["SETTLE"], "REJECT", "something of the file has settled or come back"),
        ([], "R99", "R99 is no return or change code, and not ACK, REJECT or SETTLE"),
        (["ACK"], "ACK", "the file is acknowledged"),
    ],
)
def test_what_cannot_follow_is_refused_with_the_reason(entry: Entry, before: list[str], code: str, why: str) -> None:
    simulated(entry, *before)
    with pytest.raises(CommandError, match=why):
        simulated(entry, code)


def test_an_entry_that_never_left_is_unknown() -> None:
    with pytest.raises(CommandError, match="no filed test entry is named ache_0"):
        call_command("sandbox_bank", "simulate", entry="ache_0", code="R01")


def test_the_statement_is_taken_by_reconciliation(entry: Entry, tmp_path: Any) -> None:
    simulated(entry, "SETTLE")
    out, path = StringIO(), tmp_path / "2026-03-03.csv"
    bank_of = entry.originator.public_id
    call_command("sandbox_bank", "statement", day=date(2026, 3, 3), opening=100_000, originator=bank_of, stdout=out)
    path.write_text(out.getvalue())
    call_command("import_statement", str(path), book="test", stdout=StringIO())
    [read] = BankStatement.objects.all()
    assert (read.opening_minor, read.closing_minor, read.line_count) == (100_000, 54_000, 1)
    with pytest.raises(CommandError, match="name one that the sandbox bank serves"):
        call_command("sandbox_bank", "statement", day=date(2026, 3, 3), originator="org_0")
    with pytest.raises(CommandError, match="nothing moved"):
        call_command("sandbox_bank", "statement", day=date(2026, 3, 2))


def test_a_dishonored_return_in_a_file_of_ours_takes_the_money_back(entry: Entry) -> None:
    simulated(entry, "SETTLE", "R03")
    posting = SandboxPosting.objects.get(trace=f"{BANK[:8]}0000001")
    said = Undone("R68", posting.trace, posting.told[-1]["trace"], "091111110000099")
    stranger = Undone("R68", posting.trace, "021000029999999", "091111110000098")
    undo(stranger, originator_id=entry.originator_id, at=NOON)
    undo(said, originator_id=originator().pk, at=NOON)
    posting.refresh_from_db()
    assert posting.state == "RETURNED"
    for _ in range(2):
        undo(said, originator_id=entry.originator_id, at=NOON)
    posting.refresh_from_db()
    assert posting.state == "DISHONORED"
    assert sum(posting.movements.values_list("amount_minor", flat=True)) == -46_000
