"""The rail against the books, a fault at a time: a credit of 460.00 and a debit of 750.55 in one file, and what is
found when one of the three tellings is changed by hand.
"""

from datetime import timedelta

import pytest

from ach.models import Change, Entry, File
from ach.selectors import unmapped
from ach.services import cases
from core.money import Money
from escrow.break_kinds import TERMS, BreakKind
from escrow.services.breaks import moves_account
from ledger import chart
from ledger.models import Entry as LedgerEntry
from ledger.services import journal
from payments.models import Booking, Transfer
from tests.factories import ach_books, ach_inbound
from tests.factories import ach_transfers as ach
from tests.factories.ach_books import TUESDAY, WEDNESDAY
from tests.factories.payments import NOW
from tests.factories.reconciliation import found, only, run, tamper

pytestmark = pytest.mark.django_db
SOON = NOW + timedelta(minutes=61)


@pytest.fixture
def credit() -> Transfer:
    ach.balance()
    return ach_books.made()


@pytest.fixture
def debit() -> Transfer:
    return ach_books.made(ach.debit())


def entry(transfer: Transfer) -> Entry:
    return ach.entry_of(transfer)


def key(transfer: Transfer, verb: str) -> str:
    return f"ach:{entry(transfer).public_id}:{verb}"


def test_the_way_of_a_credit_and_a_debit_leaves_no_break(credit: Transfer, debit: Transfer) -> None:
    assert run().state == "CLEAN", found()
    ach_books.sent(credit, debit)
    assert run(now=SOON).state == "CLEAN", found()
    ach_books.settled(credit, debit)
    ach_books.returned(credit)
    assert run(now=WEDNESDAY + timedelta(hours=2)).state == "CLEAN", found()


def test_what_left_is_booked_within_the_hour(credit: Transfer) -> None:
    ach_books.sent(credit, follow=False)
    assert run(now=NOW + timedelta(minutes=60)).state == "CLEAN", "the books follow by events"
    run(now=SOON)
    assert found() == [("ACH_UNBOOKED", entry(credit).public_id, 46_000, 0)]
    assert only("ACH_UNBOOKED").detail == "SENT, not booked: sent"
    ach_books.book(entry(credit), now=SOON)
    assert run(now=SOON).state == "CLEAN"


def test_a_return_that_was_not_booked(credit: Transfer) -> None:
    ach_books.sent(credit)
    ach_books.settled(credit)
    ach.returned(entry(credit), now=TUESDAY)
    run(now=WEDNESDAY)
    assert found() == [("ACH_UNBOOKED", entry(credit).public_id, 46_000, 0)]
    assert only("ACH_UNBOOKED").detail == "RETURNED, not booked: returned"


def test_the_books_say_settled_and_the_rail_does_not(debit: Transfer) -> None:
    ach_books.sent(debit)
    ach_books.settled(debit)
    tamper("UPDATE ach_entry SET state = 'SENT', settled_at = NULL WHERE id = %s", entry(debit).pk)
    run(now=TUESDAY)
    assert found() == [("ACH_UNEARNED", entry(debit).public_id, 0, 75_055)]
    assert only("ACH_UNEARNED").detail == "SENT, yet booked: settled"


def test_what_the_bank_refused_was_sent_all_the_same(credit: Transfer) -> None:
    file = ach_books.sent(credit)
    tamper("UPDATE ach_file SET state = 'REJECTED' WHERE id = %s", file.pk)
    tamper("UPDATE ach_entry SET state = 'FILED', sent_at = NULL WHERE id = %s", entry(credit).pk)
    assert run(now=SOON).state == "CLEAN", found()
    tamper("UPDATE ach_file SET state = 'DELIVERED' WHERE id = %s", file.pk)
    run(now=SOON)
    assert found() == [("ACH_UNEARNED", entry(credit).public_id, 0, 46_000)]


def test_a_booking_of_another_amount_than_its_entry(credit: Transfer) -> None:
    tamper("UPDATE payments_booking SET amount_minor = 46001, hold_id = '' WHERE entry_id = %s", entry(credit).pk)
    run(now=SOON)
    assert ("ACH_UNEARNED", entry(credit).public_id, 46_000, 46_001) in found()


def test_a_step_that_is_not_in_the_ledger(credit: Transfer) -> None:
    ach_books.sent(credit)
    tamper("UPDATE ledger_entry SET idempotency_key = 'elsewhere' WHERE idempotency_key = %s", key(credit, "sent"))
    run(now=SOON)
    assert found() == [("ACH_ENTRY_DIFFERS", f"{entry(credit).public_id} sent", 46_000, 0)]
    assert only("ACH_ENTRY_DIFFERS").detail == "not in the ledger"


def test_a_step_of_another_amount_or_kind(debit: Transfer) -> None:
    ach_books.sent(debit)
    row = LedgerEntry.objects.get(idempotency_key=key(debit, "sent"))
    tamper("UPDATE ledger_posting SET amount_minor = amount_minor * 2 WHERE entry_id = %s", row.pk)
    run(now=SOON)
    assert found() == [("ACH_ENTRY_DIFFERS", f"{entry(debit).public_id} sent", 75_055, 150_110)]
    tamper("UPDATE ledger_posting SET amount_minor = amount_minor / 2 WHERE entry_id = %s", row.pk)
    tamper("UPDATE ledger_entry SET kind = 'payments.ach_settled' WHERE id = %s", row.pk)
    run(now=SOON)
    assert found() == [("ACH_ENTRY_DIFFERS", f"{entry(debit).public_id} sent", 75_055, 75_055)]


def test_postings_that_no_entry_earned(debit: Transfer) -> None:
    posted = journal.post(
        book="test", kind="payments.ach_settled", reference=debit.public_id, idempotency_key=key(debit, "settled"),
        legs=[journal.Leg.debit(chart.ACQUIRER_RECEIVABLE, Money(900)), journal.Leg.credit(chart.SUSPENSE, Money(900))],
        effective_at=NOW, now=NOW,
    )  # fmt: skip
    run(now=SOON)
    assert found() == [("ACH_UNEARNED", posted.entry_id, 0, 900)]


@pytest.mark.parametrize(
    ("account", "other", "actual"),
    [(chart.ACH_CLEARING_OUT, chart.SUSPENSE, 45_000), (chart.ACH_CLEARING_IN, chart.SUSPENSE, 76_055)],
)
def test_clearing_that_is_not_what_is_on_its_way(
    credit: Transfer, debit: Transfer, account: str, other: str, actual: int
) -> None:
    ach_books.sent(credit, debit)
    journal.post(
        book="test", kind="tests.posted", reference="by hand", idempotency_key="by hand", effective_at=NOW, now=NOW,
        legs=[journal.Leg.debit(account, Money(1_000)), journal.Leg.credit(other, Money(1_000))],
    )  # fmt: skip
    run(now=SOON)
    expected = 46_000 if account == chart.ACH_CLEARING_OUT else 75_055
    assert found() == [("ACH_CLEARING_DIFFERS", account, expected, actual)]
    assert moves_account(only("ACH_CLEARING_DIFFERS"))


def test_an_item_in_suspense_is_in_the_ledger_and_not_for_long(credit: Transfer) -> None:
    ach_books.sent(credit)
    ach_books.settled(credit)
    item = ach_books.suspended(credit)
    assert run(now=NOW + timedelta(days=5)).state == "CLEAN", found()
    run(now=NOW + timedelta(days=5, seconds=1))
    assert found() == [("ACH_SUSPENSE_OLD", item.public_id, 0, 46_000)]
    tamper("UPDATE ach_inbounditem SET amount_minor = 45000 WHERE id = %s", item.pk)
    run(now=TUESDAY)
    assert found() == [("ACH_SUSPENSE_DIFFERS", item.public_id, 45_000, 46_000)]


def test_a_file_and_a_batch_whose_totals_are_not_those_of_their_entries(credit: Transfer, debit: Transfer) -> None:
    file = ach_books.sent(credit, debit)
    tamper("UPDATE ach_file SET credit_minor = credit_minor + 100 WHERE id = %s", file.pk)
    run(now=SOON)
    assert found() == [("ACH_FILE_DIFFERS", file.public_id, 121_155, 121_055)]
    tamper("UPDATE ach_file SET credit_minor = credit_minor - 100 WHERE id = %s", file.pk)
    tamper("UPDATE ach_batch SET entry_count = 3 WHERE file_id = %s", file.pk)
    run(now=SOON)
    assert found() == [("ACH_FILE_DIFFERS", f"{file.public_id}/1", 121_055, 121_055)]
    tamper("UPDATE ach_batch SET number = 2, entry_count = 0, addenda_count = 0, debit_minor = 0, credit_minor = 0")
    run(now=SOON)
    assert found() == [("ACH_FILE_DIFFERS", f"{file.public_id}/1", 0, 121_055)]


def test_entries_past_their_cutoff_that_are_on_no_way(credit: Transfer) -> None:
    """Without a place for fifteen minutes, or in a file that stays for twelve hours: as the rail's own alarm counts."""
    due, originator = entry(credit).due_at, entry(credit).originator
    assert run(now=due + timedelta(minutes=15)).state == "CLEAN", found()
    late = due + timedelta(minutes=15, seconds=1)
    run(now=late)
    assert found() == [("ACH_UNMAPPED", originator.public_id, 0, 46_000)]
    assert unmapped.count(now=late) == {originator.pk: 1}
    file = ach.filed(entry(credit), now=due)
    assert run(now=due + timedelta(hours=12)).state == "CLEAN", found()
    late = due + timedelta(hours=14)
    run(now=late)
    assert unmapped.count(now=late) == {originator.pk: 1}
    assert found() == [("ACH_UNMAPPED", file.public_id, 0, 46_000)]
    assert only("ACH_UNMAPPED").detail == "1 entries: FILED in PLANNED"


def test_an_entry_that_was_sent_without_its_line(credit: Transfer) -> None:
    file = ach_books.sent(credit)
    tamper("UPDATE ach_entry SET line = NULL WHERE file_id = %s", file.pk)
    run(now=SOON)
    assert found() == [("ACH_UNMAPPED", f"{file.public_id} sent", 0, 46_000)]
    assert sum(unmapped.count(now=SOON).values()) == 1


def test_a_bank_that_does_not_acknowledge_in_time_where_it_does_so(credit: Transfer) -> None:
    file = ach_books.sent(credit)
    tamper("UPDATE ach_file SET state = 'DELIVERED' WHERE id = %s", file.pk)
    assert run(now=NOW + timedelta(hours=4)).state == "CLEAN", found()
    run(now=NOW + timedelta(hours=4, seconds=1))
    assert found() == [("ACH_UNACKNOWLEDGED", file.public_id, None, None)]
    tamper("UPDATE ach_originator SET settings = '{\"acknowledges\": false}'")
    assert run(now=NOW + timedelta(hours=5)).state == "CLEAN"


def test_a_case_that_nobody_closes() -> None:
    case = cases.open_(
        kind="PARKED_ENTRY",
        subject="ent_1",
        summary="cannot be filed",
        livemode=False,
        amount_minor=0,
        now=NOW,
        facts={},
    )
    assert run(now=NOW + timedelta(days=10)).state == "CLEAN", found()
    run(now=NOW + timedelta(days=10, seconds=1))
    assert found() == [("ACH_CASE_OLD", case.public_id, None, None)]


def test_another_mode_is_another_book(credit: Transfer) -> None:
    ach_books.sent(credit, follow=False)
    assert run(book="live", now=SOON).state == "CLEAN"
    assert (Booking.objects.count(), File.objects.count()) == (1, 1)


def test_only_clearing_is_written_off_by_posting() -> None:
    rail = {kind: TERMS[kind] for kind in BreakKind if kind.startswith("ACH_")}
    assert [kind for kind, terms in rail.items() if terms.posts] == [BreakKind.ACH_CLEARING_DIFFERS]
    assert {kind for kind, terms in rail.items() if not terms.writable} == {
        "ACH_UNBOOKED", "ACH_BEHIND", "ACH_UNMAPPED", "ACH_UNACKNOWLEDGED", "ACH_SUSPENSE_OLD", "ACH_CASE_OLD",
    }  # fmt: skip


def test_a_correction_past_its_clock(credit: Transfer) -> None:
    ach_books.sent(credit)
    item = ach_inbound.item(entry(credit), "C01")
    change = Change.objects.create(
        public_id="chg_1", item=item, account=entry(credit).account, code="C01", due_at=SOON,
        refusable_until=TUESDAY, mark="m", received_at=NOW,
    )  # fmt: skip
    assert run(now=SOON).state == "CLEAN", found()
    run(now=SOON + timedelta(seconds=1))
    assert found() == [("ACH_CHANGE_LATE", change.public_id, None, None)]
