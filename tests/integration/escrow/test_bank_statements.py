"""Files of the bank: kept once as they came, read whole or not at all, matched with what the ledger moved."""

import hashlib
from datetime import date, datetime, timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.actors import SYSTEM
from core.audit.models import AuditEntry
from core.money import Money
from core.parameters import services as parameters
from escrow.models import BankStatement, LineMatch, StatementFile, StatementLine
from escrow.services import bank_statements, matching
from escrow.services.bank_statements import StatementRefused
from escrow.statements import bai2
from ledger import chart
from ledger.services import journal
from tests.factories.payments import NOW
from tests.factories.reconciliation import DAY, TREASURY, imported, later, statement
from tests.unit.escrow.test_bai2 import FILE as BAI2
from tests.unit.escrow.test_csv_statements import FILE as CSV

pytestmark = pytest.mark.django_db


def take(content: bytes, *, book: str = "test", name: str = "march.csv", now: datetime = NOW) -> StatementFile:
    return bank_statements.import_file(name=name, content=content, book=book, actor=TREASURY, now=now)


def move(amount: int, reference: str, *, kind: str = "tests.posted", now: datetime = NOW, description: str = "") -> str:
    legs = [(chart.BANK_TRUST, chart.SUSPENSE), (chart.SUSPENSE, chart.BANK_TRUST)][amount < 0]
    return journal.post(
        book="test",
        kind=kind,
        legs=[journal.Leg.debit(legs[0], Money(abs(amount))), journal.Leg.credit(legs[1], Money(abs(amount)))],
        reference=reference,
        idempotency_key=f"{kind}:{reference}:{amount}:{now}",
        effective_at=now,
        now=now,
        description=description,
    ).entry_id


def matches() -> set[tuple[str, str, str]]:
    """The line's reference, the entry's, and the rule."""
    rows = LineMatch.objects.values_list("line__reference", "entry__reference", "rule")
    return set(rows)


def match(now: datetime = NOW) -> dict[str, int]:
    return matching.match(book="test", now=now)


def test_a_file_is_kept_as_it_came_encrypted_and_once() -> None:
    file = take(CSV.encode(), name="C:\\bank\\march.csv")
    assert (file.state, file.format, file.name, file.sha256) == (
        "READ", "CSV", "march.csv", hashlib.sha256(CSV.encode()).hexdigest(),
    )  # fmt: skip
    assert b"SETTLEMENT" not in bytes(file.content)
    assert bank_statements.content_of(file) == CSV.encode()
    assert take(CSV.encode(), name="again.csv").pk == file.pk
    assert StatementLine.objects.count() == 3
    with pytest.raises(StatementRefused, match="taken for the test book"):
        take(CSV.encode(), book="live")


def test_of_the_account_only_its_end_is_kept_in_clear() -> None:
    take(BAI2.encode(), name="day.bai")
    kept = BankStatement.objects.get()
    assert (kept.account_tail, kept.opening_minor, kept.closing_minor) == ("4567", 1_200_000, 1_281_000)
    said = str(list(AuditEntry.objects.filter(action__startswith="escrow.statement").values_list("details", flat=True)))
    assert "0004567" not in said
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM escrow_statementfile WHERE content::text LIKE %s", ["%30303034353637%"])
        assert cursor.fetchone() == (0,)


def test_a_file_that_cannot_be_read_is_kept_and_says_why() -> None:
    file = take(CSV.replace("12460.00", "1.00").encode())
    assert (file.state, file.problem) == ("UNREADABLE", "line 3: the balance is not the one before and the amount")
    assert not BankStatement.objects.exists()
    entry = AuditEntry.objects.get(action="escrow.statement.refused")
    assert (entry.result, entry.subject) == ("FAILURE", file.public_id)


@pytest.mark.parametrize(
    ("first", "last", "problem"),
    [
        (DAY, DAY, f"there is a statement of {DAY} to {DAY} already"),
        (DAY - timedelta(days=1), DAY, f"there is a statement of {DAY} to {DAY} already"),
    ],
)
def test_days_are_told_once(first: date, last: date, problem: str) -> None:
    imported((300, "WIRE 1"))
    again = statement((300, "WIRE 9"), day=last, account="4567")
    file = take(bai2.write((again,)).encode())
    assert (file.state, file.problem) == ("UNREADABLE", problem)


def test_all_statements_are_of_the_trust_account() -> None:
    imported(opening=300)
    other = statement(opening=300, day=later(1).date(), account="999911")
    assert take(bai2.write((other,)).encode()).problem == "a statement is of another account than those before"
    parameters.change(
        name="escrow.trust_account_end.test", value="9911", effective_from=NOW, reason="moved", actor=SYSTEM, now=NOW
    )
    another = statement(opening=300, day=later(2).date(), account="4567")
    assert take(bai2.write((another,)).encode()).problem == "a statement is of another account than the trust account"


def test_a_file_that_is_too_long_is_not_kept() -> None:
    with pytest.raises(StatementRefused, match="at most 8 MB"):
        take(b"x" * (8 * 1024 * 1024 + 1))
    assert not StatementFile.objects.exists()


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary(max_size=200))
def test_whatever_is_uploaded_ends_in_a_row_that_says_what_it_is(content: bytes) -> None:
    file = take(content)
    assert (file.state == "UNREADABLE") == bool(file.problem)


def test_statements_do_not_change() -> None:
    imported((300, "WIRE 1"))
    for change in (
        lambda: BankStatement.objects.update(closing_minor=1),
        lambda: StatementLine.objects.update(amount_minor=1),
        lambda: StatementFile.objects.update(state="STORED", read_at=None),
    ):
        with pytest.raises(DatabaseError, match=r"append-only|final"), transaction.atomic():
            change()


def test_a_line_and_an_entry_of_one_reference_and_amount_are_the_same_money() -> None:
    move(46_000, "pay_1703123456789_k2n8m9p1q")
    move(5_000, "ESC_1703123456789_ABCDEF12", description="WIRE/77")
    move(700, "pay_other")
    imported((46_000, "PAY1703123456789K2N8M9P1Q"), (5_000, "wire 77"), (701, "pay_other"))
    assert match() == {"REFERENCE": 2, "RAIL": 0, "DAY": 0, "AMOUNT": 0}
    assert matches() == {
        ("PAY1703123456789K2N8M9P1Q", "pay_1703123456789_k2n8m9p1q", "REFERENCE"),
        ("wire 77", "ESC_1703123456789_ABCDEF12", "REFERENCE"),
    }
    assert match() == {"REFERENCE": 0, "RAIL": 0, "DAY": 0, "AMOUNT": 0}, "what was matched stays so"


@pytest.mark.parametrize(("days", "found"), [(-4, 0), (-3, 1), (0, 1), (3, 1), (4, 0)])
def test_they_are_at_most_so_many_days_apart(days: int, found: int) -> None:
    move(46_000, "pay_1", now=later(days))
    imported((46_000, "pay_1"))
    assert match()["REFERENCE"] == found


def test_two_of_one_reference_are_taken_in_order_and_each_once() -> None:
    first, second = move(100, "fee", now=NOW), move(100, "fee", now=later(1))
    imported((100, "fee"))
    imported((100, "fee"), (100, "fee"), opening=100, day=later(1).date())
    assert match()["REFERENCE"] == 2
    pairs = dict(LineMatch.objects.values_list("entry__public_id", "line__day"))
    assert pairs == {first: DAY, second: later(1).date()}


def test_a_day_of_settlements_is_one_line_of_the_bank() -> None:
    for number, amount in enumerate((50_000, 30_000), start=1):
        move(amount, f"pay_{number}", kind="payments.settled")
    move(-20_000, "pay_1", kind="payments.refund_settled")
    imported((60_000, "ACQ 20260302"))
    assert match() == {"REFERENCE": 0, "RAIL": 0, "DAY": 3, "AMOUNT": 0}
    assert sum(LineMatch.objects.values_list("amount_minor", flat=True)) == 60_000


def test_without_a_reference_only_what_can_be_nothing_else_is_matched() -> None:
    move(100, "a")
    move(200, "b")
    move(200, "c")
    imported((100, ""), (200, ""))
    assert match()["AMOUNT"] == 1
    assert matches() == {("", "a", "AMOUNT")}


def test_matching_is_a_statement_a_rule_however_many_lines_and_none_where_nothing_is_loose() -> None:
    for number in range(30):
        move(100 + number, f"ref{number}")
    imported(*((100 + number, f"ref{number}") for number in range(30)))
    for statements in (1, 0):
        with CaptureQueriesContext(connection) as captured:
            match()
        assert len([query for query in captured if "INSERT" in query["sql"]]) == statements
    assert LineMatch.objects.count() == 30
