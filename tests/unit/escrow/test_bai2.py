"""BAI2 by hand: a day of the trust account, and everything that is not believed."""

from datetime import date

import pytest

from escrow.statements import bai2, bai2_codes, reading
from escrow.statements.documents import Line, UnreadableStatement

# 12,000.00 in the morning; 460.00 and 1,250.00 came in, 900.00 left; 12,810.00 in the evening.
FILE = """\
01,122099999,123456789,260303,0600,1,80,,2/
02,123456789,122099999,1,260302,2359,USD,2/
03,0004567,USD,010,+1200000,,,015,+1281000,,/
88,100,171000,2,V,260302,,400,90000,1,/
16,165,46000,S,46000,0,0,B0001,pay_1703123456789_k2n8m9p1q,PREAUTHORISED CREDIT, STUDIO/
16,195,125000,D,2,0,100000,1,25000,B0002,ESC_1703123456789_ABCDEF12,WIRE IN
88,SECOND LINE, WITH A COMMA
16,495,90000,Z,B0003,,
49,3003000,7/
98,3003000,1,9/
99,3003000,1,11/
"""


def test_a_day_of_the_trust_account() -> None:
    document = reading.read(FILE.encode())
    assert document.format == "BAI2"
    [statement] = document.statements
    day = date(2026, 3, 2)
    assert (statement.account, statement.currency) == ("0004567", "USD")
    assert (statement.first_day, statement.last_day) == (day, day)
    assert (statement.opening_minor, statement.closing_minor) == (1_200_000, 1_281_000)
    assert statement.lines == (
        Line(5, day, 46_000, "pay_1703123456789_k2n8m9p1q", "PREAUTHORISED CREDIT, STUDIO", "165"),
        Line(6, day, 125_000, "ESC_1703123456789_ABCDEF12", "WIRE IN SECOND LINE, WITH A COMMA", "195"),
        Line(8, day, -90_000, "B0003", "", "495"),
    )


def test_lines_may_end_like_those_of_windows_and_be_filled_with_spaces() -> None:
    padded = "\r\n".join(f"{row:<100}" for row in FILE.splitlines())
    assert reading.read(padded.encode()) == reading.read(FILE.encode())


def test_an_overdrawn_account_has_a_signed_balance_and_a_summary_alone_is_a_statement() -> None:
    text = (
        "01,B,H,260303,0600,1,,,2/\n02,H,B,1,260302,,JPY,/\n03,777,,015,-5000,,/\n"
        "49,-5000,2/\n98,-5000,1,4/\n99,-5000,1,6/\n"
    )
    [statement] = reading.read(text.encode()).statements
    assert (statement.currency, statement.opening_minor, statement.closing_minor) == ("JPY", -5_000, -5_000)


@pytest.mark.parametrize(
    ("there", "instead", "problem"),
    [
        (",80,,2/", ",80,,3/", "line 1: record 01 is not of version 2"),
        ("0600,1,80,,2/", "0600/", "line 1: record 01 has no file number"),
        (",1,260302", ",3,260302", "line 2: record 02 is a correction or a deletion, which needs a person"),
        (",1,260302", ",1,260231", "line 2: names no day"),
        ("03,0004567", "03,", "line 3: record 03 has no account number"),
        ("4567,USD", "4567,XTS", "line 3: names no currency of ours"),
        ("015,+1281000", "010,+1281000", "line 3: record 03 says 010 twice"),
        ("015,+1281000", "045,+1281000", "line 3: the account has no closing ledger balance (015)"),
        ("16,165,46000", "16,165,-46000", "line 5: record 16 amount is no amount without a sign"),
        ("16,165,46000", "16,165,460.00", "line 5: record 16 amount is no amount without a sign"),
        ("16,165,46000", "16,165,٤٦", "line 5: record 16 amount is no amount without a sign"),
        (
            "16,165,46000",
            "16,701,46000",
            "line 5: record 16 has type code 701, which does not say where the money went",
        ),
        ("16,165,46000", "16,16,46000", "line 5: record 16 type code is not three digits"),
        ("46000,S,", "46000,Q,", "line 5: record 16 has an unknown funds type"),
        ("16,165,46000,S", "16,165,0,S", "line 5: record 16 moves nothing"),
        ("16,165,46000", "16,165,46001", "line 9: record 49 has another control total than its amounts"),
        ("49,3003000,7/", "49,3003000,6/", "line 9: record 49 has another number of records"),
        ("49,3003000,7/", "49,3003000,7,1/", "line 9: record 49 has fields too many"),
        ("98,3003000,1", "98,3003000,2", "line 10: record 98 has another number of accounts"),
        ("98,3003000", "98,3003001", "line 10: record 98 has another control total than its amounts"),
        ("99,3003000,1,11", "99,3003000,1,10", "line 11: record 99 has another number of records"),
        ("99,3003000,1,11/\n", "", "the file is not complete"),
        ("99,3003000,1,11/", "99,3003000,1,11", "line 11: record 99 does not end in /"),
        ("02,", "88,", "line 2: continues nothing that goes on"),
        ("02,", "17,", "line 2: is no record of BAI2"),
        ("02,123456789", "03,123456789", "line 2: record 03 stands where it may not"),
        ("16,195", "03,195", "line 6: record 03 does not end in /"),
    ],
)
def test_a_file_that_does_not_add_up_is_not_believed(there: str, instead: str, problem: str) -> None:
    changed = FILE.replace(there, instead, 1)
    with pytest.raises(UnreadableStatement) as refused:
        reading.read(changed.encode())
    assert str(refused.value) == problem


def test_opening_and_details_make_the_closing_balance() -> None:
    wrong = FILE.replace("+1281000", "+1281001").replace("3003000", "3003001")
    with pytest.raises(UnreadableStatement, match=r"^line 3: opening balance and details do not make the closing"):
        reading.read(wrong.encode())


@pytest.mark.parametrize(
    ("code", "way", "name"),
    [("165", 1, "Preauthorised ACH credit"), ("495", -1, "Outgoing money transfer"), ("301", 1, "Commercial deposit"),
     ("111", 1, "Credit"), ("699", -1, "Miscellaneous debit"), ("420", -1, "Debit"), ("890", 0, "No money")],
)  # fmt: skip
def test_the_type_code_says_which_way_the_money_went(code: str, way: int, name: str) -> None:
    assert (bai2_codes.direction(code), bai2_codes.name(code)) == (way, name)


def test_a_note_without_money_is_passed_over() -> None:
    text = FILE.replace("49,3003000,7/", "16,890,,Z,,,RATE CHANGES TOMORROW\n49,3003000,8/")
    text = text.replace("98,3003000,1,9/", "98,3003000,1,10/").replace("99,3003000,1,11/", "99,3003000,1,12/")
    assert bai2.read(text).statements == bai2.read(FILE).statements
