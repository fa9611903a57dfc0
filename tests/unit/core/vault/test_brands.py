"""Prefix, length, check digit."""

import pytest

from core.vault import brands


@pytest.mark.parametrize(
    ("number", "brand"),
    [
        ("4111111111111111", "visa"),
        ("4222222222222", "visa"),
        ("4328921840110704349", "visa"),
        ("378282246310005", "amex"),
        ("343036148110042", "amex"),
        ("5105105105105100", "mastercard"),
        ("2221000000000009", "mastercard"),
        ("2720992593319364", "mastercard"),
        ("6011111111111117", "discover"),
        ("6441414129173669", "discover"),
        ("30569309025904", "diners"),
        ("38873806956047", "diners"),
        ("3530111333300000", "jcb"),
        ("62848475135002626", "unionpay"),
        ("6759649826438453", "maestro"),
        ("2200770212727079", "mir"),
    ],
)
def test_brand_by_prefix_and_length(number, brand):
    found = brands.of(number)
    assert found is not None
    assert found.name == brand


@pytest.mark.parametrize(
    "number",
    [
        "490154203237518",
        "9780306406157",
        "091000012930258",
        "31000055053784",
        "27210000000000",
        "410000000000000",
        "",
        "4",
    ],
    ids=["imei", "isbn", "ach trace", "bsa id", "beyond mastercard", "15-digit visa", "empty", "one digit"],
)
def test_no_brand(number):
    assert brands.of(number) is None


def test_the_edges_of_a_range_belong_to_it():
    assert brands.of("3528" + "0" * 12).name == "jcb"
    assert brands.of("3589" + "0" * 12).name == "jcb"
    assert brands.of("3527" + "0" * 12) is None
    assert brands.of("3590" + "0" * 12) is None


def test_only_american_express_has_four_digit_codes():
    assert [brand.name for brand in brands.BRANDS if brand.cvc_digits == 4] == ["amex"]


@pytest.mark.parametrize("number", ["79927398713", "4242424242424242", "0", "18"])
def test_right_check_digit(number):
    assert brands.passes_luhn(number)


def test_every_single_wrong_digit_is_seen():
    number = "4242424242424242"
    for position in range(16):
        for digit in "0123456789":
            changed = number[:position] + digit + number[position + 1 :]
            assert brands.passes_luhn(changed) is (changed == number)
