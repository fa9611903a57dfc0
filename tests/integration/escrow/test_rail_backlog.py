"""Books that are behind the rail, and books that will never hear of it: the first is a stalled worker, the second money
that left and is nowhere. A credit of 460.00 has been sent an hour and a minute ago.
"""

from datetime import date, timedelta

import pytest
from django.db import transaction

from ach.events import EntriesSettled, FileDelivered, ReturnUndone
from ach.models import Dishonor, Entry, File
from core.outbox import services as outbox
from core.outbox.models import Delivery, Event
from core.work import services as work
from core.work.models import WorkItem
from escrow.services import halts
from payments.models import Transfer
from payments.services import transfer_files
from tests.factories import ach_books
from tests.factories import ach_transfers as ach
from tests.factories.payments import NOW
from tests.factories.reconciliation import behind_the_rules, found, only, run

pytestmark = pytest.mark.django_db
SOON = NOW + timedelta(minutes=61)
BOOK = "book:test"


@pytest.fixture
def credit() -> Transfer:
    ach.balance()
    return ach_books.made()


@pytest.fixture
def file(credit: Transfer) -> File:
    """Nobody has followed it."""
    outbox.drain(now=NOW)
    return ach_books.sent(credit, follow=False)


def entry(transfer: Transfer) -> Entry:
    return ach.entry_of(transfer)


def told(event: object) -> None:
    with transaction.atomic():
        outbox.publish(event, now=NOW)  # type: ignore[arg-type]


def delivered(file: File) -> FileDelivered:
    return FileDelivered(
        file_id=file.public_id, cutoff_id=file.cutoff.public_id, file_name=file.name, sha256=file.sha256, batches=1,
        entries=1, debit_minor=0, credit_minor=46_000, entry_hash="0000000001", livemode=False, delivered_at=NOW,
    )  # fmt: skip


def ordered(file: File, *, after: int) -> None:
    key = f"{file.public_id}#{after}" if after else file.public_id
    with transaction.atomic():
        work.enqueue(kind=transfer_files.FOLLOW, key=key, payload={"after": after}, due_at=NOW, now=NOW)


def kinds() -> list[str]:
    run(now=SOON)
    return [kind for kind, *_ in found()]


def test_news_that_nobody_has_taken_up_is_a_backlog_and_halts_nothing(credit: Transfer, file: File) -> None:
    told(delivered(file))
    assert run(now=SOON).state != "CLEAN"
    assert found() == [("ACH_BEHIND", entry(credit).public_id, 46_000, 0)]
    assert only("ACH_BEHIND").detail == "SENT, not booked: sent"
    assert not halts.is_halted(BOOK, now=SOON)
    heard = Event.objects.filter(name="escrow.discrepancy_found").order_by("-published_at")
    assert [(each.payload["severity"], each.payload["halted"]) for each in heard] == [("P2", False)]


def test_nothing_that_waits_is_money_nobody_books_and_halts_the_book(credit: Transfer, file: File) -> None:
    assert kinds() == ["ACH_UNBOOKED"]
    assert halts.is_halted(BOOK, now=SOON)


def test_news_that_a_worker_holds_and_news_that_is_parked(file: File) -> None:
    told(delivered(file))
    outbox.fan_out(now=NOW)
    waiting = Delivery.objects.filter(state="DUE", handler__startswith="payments.")
    keys = list(waiting.values_list("pk", flat=True))
    assert kinds() == ["ACH_BEHIND"]
    rows = Delivery.objects.filter(pk__in=keys)
    rows.update(state="RUNNING", attempts=1, lease_until=NOW)
    assert kinds() == ["ACH_BEHIND"], "whoever held it may be dead: then another takes it"
    rows.update(state="PARKED", lease_until=None)
    assert kinds() == ["ACH_UNBOOKED"], "no worker takes it up by itself"


def test_a_page_of_the_file_waits_for_the_entries_that_are_behind_it(credit: Transfer, file: File) -> None:
    ordered(file, after=entry(credit).pk)
    assert kinds() == ["ACH_UNBOOKED"], "that page begins after it"
    ordered(file, after=entry(credit).pk - 1)
    assert kinds() == ["ACH_BEHIND"]
    WorkItem.objects.filter(kind=transfer_files.FOLLOW).update(state="DONE", finished_at=NOW)
    assert kinds() == ["ACH_UNBOOKED"]


def test_a_backlog_that_is_lost_halts_then_and_not_before(file: File) -> None:
    ordered(file, after=0)
    assert kinds() == ["ACH_BEHIND"]
    assert not halts.is_halted(BOOK, now=SOON)
    WorkItem.objects.filter(kind=transfer_files.FOLLOW).update(state="PARKED")
    assert kinds() == ["ACH_UNBOOKED"], "the one has cleared, the other is new"
    assert halts.is_halted(BOOK, now=SOON)


def test_a_backlog_ends_by_being_worked_off(file: File) -> None:
    ordered(file, after=0)
    assert kinds() == ["ACH_BEHIND"]
    work.drain(now=SOON)
    assert kinds() == []


def test_news_of_the_settling_of_another_entry_says_nothing_of_this_one(credit: Transfer, file: File) -> None:
    told(EntriesSettled(file.public_id, date(2026, 3, 3), ("ent_other",), False, NOW))
    assert kinds() == ["ACH_UNBOOKED"]
    told(EntriesSettled(file.public_id, date(2026, 3, 3), ("ent_other", entry(credit).public_id), False, NOW))
    assert kinds() == ["ACH_BEHIND"]


def test_an_undone_return_has_to_be_told_as_such(credit: Transfer) -> None:
    """Other news of the entry would be followed without the books learning that the return is undone."""
    file = ach_books.sent(credit)
    ach_books.settled(credit)
    item = ach_books.returned(credit)
    outbox.drain(now=ach_books.WEDNESDAY)
    undone_at, later = ach_books.WEDNESDAY, ach_books.WEDNESDAY + timedelta(hours=2)
    with behind_the_rules():
        Dishonor.objects.create(
            public_id="dis_1", livemode=False, item=item, code="R61", state="UNDONE", requested_at=undone_at,
            requested_by="ops@holdfast.example", settles_on=undone_at.date(), contestable_until=undone_at,
            sent_at=undone_at, ended_at=undone_at,
        )  # fmt: skip
    ordered(file, after=0)
    run(now=later)
    assert found() == [("ACH_UNBOOKED", entry(credit).public_id, 46_000, 0)]
    assert only("ACH_UNBOOKED").detail == "RETURNED, not booked: undone"
    told(
        ReturnUndone(
            entry(credit).public_id, "", "CREDIT", 46_000, "USD", item.public_id, livemode=False, undone_at=undone_at
        )
    )
    run(now=later)
    assert found() == [("ACH_BEHIND", entry(credit).public_id, 46_000, 0)]


def test_an_item_in_suspense_waits_for_a_worker_or_is_lost(credit: Transfer) -> None:
    ach_books.sent(credit)
    ach_books.settled(credit)
    outbox.drain(now=NOW)
    item = ach_books.suspended(credit, follow=False)
    run(now=SOON)
    assert found() == [("ACH_BEHIND", item.public_id, 46_000, 0)]
    assert not halts.is_halted(BOOK, now=SOON)
    outbox.fan_out(now=NOW)
    assert kinds() == ["ACH_BEHIND"]
    Delivery.objects.filter(state="DUE", handler__startswith="payments.").update(state="PARKED", attempts=1)
    run(now=SOON)
    assert found() == [("ACH_SUSPENSE_DIFFERS", item.public_id, 46_000, 0)]
    assert halts.is_halted(BOOK, now=SOON)
