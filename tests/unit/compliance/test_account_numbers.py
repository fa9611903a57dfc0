"""Routing numbers have a check digit; account numbers have no way out of memory but one."""

import copy
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compliance.account_numbers import (
    AccountNumber,
    difference,
    holder_errors,
    number_errors,
    passes_checksum,
    routing_errors,
)
from core.telemetry import redaction

# JPMorgan Chase New York, Bank of America, Wells Fargo, the Federal Reserve Bank of New York.
REAL = ["021000021", "026009593", "121000248", "021001208"]
digits = st.text("0123456789", min_size=9, max_size=9)


@pytest.mark.parametrize("routing", REAL)
def test_numbers_of_real_banks_pass(routing: str) -> None:
    assert routing_errors(routing) == []


def test_the_sum_by_hand() -> None:
    """021000021: 3x0 + 7x2 + 1x1 + 3x0 + 7x0 + 1x0 + 3x0 + 7x2 + 1x1 = 30."""
    assert passes_checksum("021000021")
    assert not passes_checksum("021000022")


@given(digits, st.integers(0, 8), st.integers(1, 9))
def test_one_wrong_digit_is_always_noticed(routing: str, place: int, more: int) -> None:
    """Weights 3, 7 and 1 share no divisor with ten."""
    wrong = routing[:place] + str((int(routing[place]) + more) % 10) + routing[place + 1 :]
    assert not (passes_checksum(routing) and passes_checksum(wrong))


@given(digits)
def test_exactly_one_last_digit_fits(routing: str) -> None:
    assert sum(passes_checksum(routing[:8] + str(last)) for last in range(10)) == 1


@given(digits, st.integers(0, 7))
def test_two_digits_that_changed_places_are_noticed_unless_they_differ_by_five(routing: str, place: int) -> None:
    first, second = routing[place], routing[place + 1]
    swapped = routing[:place] + second + first + routing[place + 2 :]
    unnoticed = passes_checksum(routing) and passes_checksum(swapped)
    assert not unnoticed or abs(int(first) - int(second)) in (0, 5)


@pytest.mark.parametrize(
    "routing",
    ["", "02100002", "0210000211", "02100002I", " 021000021", "021000021\n", "٠٢١٠٠٠٠٢١", "000000000", "990000000"],
)
def test_what_is_no_routing_number_is_refused(routing: str) -> None:
    [error] = routing_errors(routing)
    assert error.pointer == "/routingNumber"
    assert routing.strip() not in error.reason or not routing.strip()


def test_a_prefix_of_no_bank_is_refused_though_its_check_digit_is_right() -> None:
    assert passes_checksum("990000000")
    assert routing_errors("990000000")[0].reason == "is of no bank"


@pytest.mark.parametrize("number", ["1234", "0001", "12345678901234567", "GB12ABC345", "abc4"])
def test_what_nacha_carries_is_taken(number: str) -> None:
    assert number_errors(AccountNumber(number)) == []


@pytest.mark.parametrize("number", ["", "123", "123456789012345678", "12 34 56", "12-3456", "12345\n", "１２３４５"])
def test_what_nacha_does_not_carry_is_refused_and_not_repeated(number: str) -> None:
    [error] = number_errors(AccountNumber(number))
    assert error.pointer == "/accountNumber"
    assert not number or number not in error.reason


@given(st.text("0123456789ABCXYZ", min_size=4, max_size=17))
def test_at_most_four_and_at_most_half_of_a_number_are_shown(number: str) -> None:
    shown = AccountNumber(number).shown
    assert number.endswith(shown)
    assert 2 <= len(shown) <= min(4, len(number) // 2)


@pytest.mark.parametrize(
    ("after", "said"),
    [
        ("739184650273", "the same number"),
        ("739174650273", "differs at place 5 of 12"),
        ("739147650273", "differs at places 5 and 6 of 12"),
        ("109184650274", "3 of 12 characters differ"),
        ("73918465027", "11 characters instead of 12"),
    ],
)
def test_two_numbers_with_one_ending_are_told_apart_and_not_told(after: str, said: str) -> None:
    assert difference(AccountNumber("739184650273"), AccountNumber(after)) == said


def test_a_number_is_the_same_however_its_letters_were_typed() -> None:
    assert AccountNumber("ab12cd").canonical == AccountNumber("AB12CD").canonical
    assert AccountNumber("0123").canonical != AccountNumber("123").canonical


@pytest.mark.parametrize("name", ["Jane 123456789", "acct 123-456-789", "J 1 2 3 4 5 6 7 8 9 S", "x123456789x"])
def test_a_name_does_not_hold_the_number(name: str) -> None:
    [error] = holder_errors(name, AccountNumber("123456789"))
    assert error.reason == "must not hold the account number"


def test_a_number_does_not_print_pickle_or_copy() -> None:
    number = AccountNumber("123456789")
    assert "123456789" not in f"{number!r} {number} {[number]}"
    for attempt in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError):
            attempt(number)


@pytest.mark.parametrize("number", ["123456", "000123456789", "12345678901234567"])
def test_a_body_that_strays_into_a_log_keeps_the_end_of_its_number_only(number: str) -> None:
    scrubbed = redaction.scrub(f'{{"accountNumber": "{number}", "routingNumber": "021000021"}}')
    assert number not in scrubbed
    assert number[-4:] in scrubbed
