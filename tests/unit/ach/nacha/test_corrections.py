"""Corrected data of notices as banks write them: blanks first, columns second, and a person where neither is sure."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ach.nacha.changes import CHANGE_CODES
from ach.nacha.corrections import Correction, parse
from ach.nacha.problems import Problem

# 111111118 and 987654320 are routing numbers with their right check digits.
READ = [
    ("C01", "1918171614", Correction("C01", account="1918171614")),
    ("C01", "   S-77-2  ", Correction("C01", account="S-77-2")),
    ("C02", "987654320", Correction("C02", routing="987654320")),
    ("C03", "987654320   0012345", Correction("C03", routing="987654320", account="0012345")),
    ("C03", "987654320 0012345", Correction("C03", routing="987654320", account="0012345")),
    ("C03", "  987654320      0012345", Correction("C03", routing="987654320", account="0012345")),
    ("C04", "ADA KING LOVELACE     IGNORED", Correction("C04", name="ADA KING LOVELACE")),
    ("C05", "32", Correction("C05", transaction_code="32")),
    ("C06", "0012345             37", Correction("C06", account="0012345", transaction_code="37")),
    ("C06", "0012345 37", Correction("C06", account="0012345", transaction_code="37")),
    ("C06", "12345678901234567   22", Correction("C06", account="12345678901234567", transaction_code="22")),
    ("C07", "9876543200012345          27",
     Correction("C07", routing="987654320", account="0012345", transaction_code="27")),
    ("C07", "987654320 0012345 27", Correction("C07", routing="987654320", account="0012345", transaction_code="27")),
    ("C07", "9876543201234567890123456727",
     Correction("C07", routing="987654320", account="12345678901234567", transaction_code="27")),
    ("C09", "CUSTOMER 4711", Correction("C09", identification="CUSTOMER 4711")),
]  # fmt: skip


@pytest.mark.parametrize(("code", "data", "correction"), READ)
def test_what_can_be_read_is_applied(code: str, data: str, correction: Correction) -> None:
    assert parse(code, data.ljust(29)) == correction


LEFT_TO_A_PERSON = [
    # The check digit must be 0.
    ("C02", "987654321", "BAD_CORRECTED_DATA"),
    ("C03", "987654321   0012345", "BAD_CORRECTED_DATA"),
    # An account number with a blank in it: which part is it?
    ("C01", "12 345", "BAD_CORRECTED_DATA"),
    ("C03", "987654320   12 345", "BAD_CORRECTED_DATA"),
    ("C01", "", "BAD_CORRECTED_DATA"),
    ("C01", "00000", "BAD_CORRECTED_DATA"),
    ("C05", "99", "BAD_CORRECTED_DATA"),
    ("C05", "81", "BAD_CORRECTED_DATA"),
    ("C06", "0012345", "BAD_CORRECTED_DATA"),
    ("C07", "9876543200012345", "BAD_CORRECTED_DATA"),
    ("C08", "98765432", "NOT_APPLICABLE"),
    ("C13", "", "NOT_APPLICABLE"),
    ("C10", "X", "BAD_CHANGE_CODE"),
    ("C61", "X", "BAD_CHANGE_CODE"),
]


@pytest.mark.parametrize(("code", "data", "problem"), LEFT_TO_A_PERSON)
def test_what_cannot_is_left_to_a_person_without_an_exception(code: str, data: str, problem: str) -> None:
    found = parse(code, data.ljust(29), line=7)
    assert isinstance(found, Problem)
    assert (found.code, found.line) == (problem, 7)
    assert "345" not in found.message


def test_a_correction_does_not_show_the_account_by_accident() -> None:
    assert "0012345" not in repr(parse("C03", "987654320   0012345".ljust(29)))


@given(code=st.sampled_from(sorted(CHANGE_CODES)), data=st.text(st.characters(max_codepoint=255), max_size=29))
def test_whatever_it_says_the_answer_is_a_correction_or_a_problem(code: str, data: str) -> None:
    found = parse(code, data)
    if isinstance(found, Correction):
        assert {name for name, _, _ in CHANGE_CODES[code].parts} == {
            name for name in Correction.__dataclass_fields__ if name != "code" and getattr(found, name) is not None
        }
