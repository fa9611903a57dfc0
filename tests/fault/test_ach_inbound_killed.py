"""A worker is killed while it takes in what the bank sent, and while it books it: the next one finishes it.

Three payouts of 460.00 come back and one return is nobody's. Whatever died where, each is applied once, booked once,
and the books add up to nothing.
"""

import signal
from datetime import timedelta
from pathlib import Path

import pytest

from ach.enums import ItemState
from ach.models import Case, Entry, InboundFile, InboundItem
from core import clock
from core.money import Currency
from core.outbox import services as outbox
from ledger import chart
from ledger.models import Entry as LedgerEntry
from ledger.selectors import accounts
from payments.models import Booking, Transfer
from tests.factories import ach_books, ach_outbound
from tests.factories import ach_transfers as ach
from tests.factories.ach_inbound import Said, answers
from tests.fault.processes import Processes, broker, processes, set_parameter, wait_until

__all__ = ["broker", "processes"]
pytestmark = [pytest.mark.fault, pytest.mark.timeout(300), pytest.mark.django_db(transaction=True)]

STEPS = [
    "ach.inbound_stored",
    "ach.inbound_parsed",
    "ach.inbound_read",
    "ach.item_matched:2",
    "ach.item_applied:2",
    "payments.ach_unbooked",
    "payments.ach_posted:2",
    "payments.ach_booked:2",
    "outbox.committed:3",
]
PAYOUTS, EACH = 3, 46_000


def settled_payouts(folder: Path) -> list[Entry]:
    """Left on Monday, settled on Tuesday, and booked so far."""
    ach_outbound.folder_bank(folder)
    ach.balance(minor=PAYOUTS * EACH)
    transfers = [ach_books.made() for _ in range(PAYOUTS)]
    ach_books.sent(*transfers)
    ach_books.settled(*transfers)
    outbox.drain(now=ach_books.TUESDAY)
    return [ach.entry_of(each) for each in transfers]


def is_over() -> bool:
    booked = Booking.objects.filter(returned_at__isnull=False).count() == PAYOUTS
    return booked and LedgerEntry.objects.filter(kind="payments.ach_in_suspense").exists()


def trial() -> list[tuple[Currency, int]]:
    """What debits and credits of the test book differ by, of posted money."""
    return [(row.currency, row.difference.minor) for row in accounts.list_trial("test")]


@pytest.mark.parametrize("point", STEPS)
def test_a_worker_killed_while_returns_come_in(processes: Processes, tmp_path: Path, point: str) -> None:
    entries = settled_payouts(tmp_path)
    returned = [Said(entry, "R03") for entry in entries]
    (tmp_path / "incoming" / "returns.ach").write_bytes(answers(*returned, Said(entries[0], "R01", trace="9" * 15)))
    assert processes.work(HOLDFAST_FAILPOINT=point).wait(60) == -signal.SIGKILL, processes.output()
    processes.work()
    wait_until(is_over, seconds=90, what="three payouts and the stray are booked")
    wait_until(lambda: InboundFile.objects.filter(state="DONE").exists(), seconds=90, what="the file is done")

    assert InboundItem.objects.count() == PAYOUTS + 1, "every line once"
    assert InboundFile.objects.exclude(state="DUPLICATE").count() == 1
    assert set(Entry.objects.values_list("state", "return_code")) == {("RETURNED", "R03")}
    assert InboundItem.objects.filter(state=ItemState.APPLIED).values("entry").distinct().count() == PAYOUTS
    assert Case.objects.filter(kind="UNMATCHED_ITEM").count() == 1
    kinds = LedgerEntry.objects.filter(kind__startswith="payments.ach_").values_list("kind", flat=True)
    assert {kind: list(kinds).count(kind) for kind in kinds if "return" in kind or "suspense" in kind} == {
        "payments.ach_returned": PAYOUTS, "payments.ach_in_suspense": 1,
    }  # fmt: skip
    assert ach.held_by(chart.provider_payable(ach.SELLER)) == PAYOUTS * EACH, "the seller is owed it again"
    assert ach.held_by(chart.SUSPENSE) == EACH
    assert trial() == [(Currency.USD, 0)]
    assert set(Transfer.objects.values_list("state", flat=True)) == {"RETURNED"}


@pytest.mark.parametrize("point", ["payments.ach_unbooked", "payments.ach_posted", "payments.ach_booked"])
def test_a_worker_killed_while_what_left_is_booked(processes: Processes, tmp_path: Path, point: str) -> None:
    """The file is at the bank; what it carries is on its way in the books once."""
    ach_outbound.folder_bank(tmp_path)
    ach.balance(minor=PAYOUTS * EACH)
    for _ in range(PAYOUTS):
        ach_books.made()
    outbox.drain(now=clock.now())
    Entry.objects.update(due_at=clock.now() - timedelta(minutes=1))
    set_parameter("ach.approval_file_minor", 100_000_000)
    assert processes.work(HOLDFAST_FAILPOINT=point).wait(60) == -signal.SIGKILL, processes.output()
    processes.work()
    wait_until(
        lambda: Booking.objects.filter(sent_at__isnull=False).count() == PAYOUTS, seconds=90, what="all are booked"
    )
    assert len(list((tmp_path / "outgoing").iterdir())) == 1
    assert ach.held_by(chart.ACH_CLEARING_OUT) == PAYOUTS * EACH
    assert ach.held_by(chart.provider_payable(ach.SELLER)) == 0
    assert trial() == [(Currency.USD, 0)]
