"""A card number in a place made for none is not told back: not as a field's name, not as an address."""

import pytest

from tests.factories import api

pytestmark = pytest.mark.django_db

PAN = "4242424242424242"


def test_a_card_number_as_a_field_name_is_masked_in_the_answer() -> None:
    answer = api.client("payments:write").post("/v1/payments", {PAN: 1})
    assert answer.status_code == 400
    assert PAN not in answer.content.decode()
    assert "424242" in answer.content.decode()


def test_a_card_number_as_an_address_is_masked_in_the_answer() -> None:
    answer = api.client("payments:read").get(f"/v1/payments/{PAN}")
    assert answer.status_code == 404
    assert PAN not in answer.content.decode()
    assert answer.json()["instance"].startswith("/v1/payments/424242")
