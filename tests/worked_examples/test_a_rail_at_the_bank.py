"""What the bank writes of files: one line for a file, a batch, a day, a file of returns or one return.

A credit of 460.00 and a debit of 750.55 leave in one file and settle on Tuesday 3 March 2026.
"""

from datetime import timedelta

import pytest

from ach.services import suspense
from core.actors import SYSTEM
from core.outbox import services as outbox
from escrow.models import LineMatch
from ledger import chart
from ledger.models import Entry as LedgerEntry
from payments.models import Transfer
from tests.factories import ach_books
from tests.factories import ach_transfers as ach
from tests.factories.ach_books import TUESDAY, WEDNESDAY
from tests.factories.reconciliation import found, imported, later, run

pytestmark = pytest.mark.django_db
DAY = TUESDAY.date()


@pytest.fixture
def pair() -> tuple[Transfer, Transfer]:
    """There were 1,000.00 on the account before the first statement."""
    ach.balance()
    return ach_books.made(), ach_books.made(ach.debit())


def matched() -> dict[int, list[tuple[str, int]]]:
    """By line's amount: rule and amount of each entry."""
    rows: dict[int, list[tuple[str, int]]] = {}
    for match in LineMatch.objects.select_related("line").order_by("amount_minor"):
        rows.setdefault(match.line.amount_minor, []).append((match.rule, match.amount_minor))
    return rows


@pytest.mark.parametrize("reference", ["", "ACH SETTLEMENT", "holdfast-{name}"])
def test_one_line_for_a_file_or_for_a_day(pair: tuple[Transfer, Transfer], reference: str) -> None:
    file = ach_books.sent(*pair)
    ach_books.settled(*pair)
    imported((29_055, reference.format(name=file.name)), opening=100_000, day=DAY, now=TUESDAY)
    assert run(now=WEDNESDAY).state == "CLEAN", found()
    assert matched() == {29_055: [("RAIL", -46_000), ("RAIL", 75_055)]}


def test_a_line_for_each_direction_and_one_for_what_came_back(pair: tuple[Transfer, Transfer]) -> None:
    ach_books.sent(*pair)
    ach_books.settled(*pair)
    item = ach_books.returned(pair[0])
    imported((-46_000, "CREDITS"), (75_055, "DEBITS"), opening=100_000, day=DAY, now=TUESDAY)
    imported((46_000, f"RETURN {item.original_trace}"), opening=129_055, day=WEDNESDAY.date(), now=WEDNESDAY)
    assert run(now=WEDNESDAY + timedelta(hours=2)).state == "CLEAN", found()
    assert matched() == {
        -46_000: [("RAIL", -46_000)],
        75_055: [("RAIL", 75_055)],
        46_000: [("RAIL", 46_000)],
    }


def test_two_files_of_one_amount_are_two_lines_of_one_amount() -> None:
    ach.balance()
    first, second = ach_books.made(), ach_books.made()
    names = [ach_books.sent(each).name for each in (first, second)]
    ach_books.settled(first, second)
    imported((-46_000, names[1]), (-46_000, names[0]), opening=100_000, day=DAY, now=TUESDAY)
    assert run(now=WEDNESDAY).state == "CLEAN", found()
    lines = {match.line.reference: match.entry.reference for match in LineMatch.objects.select_related("line", "entry")}
    assert lines == {names[0]: first.public_id, names[1]: second.public_id}


def test_a_file_of_which_the_bank_paid_less_is_a_break_after_three_days(pair: tuple[Transfer, Transfer]) -> None:
    file = ach_books.sent(*pair)
    ach_books.settled(*pair)
    line = imported((29_054, file.name), opening=100_000, day=DAY, now=TUESDAY)
    assert run(now=later(3)).state == "CLEAN", found()
    imported(opening=129_054, day=later(6).date(), now=later(6))
    run(now=later(6))
    assert [row for row in found() if row[0] == "BANK_LINE_UNMATCHED"] == [
        ("BANK_LINE_UNMATCHED", f"{line.public_id}/2", 29_054, 0)
    ]
    assert sorted(row[3] for row in found() if row[0] == "BANK_POSTING_UNMATCHED") == [-46_000, 75_055]


def test_what_was_in_suspense_stays_with_its_line_once_its_entry_is_known(pair: tuple[Transfer, Transfer]) -> None:
    credit, _ = pair
    ach_books.sent(*pair)
    ach_books.settled(*pair)
    item = ach_books.suspended(credit, now=WEDNESDAY)
    imported((29_055, "NET"), opening=100_000, day=DAY, now=TUESDAY)
    imported((46_000, item.file.name), opening=129_055, day=WEDNESDAY.date(), now=WEDNESDAY)
    assert run(now=WEDNESDAY).state == "CLEAN", found()
    assert ach.held_by(chart.SUSPENSE) == 46_000

    later_on = WEDNESDAY + timedelta(days=2)
    suspense.leave(item, ach.entry_of(credit), actor=SYSTEM, reason="the receiver's bank named it", now=later_on)
    outbox.drain(now=later_on)
    ach.returned(ach.entry_of(credit), "R03", now=later_on)
    ach_books.book(ach.entry_of(credit), now=later_on)
    assert run(now=later_on + timedelta(hours=2)).state == "CLEAN", found()
    assert ach.held_by(chart.SUSPENSE) == 0
    assert matched()[46_000] == [("RAIL", -46_000), ("RAIL", 46_000), ("RAIL", 46_000)]
    assert LedgerEntry.objects.filter(kind__startswith="payments.ach_", reference=item.public_id).count() == 2
