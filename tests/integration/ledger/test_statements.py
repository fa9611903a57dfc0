"""The statement of any account as of any time."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from core.money import Money
from ledger import chart
from ledger.selectors import balances, statements
from ledger.services import writer
from ledger.services.writer import Posted

pytestmark = pytest.mark.django_db

ALICE = chart.provider_payable("alice")
BOB = chart.provider_payable("bob")
DAY = timedelta(days=1)


@pytest.fixture
def four_days(move: Callable[..., Posted], now: datetime) -> None:
    """Alice: +100.00, +50.00, -30.00, +5.00, a day between each, the first at `now`."""
    moves = [(10000, chart.BANK_TRUST, ALICE), (5000, chart.BANK_TRUST, ALICE), (3000, ALICE, BOB)]
    moves.append((500, chart.BANK_TRUST, ALICE))
    for day, (minor, debit, credit) in enumerate(moves):
        at = now + day * DAY
        move(minor, debit=debit, credit=credit, now=at, effective_at=at, reference=f"pay_{day}")


@pytest.mark.usefixtures("four_days")
def test_opening_lines_and_closing(now: datetime) -> None:
    statement = statements.get(book="test", account=ALICE, since=now + DAY, until=now + 2 * DAY)
    assert statement.opening == Money(10000)
    assert [(line.reference, line.side, line.change.minor, line.balance.minor) for line in statement.lines] == [
        ("pay_1", "CREDIT", 5000, 15000),
        ("pay_2", "DEBIT", -3000, 12000),
    ]
    assert statement.closing == Money(12000)
    assert (statement.debits, statement.credits, statement.line_count) == (Money(3000), Money(5000), 2)


@pytest.mark.usefixtures("four_days")
def test_the_balance_as_of_any_moment(now: datetime) -> None:
    moments = [now - DAY, now, now + DAY, now + 2 * DAY - timedelta(microseconds=1), now + 2 * DAY, now + 9 * DAY]
    assert [balances.as_of("test", ALICE, at).minor for at in moments] == [0, 10000, 15000, 15000, 12000, 12500]


@pytest.mark.usefixtures("four_days")
def test_pages_join_without_a_gap_and_carry_the_balance_on(now: datetime) -> None:
    period = {"book": "test", "account": ALICE, "since": now, "until": now + 9 * DAY}
    whole = statements.list_lines(**period)
    assert [line.balance.minor for line in whole] == [10000, 15000, 12000, 12500]
    pages, after = [], None
    while True:
        page = statements.get(**period, after=after, limit=1)
        assert (page.opening.minor, page.closing.minor) == (0, 12500), "every page tells the same period"
        pages += page.lines
        after = page.next_page
        if after is None:
            break
    assert pages == list(whole)


def test_a_late_entry_changes_the_past_but_not_what_was_known(move: Callable[..., Posted], now: datetime) -> None:
    move(10000, debit=chart.BANK_TRUST, credit=ALICE)
    late = now + 5 * DAY
    move(700, debit=chart.BANK_TRUST, credit=ALICE, now=late, effective_at=now)
    at = now + DAY
    assert balances.as_of("test", ALICE, at).minor == 10700
    assert balances.as_of("test", ALICE, at, known_at=now + 4 * DAY).minor == 10000
    assert balances.as_of("test", ALICE, at, known_at=late).minor == 10700


def test_lines_of_one_moment_keep_the_order_they_were_posted_in(move: Callable[..., Posted], now: datetime) -> None:
    for minor in (300, 200, 100):
        move(minor, debit=chart.BANK_TRUST, credit=ALICE)
    lines = statements.list_lines(book="test", account=ALICE, since=now, until=now)
    assert [line.change.minor for line in lines] == [300, 200, 100]


def test_a_hot_account_has_the_same_statement_before_and_after_the_roll_up(
    move: Callable[..., Posted], now: datetime
) -> None:
    for day in range(3):
        at = now + day * DAY
        move(100, debit=chart.ACQUIRER_RECEIVABLE, credit=chart.FEES_PLATFORM, now=at, effective_at=at)
    period = {"book": "test", "account": chart.FEES_PLATFORM, "since": now + DAY, "until": now + 9 * DAY}
    before = statements.get(**period)
    writer.roll_up(now=now)
    assert statements.get(**period) == before
    assert (before.opening.minor, before.closing.minor) == (100, 300)


def test_a_debit_account_grows_by_debits(move: Callable[..., Posted], now: datetime) -> None:
    move(500, debit=chart.BANK_TRUST, credit=ALICE)
    (line,) = statements.list_lines(book="test", account=chart.BANK_TRUST, since=now, until=now)
    assert (line.side, line.change.minor, line.balance.minor) == ("DEBIT", 500, 500)


def test_an_account_nobody_used_has_an_empty_statement(now: datetime) -> None:
    statement = statements.get(book="test", account=ALICE, since=now, until=now + DAY)
    assert (statement.opening.minor, statement.closing.minor, list(statement.lines)) == (0, 0, [])


@pytest.mark.usefixtures("four_days")
def test_a_page_costs_two_statements(now: datetime, django_assert_num_queries: Callable) -> None:
    with django_assert_num_queries(2):
        statements.get(book="test", account=ALICE, since=now, until=now + 9 * DAY)
