"""Whatever is written is read back, and whatever bytes come are a document or a clear refusal."""

import contextlib
from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from core.money import Currency
from escrow.statements import bai2, csv_format, reading
from escrow.statements.documents import Line, Statement, UnreadableStatement
from tests.unit.escrow.test_bai2 import FILE as BAI2
from tests.unit.escrow.test_csv_statements import FILE as CSV

WORDS = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 -.:", max_size=40).map(lambda text: " ".join(text.split()))
REFERENCES = st.text("ABCXYZabc0123456789_-", max_size=40)
AMOUNTS = st.integers(-(10**12), 10**12).filter(bool)
DAYS = st.dates(date(2020, 1, 1), date(2035, 1, 1))


@st.composite
def statements(draw: st.DrawFn, *, days: int = 1, account: str = "", least: int = 0) -> Statement:
    first = draw(DAYS)
    moved = draw(st.lists(st.tuples(st.integers(0, days - 1), AMOUNTS, REFERENCES, WORDS), min_size=least, max_size=12))
    opening = draw(st.integers(-(10**13), 10**13))
    lines = tuple(
        Line(0, first + timedelta(days=day), amount, reference, words)
        for day, amount, reference, words in sorted(moved)
    )
    days_of = [line.day for line in lines] or [first]
    closing = opening + sum(line.amount_minor for line in lines)
    currency = draw(st.sampled_from([each.code for each in Currency]))
    return Statement(account, currency, min(days_of), max(days_of), opening, closing, lines)


def bare(statement: Statement) -> tuple[object, ...]:
    """Without what only the file knows: line numbers and the bank's codes."""
    lines = [(line.day, line.amount_minor, line.reference, line.description) for line in statement.lines]
    return (statement.account, statement.currency, statement.opening_minor, statement.closing_minor, lines)


@given(statement=statements(days=5, least=1), in_minor=st.booleans())
def test_csv_is_read_back(statement: Statement, in_minor: bool) -> None:
    [read] = reading.read(csv_format.write(statement, in_minor=in_minor).encode()).statements
    assert bare(read) == bare(statement)
    assert (read.first_day, read.last_day) == (statement.first_day, statement.last_day)


@given(several=st.lists(statements(account="4567"), min_size=1, max_size=3))
def test_bai2_is_read_back(several: list[Statement]) -> None:
    read = reading.read(bai2.write(tuple(several)).encode()).statements
    assert [bare(each) for each in read] == [bare(each) for each in several]
    assert [each.last_day for each in read] == [each.last_day for each in several]


@given(content=st.binary(max_size=300))
def test_any_bytes_end_in_a_clear_refusal(content: bytes) -> None:
    with contextlib.suppress(UnreadableStatement):
        reading.read(content)


@settings(max_examples=400)
@given(
    text=st.sampled_from([BAI2, CSV]),
    at=st.integers(0, 700),
    length=st.integers(0, 30),
    instead=st.one_of(st.text('0123456789,/+-SVDZ\n"', max_size=8), st.text(max_size=4)),
)
def test_a_damaged_file_is_read_or_refused_and_always_adds_up(text: str, at: int, length: int, instead: str) -> None:
    damaged = text[:at] + instead + text[at + length :]
    try:
        document = reading.read(damaged.encode("utf-8", "surrogatepass"))
    except UnreadableStatement:
        return
    for statement in document.statements:
        moved = sum(line.amount_minor for line in statement.lines)
        assert statement.opening_minor + moved == statement.closing_minor
