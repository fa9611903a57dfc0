"""Our CSV: read to the cent, refused by line."""

from datetime import date

import pytest

from escrow.statements import reading
from escrow.statements.documents import Line, Statement, UnreadableStatement

FILE = """\
date,amount,currency,reference,description,balance
2026-03-02,460.00,USD,pay_1703123456789_k2n8m9p1q,ACQUIRER SETTLEMENT,12460.00
2026-03-02,-1250.00,USD,,"PAYOUT, STUDIO NORTH",11210.00
2026-03-03,0.01,USD,INTEREST,,11210.01
"""


def test_three_lines_of_two_days() -> None:
    first, second = date(2026, 3, 2), date(2026, 3, 3)
    assert reading.read(FILE.encode()).statements == (
        Statement(
            "", "USD", first, second, 1_200_000, 1_121_001,
            (
                Line(2, first, 46_000, "pay_1703123456789_k2n8m9p1q", "ACQUIRER SETTLEMENT"),
                Line(3, first, -125_000, "", "PAYOUT, STUDIO NORTH"),
                Line(4, second, 1, "INTEREST"),
            ),
        ),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("text", "opening", "closing"),
    [
        ("2026-03-02,500,JPY,A,,1500", 1_000, 1_500),
        ("2026-03-02,-1.250,KWD,A,,0.000", 1_250, 0),
        ("2026-03-02,+2.50,USD,A,,-1.00", -350, -100),
    ],
)
def test_decimals_are_those_of_the_currency(text: str, opening: int, closing: int) -> None:
    [statement] = reading.read(f"date,amount,currency,reference,description,balance\n{text}\n".encode()).statements
    assert (statement.opening_minor, statement.closing_minor) == (opening, closing)


def test_minor_units_have_their_own_header_and_a_byte_order_mark_is_allowed() -> None:
    text = "\ufeffdate,amount_minor,currency,reference,description,balance_minor\r\n2026-03-02,-5,USD,A,,95\r\n"
    [statement] = reading.read(text.encode()).statements
    assert (statement.opening_minor, statement.closing_minor) == (100, 95)


@pytest.mark.parametrize(
    ("there", "instead", "problem"),
    [
        ("date,amount", "day,amount", "line 1: is not the header date,amount,currency,reference,description,balance"),
        ("2026-03-02,460", "2026-02-30,460", "line 2: names no day"),
        ("2026-03-02,460", "02.03.2026,460", "line 2: names no day"),
        ("460.00,", "460.0,", "line 2: the amount is no number with 2 decimals"),
        ("460.00,", "4e2,", "line 2: the amount is no number with 2 decimals"),
        ("460.00,", "\"1,460.00\",", "line 2: the amount is no number with 2 decimals"),
        ("460.00,", "٤٦٠.00,", "line 2: the amount is no number with 2 decimals"),
        ("12460.00", "124.60", "line 3: the balance is not the one before and the amount"),
        ("0.01,USD", "0.00,USD", "line 4: moves nothing"),
        ("0.01,USD", "0.01,EUR", "line 4: is in another currency than the lines before"),
        ("0.01,USD", "0.01,BTC", "line 4: names no currency of ours"),
        ("2026-03-03", "2026-03-01", "line 4: is of an earlier day than the line before"),
        (",INTEREST,", ",INTEREST,,", "line 4: has 7 fields, not 6"),
        (",INTEREST,", f",{'X' * 101},", "line 4: the reference is longer than 100 characters"),
        ("\"PAYOUT, STUDIO NORTH\"", "\"PAYOUT, STUDIO\nNORTH\"", "line 4: a field goes over several lines"),
        ("\"PAYOUT, STUDIO NORTH\"", "PAYOUT\tSTUDIO", "line 3: holds a character that cannot be printed"),
        ("\"PAYOUT, STUDIO NORTH\"", "\"PAYOUT\"X", "line 3: is not CSV"),
    ],
)  # fmt: skip
def test_what_is_not_exactly_so_is_refused_by_line(there: str, instead: str, problem: str) -> None:
    with pytest.raises(UnreadableStatement) as refused:
        reading.read(FILE.replace(there, instead, 1).encode())
    assert str(refused.value) == problem


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "the file is empty"),
        (b"\n \n", "the file is empty"),
        (b"date,amount\xff", "line 1: is not UTF-8"),
        (b"date,amount,currency,reference,description,balance\n", "the file has no line, so no closing balance"),
        (b"x" * (8 * 1024 * 1024 + 1), "the file is longer than 8 MB"),
    ],
)
def test_a_file_that_is_none(content: bytes, problem: str) -> None:
    with pytest.raises(UnreadableStatement, match=f"^{problem}$"):
        reading.read(content)
