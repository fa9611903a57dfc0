"""The money of what does not go straight: entries sent again or reversed, returns that nobody knows, a refused file.

The seller has 1,000.00 with us; a DEBIT brings 750.55 from a buyer, a CREDIT takes 460.00 to the seller's bank.
"""

from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection

from ach.enums import EntryKind, EntryState
from ach.models import Entry, File
from ach.services import (
    acknowledgements,
    cutoffs,
    delivery,
    entries,
    rebuilding,
    retries,
    reversals,
    settling,
    suspense,
)
from core.outbox import services as outbox
from core.work import services as work
from escrow.comparisons import rail
from escrow.comparisons.comparison import Comparison
from ledger import chart
from ledger.selectors import accounts
from payments.models import Transfer
from payments.selectors import transfers as register
from payments.services import transfer_bookings, transfer_releases
from tests.factories import ach_books, ach_outbound
from tests.factories import ach_transfers as ach
from tests.factories.ach_outbound import CUTOFF, TREASURER
from tests.factories.ach_transfers import SELLER
from tests.factories.payments import NOW

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
LATER = NOW + 40 * DAY
PAYABLE, RESERVE, OWED = chart.provider_payable(SELLER), chart.reserve(SELLER), chart.returns_receivable(SELLER)
BANK, IN, OUT = chart.BANK_TRUST, chart.ACH_CLEARING_IN, chart.ACH_CLEARING_OUT
THOUSAND = {PAYABLE: 100_000, BANK: 100_000}


@pytest.fixture(autouse=True)
def _seller_has_a_thousand() -> None:
    ach.balance(SELLER, 100_000)


def follow(*entries: Entry, **how: object) -> None:
    transfer_bookings.follow([each.public_id for each in entries], now=NOW, **how)  # type: ignore[arg-type]


def books() -> dict[str, int]:
    """And whatever happened, debits and credits are equal."""
    assert [row.difference.minor for row in accounts.list_trial("test")] == [0]
    names = (PAYABLE, RESERVE, OWED, OUT, IN, BANK, chart.SUSPENSE)
    return {name: minor for name in names if (minor := ach.held_by(name))}


def state(transfer: Transfer) -> str:
    return register.get(transfer.public_id).state


def through(entry: Entry, *, back: str = "") -> None:
    """Sent, settled and perhaps returned, each heard of."""
    ach.sent(entry)
    follow(entry)
    ach.settled(entry)
    follow(entry)
    if back:
        ach.returned(entry, back)
        follow(entry)


class TestSentAgain:
    def test_a_debit_without_cover_comes_by_its_retry(self) -> None:
        transfer = ach.made(ach.debit())
        through(ach.entry_of(transfer), back="R01")
        assert (books(), state(transfer)) == (THOUSAND, "RETURNED")
        retry = retries.request(entry_id=ach.entry_of(transfer).public_id, actor=TREASURER, now=NOW + 3 * DAY)
        assert books() == THOUSAND, "asking moves nothing"
        ach.sent(retry)
        follow(retry)
        assert books() == {PAYABLE: 100_000, RESERVE: 75_055, IN: 75_055, BANK: 100_000}
        assert state(transfer) == "PROCESSING"
        ach.settled(retry)
        follow(retry)
        assert (books(), state(transfer)) == ({PAYABLE: 100_000, RESERVE: 75_055, BANK: 175_055}, "COMPLETED")
        assert transfer_releases.release_due(now=LATER) == 1
        assert books() == {PAYABLE: 175_055, BANK: 175_055}

    def test_twice_in_vain_leaves_everything_as_it_was(self) -> None:
        transfer = ach.made(ach.debit())
        entry = ach.entry_of(transfer)
        through(entry, back="R01")
        for _ in range(2):
            entry = retries.request(entry_id=entry.public_id, actor=TREASURER, now=NOW + 3 * DAY)
            through(entry, back="R01")
            follow(entry)
        assert (books(), state(transfer)) == (THOUSAND, "RETURNED")
        assert transfer_releases.release_due(now=LATER) == 0
        with pytest.raises(retries.RetryNotAllowed):
            retries.request(entry_id=entry.public_id, actor=TREASURER, now=NOW + 3 * DAY)


def reversed_(entry: Entry, cause: str = "DUPLICATE") -> Entry:
    return reversals.reverse_signed(
        entry_id=entry.public_id, cause=cause, discovered_at=NOW + DAY, actor=TREASURER, now=NOW + DAY
    )


class TestReversed:
    def test_a_payout_that_was_sent_twice_is_taken_back_and_waits_like_any_debit(self) -> None:
        transfer = ach.made()
        through(ach.entry_of(transfer))
        assert books() == {PAYABLE: 54_000, BANK: 54_000}
        reversal = reversed_(ach.entry_of(transfer))
        assert (reversal.kind, reversal.direction) == (EntryKind.REVERSAL, "DEBIT")
        ach.sent(reversal)
        follow(reversal)
        assert books() == {PAYABLE: 54_000, RESERVE: 46_000, IN: 46_000, BANK: 54_000}
        ach.settled(reversal)
        follow(reversal)
        assert transfer_releases.release_due(now=LATER) == 1
        assert (books(), state(transfer)) == (THOUSAND, "COMPLETED")

    def test_a_reversal_that_comes_back_leaves_the_payout_as_it_is(self) -> None:
        transfer = ach.made()
        through(ach.entry_of(transfer))
        through(reversed_(ach.entry_of(transfer)), back="R17")
        assert books() == {PAYABLE: 54_000, BANK: 54_000}
        assert transfer_releases.release_due(now=LATER) == 0

    def test_a_debit_in_error_is_given_back_from_where_it_waits(self) -> None:
        transfer = ach.made(ach.debit())
        through(ach.entry_of(transfer))
        assert books() == {PAYABLE: 100_000, RESERVE: 75_055, BANK: 175_055}
        through(reversed_(ach.entry_of(transfer), "WRONG_AMOUNT"))
        assert books() == THOUSAND
        assert transfer_releases.release_due(now=LATER) == 0, "it was given back already"
        other = ach.made(ach.debit())
        through(ach.entry_of(other))
        assert transfer_releases.release_due(now=LATER) == 1, "and it keeps no other waiting"
        assert books() == {PAYABLE: 175_055, BANK: 175_055}

    def test_a_debit_in_error_that_is_spent_is_owed(self) -> None:
        transfer = ach.made(ach.debit())
        through(ach.entry_of(transfer))
        transfer_releases.release_due(now=LATER)
        ach.made(ach.order(amount_minor=150_000))
        assert ach.available(PAYABLE) == 25_055
        through(reversed_(ach.entry_of(transfer)))
        assert (ach.available(PAYABLE), ach.held_by(OWED), ach.held_by(BANK)) == (0, 50_000, 100_000)


class TestSuspense:
    def test_money_that_came_back_waits_until_somebody_says_whose_it_is(self) -> None:
        transfer = ach_books.made()
        ach_books.sent(transfer)
        ach_books.settled(transfer)
        assert books() == {PAYABLE: 54_000, BANK: 54_000}
        item = ach_books.suspended(transfer)
        assert books() == {PAYABLE: 54_000, BANK: 100_000, chart.SUSPENSE: 46_000}
        assert state(transfer) == "COMPLETED", "nobody knows that it is this one's"
        suspense.resolve_signed(
            item_id=item.public_id, entry_id=ach.entry_of(transfer).public_id, approval_id="apr_1", actor=TREASURER,
            reason="the bank wrote an old trace", now=NOW + 3 * DAY,
        )  # fmt: skip
        outbox.drain(now=NOW + 3 * DAY)
        assert (books(), state(transfer)) == (THOUSAND, "RETURNED")
        outbox.drain(now=NOW + 4 * DAY)
        assert books() == THOUSAND

    def test_of_none_of_ours_it_stays_where_treasury_finds_it(self) -> None:
        transfer = ach_books.made()
        ach_books.sent(transfer)
        ach_books.settled(transfer)
        item = ach_books.suspended(transfer)
        suspense.resolve_signed(
            item_id=item.public_id, entry_id="", approval_id="apr_1", actor=TREASURER, reason="not ours", now=NOW + DAY
        )
        outbox.drain(now=NOW + DAY)
        assert books() == {PAYABLE: 54_000, BANK: 100_000, chart.SUSPENSE: 46_000}


class TestRefusedFile:
    """The bank refuses a whole file an hour after it came: what it carried is neither paid nor lost."""

    @pytest.fixture
    def refused(self, tmp_path: Path) -> tuple[Transfer, File]:
        ach_outbound.folder_bank(tmp_path)
        transfer = ach.made()
        cutoffs.run_due(now=CUTOFF)
        file = File.objects.get()
        delivery.deliver(file_id=file.public_id, now=CUTOFF)
        heard()
        assert (books(), state(transfer)) == ({PAYABLE: 54_000, OUT: 46_000, BANK: 100_000}, "PROCESSING")
        file.refresh_from_db()
        acknowledgements.apply(file=file, accepted=False, why="unknown company", now=CUTOFF)
        heard()
        file.refresh_from_db()
        assert (ach.entry_of(transfer).state, state(transfer)) == ("FILED", "REQUIRES_ATTENTION")
        assert settling.settle_due(now=CUTOFF + 5 * DAY) == 0
        return transfer, file

    def test_rebuilt_it_is_sent_again_and_booked_once(self, refused: tuple[Transfer, File]) -> None:
        transfer, file = refused
        trace = ach.entry_of(transfer).trace
        again(file)
        delivery.deliver(file_id=File.objects.get(replaces=file).public_id, now=CUTOFF)
        heard()
        assert ach.entry_of(transfer).trace == trace
        assert (books(), state(transfer)) == ({PAYABLE: 54_000, OUT: 46_000, BANK: 100_000}, "PROCESSING")
        assert settling.settle_due(now=CUTOFF + DAY) == 1
        heard()
        assert (books(), state(transfer)) == ({PAYABLE: 54_000, BANK: 54_000}, "COMPLETED")

    def test_an_entry_that_cannot_go_a_second_time_is_parked_and_its_money_comes_back_when_it_is_cancelled(
        self, refused: tuple[Transfer, File]
    ) -> None:
        transfer, file = refused
        entry = ach.entry_of(transfer)
        ach_outbound.past_the_rules(
            "UPDATE compliance_bankaccount SET sealed = %s WHERE id = %s", b"x", entry.account_id
        )
        again(file)
        heard()
        assert (ach.entry_of(transfer).state, state(transfer)) == (EntryState.PARKED, "REQUIRES_ATTENTION")
        assert books() == {PAYABLE: 54_000, OUT: 46_000, BANK: 100_000}
        entries.cancel(entry_id=entry.public_id, why="cannot be paid", actor=TREASURER, now=CUTOFF + DAY)
        heard()
        assert (books(), state(transfer)) == (THOUSAND, "CANCELLED")
        heard()
        assert books() == THOUSAND, "once"
        assert breaks(rail.UNEARNED, rail.LEDGER, rail.CLEARING) == []


def again(file: File) -> None:
    """By signatures that the bank has booked nothing."""
    version = rebuilding.covered(file)
    rebuilding.rebuild_signed(file_id=file.public_id, version=version, why="refused", actor=TREASURER, now=CUTOFF)
    cutoffs.run_due(now=CUTOFF)


def breaks(*comparisons: Comparison) -> list[object]:
    """What reconciliation would find."""
    found: list[object] = []
    with connection.cursor() as cursor:
        for each in comparisons:
            cursor.execute(each.sql, {"livemode": False, "book": "test"})
            found += cursor.fetchall()
    return found


def heard() -> None:
    for _ in range(2):
        outbox.drain(now=CUTOFF + 6 * DAY)
        work.drain(now=CUTOFF + 6 * DAY)
