"""What is wrong with a card, every field at once, in the names of the API."""

from datetime import UTC, datetime

import pytest

from core.vault import cards

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def pointers(number="4242424242424242", month="12", year="2030", cvc="123", **options) -> list[str]:
    try:
        cards.validate(cards.CardData(number, month, year, cvc), NOW, **options)
    except cards.InvalidCardData as refusal:
        return [error.pointer for error in refusal.errors]
    return []


def test_a_good_card():
    assert pointers() == []
    assert pointers(cvc=None) == []
    assert pointers(number="378282246310005", cvc="1234") == []


@pytest.mark.parametrize(
    "number",
    [
        "", "4242", "4242 4242 4242 4242", "4242-4242-4242-4242", "4242424242424241", "4" * 20, "424242424242424a",
        "٤٢٤٢٤٢٤٢٤٢٤٢٤٢٤٢", "４２４２４２４２４２４２４２４２", "²²²²²²²²²²²²²²²²", "4242424242424242\n", "0" * 16,
        None, 4242424242424242,
    ],
)  # fmt: skip
def test_not_a_card_number(number):
    assert pointers(number=number) == ["/cardNumber"]


@pytest.mark.parametrize(
    ("month", "year", "wrong"),
    [
        ("11", "2026", []),
        ("10", "2026", ["/expiryMonth"]),
        ("12", "2025", ["/expiryYear"]),
        ("01", "2027", []),
        ("00", "2030", ["/expiryMonth"]),
        ("13", "2030", ["/expiryMonth"]),
        ("1", "2030", ["/expiryMonth"]),
        ("12", "30", ["/expiryYear"]),
        ("xx", "yyyy", ["/expiryMonth", "/expiryYear"]),
        ("１２", "2030", ["/expiryMonth"]),
        (12, 2030, ["/expiryMonth", "/expiryYear"]),
    ],
)  # fmt: skip
def test_expiry(month, year, wrong):
    """A card is good to the last moment of its month: 11/2026 on 20 November 2026 is."""
    assert pointers(month=month, year=year) == wrong


@pytest.mark.parametrize(
    ("number", "cvc", "good"),
    [
        ("4242424242424242", "123", True),
        ("4242424242424242", "1234", False),
        ("378282246310005", "123", False),
        ("378282246310005", "1234", True),
        ("4242424242424242", "12", False),
        ("4242424242424242", "", False),
        ("4242424242424242", "12a", False),
        ("4242424242424242", "١٢٣", False),
        ("4242424242424242", 123, False),
    ],
)
def test_verification_code(number, cvc, good):
    assert (pointers(number=number, cvc=cvc) == []) is good


def test_a_code_may_be_demanded():
    assert pointers(cvc=None, cvc_required=True) == ["/cvc"]


def test_it_travels_under_the_documented_code():
    assert (cards.InvalidCardData.code, cards.InvalidCardData.status) == ("INVALID_CARD_DATA", 400)


def test_all_fields_at_once():
    assert pointers("4242424242424241", "13", "26", "1") == ["/cardNumber", "/expiryMonth", "/expiryYear", "/cvc"]


def test_the_refusal_repeats_nothing_of_the_card():
    with pytest.raises(cards.InvalidCardData) as caught:
        cards.validate(cards.CardData("4242424242424241", "12", "2030", "9876"), NOW)
    said = str(caught.value) + repr(caught.value.errors) + repr(caught.value.fields)
    assert "4242" not in said
    assert "9876" not in said
