"""A card that a second customer uses: the rule that watches for it, from the request to the score."""

from typing import Any

import pytest

from fraud.models import Observation
from payments.models import Payment
from tests.factories import api
from tests.factories.api import ApiClient

pytestmark = pytest.mark.django_db

SOMEBODYS = "4111111111111111"
DOCUMENTED = "4242424242424242"


@pytest.fixture
def backend() -> ApiClient:
    return api.client("payments:write", "card-tokens:write")


def pay(backend: ApiClient, customer: str, **card: str) -> dict[str, Any]:
    given = {"expiryMonth": "12", "expiryYear": "2031", "cvc": "123", **card} if "cardNumber" in card else card
    answer = backend.post("/v1/payments", {"customerId": customer, "amount": 10_000, **given})
    assert answer.status_code == 201, answer.content
    return answer.json()


def hits(answer: dict[str, Any]) -> list[str]:
    assessment = Payment.objects.get(public_id=answer["paymentId"]).assessment
    assert assessment is not None
    return [hit["code"] for hit in assessment.hits]


def test_a_second_customer_with_the_same_card_is_noticed(backend: ApiClient) -> None:
    first = pay(backend, "cus_owner", cardNumber=SOMEBODYS)
    again = pay(backend, "cus_owner", cardNumber=SOMEBODYS)
    other = pay(backend, "cus_other", cardNumber=SOMEBODYS, expiryYear="2033")

    assert "shared_card_rule" not in hits(first) + hits(again)
    assert "shared_card_rule" in hits(other)
    assert (first["fraudScore"], other["fraudScore"]) == (125, 275)
    assert first["card"]["token"] != other["card"]["token"]


def test_paying_by_token_counts_as_the_card_behind_it(backend: ApiClient) -> None:
    card = {"cardNumber": SOMEBODYS, "expiryMonth": "12", "expiryYear": "2031"}
    token = backend.post("/v1/card-tokens", {**card, "customerId": "cus_other"}).json()["cardToken"]
    pay(backend, "cus_owner", cardNumber=SOMEBODYS)
    assert "shared_card_rule" in hits(pay(backend, "cus_other", cardToken=token))


def test_a_number_printed_in_the_documentation_is_nobodys_card(backend: ApiClient) -> None:
    pay(backend, "cus_owner", cardNumber=DOCUMENTED)
    assert "shared_card_rule" not in hits(pay(backend, "cus_other", cardNumber=DOCUMENTED))


def test_the_history_names_cards_by_chance_and_never_by_number(backend: ApiClient) -> None:
    """PCI FAQ 1308: first six digits stand beside a name that says nothing of the number."""
    pay(backend, "cus_owner", cardNumber=SOMEBODYS)
    kept = Observation.objects.get()
    assert kept.card_bin == "411111"
    assert str(kept.card_fingerprint).startswith("card_")
    assert SOMEBODYS not in str(Observation.objects.values().get())
