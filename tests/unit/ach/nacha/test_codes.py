"""Codes, routing numbers and text, each against a few that one knows."""

import re
from datetime import date, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ach.nacha import changes, reasons, routing, text
from ach.nacha.codes import SEC_CODES, TRANSACTION_CODES, AccountType, Direction, Kind
from ach.nacha.problems import NachaError
from ach.nacha.reasons import RateClass, Stage, Window


@pytest.mark.parametrize(
    ("code", "direction", "kind", "account"),
    [
        ("22", Direction.CREDIT, Kind.LIVE, AccountType.CHECKING),
        ("27", Direction.DEBIT, Kind.LIVE, AccountType.CHECKING),
        ("33", Direction.CREDIT, Kind.PRENOTE, AccountType.SAVINGS),
        ("38", Direction.DEBIT, Kind.PRENOTE, AccountType.SAVINGS),
        ("24", Direction.CREDIT, Kind.ZERO_DOLLAR, AccountType.CHECKING),
        ("39", Direction.DEBIT, Kind.ZERO_DOLLAR, AccountType.SAVINGS),
        ("21", Direction.CREDIT, Kind.RETURN, AccountType.CHECKING),
        ("36", Direction.DEBIT, Kind.RETURN, AccountType.SAVINGS),
        ("47", Direction.DEBIT, Kind.LIVE, AccountType.GENERAL_LEDGER),
        ("52", Direction.CREDIT, Kind.LIVE, AccountType.LOAN),
        ("55", Direction.DEBIT, Kind.LIVE, AccountType.LOAN),
        ("56", Direction.DEBIT, Kind.RETURN, AccountType.LOAN),
        ("82", Direction.DEBIT, Kind.ACCOUNTING, AccountType.OPERATOR),
    ],
)
def test_a_transaction_code_says_direction_kind_and_account(
    code: str, direction: Direction, kind: Kind, account: AccountType
) -> None:
    found = TRANSACTION_CODES[code]
    assert (found.direction, found.kind, found.account) == (direction, kind, account)
    assert found.reversal_only is (code == "55")


def test_codes_that_do_not_exist() -> None:
    assert not {"20", "25", "30", "35", "40", "45", "50", "57", "58", "59", "80", "89"} & set(TRANSACTION_CODES)
    never = [
        "R48",
        "R49",
        "R54",
        "R60",
        "R63",
        "R64",
        "R65",
        "R66",
        "R78",
        "R79",
        "R86",
        "R89",
        "R91",
        "R97",
        "R99",
        "R00",
    ]
    assert not set(never) & set(reasons.REASONS)
    assert not {"C10", "C11", "C12", "C15", "C61"} & set(changes.CHANGE_CODES)
    assert {code for code, each in SEC_CODES.items() if each.in_scope} == {"PPD", "CCD", "WEB", "TEL", "CTX", "COR"}


def test_what_counts_towards_which_return_rate() -> None:
    by_rate = {rate: {code for code, each in reasons.REASONS.items() if each.rate is rate} for rate in RateClass}
    assert by_rate[RateClass.UNAUTHORIZED] == {"R05", "R07", "R10", "R11", "R29", "R51"}
    assert by_rate[RateClass.ADMINISTRATIVE] == {"R02", "R03", "R04"}


def test_until_when_an_entry_may_come_back() -> None:
    sixty = {code for code, each in reasons.REASONS.items() if each.window is Window.SIXTY_CALENDAR_DAYS}
    assert sixty == {"R05", "R07", "R10", "R11", "R33", "R37", "R38", "R51", "R52", "R53"}
    two = [reasons.REASONS[code].window for code in ("R01", "R02", "R16", "R29", "R72")]
    assert set(two) == {Window.TWO_BANKING_DAYS}
    assert reasons.REASONS["R68"].window is Window.FIVE_BANKING_DAYS


def test_the_stages_of_a_dispute_between_banks() -> None:
    stages = {stage: [code for code, each in reasons.REASONS.items() if each.stage is stage] for stage in Stage}
    assert stages[Stage.DISHONORED] == ["R61", "R62", "R67", "R68", "R69", "R70"]
    assert stages[Stage.CONTESTED] == ["R71", "R72", "R73", "R74", "R75", "R76", "R77"]


def test_the_sanctions_code_is_known_and_not_yet_in_force() -> None:
    sanctions = reasons.REASONS["R90"]
    assert [sanctions.is_in_force(day) for day in (date(2028, 3, 16), date(2028, 3, 17), None)] == [False, True, False]
    assert reasons.REASONS["R16"].is_in_force(None)


@given(st.text("0123456789", min_size=8, max_size=8), st.integers(0, 7), st.integers(1, 9))
def test_one_wrong_digit_never_fits(eight: str, place: int, more: int) -> None:
    number = f"{eight}{routing.check_digit(eight)}"
    assert sum(weight * int(digit) for weight, digit in zip((3, 7, 1) * 3, number, strict=True)) % 10 == 0
    other = number[:place] + str((int(number[place]) + more) % 10) + number[place + 1 :]
    assert not routing.is_valid(other)


@pytest.mark.parametrize(
    ("number", "code"),
    [
        ("011000015", None),
        ("011000016", "BAD_CHECK_DIGIT"),
        ("000000000", "FIELD_ALL_ZEROS"),
        ("01100001", "NON_NUMERIC_FIELD"),
        ("\u0661" * 9, "NON_NUMERIC_FIELD"),
        # The digits fit, but no bank's number begins with 13 or 98.
        ("130000006", "UNASSIGNED_PREFIX"),
        ("987654320", "UNASSIGNED_PREFIX"),
    ],
)
def test_the_number_of_an_account_that_we_accept(number: str, code: str | None) -> None:
    if code is None:
        assert routing.require_acceptable(number) == number
        return
    with pytest.raises(NachaError) as refused:
        routing.require_acceptable(number)
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("value", "width", "fitted"),
    [
        ("Ren\u00e9e O\u2019Connor", 22, "Renee O'Connor"),
        ("Gro\u00dfe Stra\u00dfe \u0141\u00f3d\u017a", 22, "Grosse Strasse Lodz"),
        ("  Caf\u00e9\t\u00c5se \n", 22, "Cafe Ase"),
        ("\u6771\u4eac", 22, "??"),
        ("ABCDEF GHI", 7, "ABCDEF"),
        ("", 5, ""),
    ],
)
def test_text_is_made_to_fit(value: str, width: int, fitted: str) -> None:
    assert text.fit(value, width) == fitted


@given(st.text(), st.integers(0, 30), st.booleans())
def test_fitted_text_can_always_be_written(value: str, width: int, upper: bool) -> None:
    fitted = text.fit(value, width, upper=upper)
    assert len(fitted) <= width
    assert fitted.isascii()
    assert fitted.isprintable() or not fitted
    assert not upper or fitted == fitted.upper()
    assert text.fit(fitted, width, upper=upper) == fitted


def test_days_and_hours_as_they_are_written() -> None:
    assert text.yymmdd(date(2026, 6, 1)) == "260601"
    assert text.day_of("260601") == date(2026, 6, 1)
    assert [text.day_of(each) for each in ("260231", "000000", "      ", "2606", "26O601")] == [None] * 5
    assert text.hhmm(datetime(2026, 6, 1, 9, 5)) == "0905"
    assert [text.is_hhmm(each) for each in ("0000", "2359", "2400", "2360", "9:05", "")] == [True, True] + [False] * 4


def test_every_name_of_an_error_is_explained() -> None:
    root = Path(__file__).resolve().parents[4]
    sources = "".join(path.read_text() for path in (root / "ach" / "nacha").glob("*.py"))
    used = set(re.findall(r'"([A-Z]+(?:_[A-Z]+)+|BLOCKING)"', sources))
    page = (root / "docs" / "nacha.md").read_text().partition("## Codes of errors")[2]
    explained = {code for row in re.findall(r"^\| ([A-Z_, ]+) \|", page, re.M) for code in row.split(", ")}
    assert used == explained
    assert len(used) > 50
