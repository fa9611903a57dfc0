"""The payment operations over HTTP, in the documented words."""

import re
from typing import Any

import pytest

from core import clock, ids
from core.audit import selectors as audit
from core.clock import FixedClock
from core.outbox.models import Event
from payments.models import Payment
from tests.factories import api
from tests.factories.api import ApiClient
from tests.factories.payments import NOW

pytestmark = pytest.mark.django_db

DOCUMENTED = {
    "cardNumber": "4242424242424242",
    "expiryMonth": "12",
    "expiryYear": "2031",
    "cvc": "123",
    "amount": 50000,
    "currency": "USD",
    "customerId": "cus_abc123def456",
    "providerId": "prov_xyz789ghi012",
    "bookingId": "book_service_001",
    "paymentMethod": "card",
    "metadata": '{"order_id": "12345", "description": "Photography Service"}',
}


@pytest.fixture
def backend() -> ApiClient:
    return api.client("payments:read", "payments:write", "refunds:write", "card-tokens:write")


def pay(backend: ApiClient, key: str | None = None, **different: Any) -> Any:
    headers = {"Idempotency-Key": key} if key else {}
    body = {name: value for name, value in (DOCUMENTED | different).items() if value is not None}
    return backend.post("/v1/payments", body, headers=headers)


def test_the_documented_example_runs_as_printed(backend: ApiClient) -> None:
    response = pay(backend)

    assert response.status_code == 201
    body = response.json()
    assert ids.PAYMENT_ID.match(body["paymentId"])
    assert ids.TRANSACTION_ID.match(body["transactionId"])
    assert ids.ESCROW_ID.match(body["escrowId"])
    expected = {
        "success": True,
        "status": "COMPLETED",
        "amount": 50000,
        "currency": "USD",
        "fees": 4000,
        "netAmount": 46000,
        "fraudScore": 125,
        "fraudRecommendation": "APPROVE",
        "amountRefunded": 0,
        "disputeId": None,
        "livemode": False,
        "metadata": {"order_id": "12345", "description": "Photography Service"},
        "complianceFlags": [
            "PARTY_CREATED_UNVERIFIED:cus_abc123def456",
            "PARTY_CREATED_UNVERIFIED:prov_xyz789ghi012",
        ],
    }
    assert {name: body[name] for name in expected} == expected
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", body["timestamp"])
    assert [entry["action"] for entry in body["auditTrail"]] == ["payments.payment.captured"]


def test_metadata_may_also_be_an_object_and_the_provider_may_be_missing(backend: ApiClient) -> None:
    """The documented unit test pays 100.00 with a customer and nothing else."""
    body = {
        "action": "process_payment",
        "cardNumber": "4242424242424242",
        "expiryMonth": "12",
        "expiryYear": "2031",
        "cvc": "123",
        "amount": 10000,
        "currency": "USD",
        "customerId": "test_customer_123",
        "metadata": {"nested": {"a": [1]}},
    }
    answer = backend.post("/v1/payments", body).json()
    assert answer["success"] is True
    assert re.fullmatch(r"pay_\d+_[a-z0-9]+", answer["paymentId"])
    assert answer["amount"] == 10000
    assert answer["fraudScore"] < 500
    assert answer["metadata"] == {"nested": {"a": [1]}}
    assert answer["escrowId"] is None


@pytest.mark.parametrize(
    ("number", "status", "code"),
    [
        ("4000000000000002", 402, "CARD_DECLINED"),
        ("4000000000009995", 402, "INSUFFICIENT_FUNDS"),
        ("4000000000000069", 402, "CARD_DECLINED"),
        ("4000000000000127", 402, "CARD_DECLINED"),
        ("4000000000003220", 402, "CARD_AUTHENTICATION_REQUIRED"),
        ("4000000000006017", 504, "GATEWAY_TIMEOUT"),
    ],
)
def test_a_card_that_is_not_charged_says_so_in_the_documented_words(
    backend: ApiClient, number: str, status: int, code: str
) -> None:
    response = pay(backend, cardNumber=number)
    assert (response.status_code, response.json()["code"]) == (status, code)
    assert response.headers["Content-Type"] == "application/problem+json"
    body = response.json()
    assert body["success"] is False
    assert body["status"] == status
    assert body["paymentStatus"] == "FAILED"
    assert body["fraudScore"] == 125
    payment = Payment.objects.get(public_id=body["paymentId"])
    assert (payment.status, payment.failure_code) == ("FAILED", code)
    assert backend.get(f"/v1/payments/{payment.public_id}").json()["failureCode"] == code


@pytest.mark.parametrize(
    ("fields", "pointers"),
    [
        ({"cardNumber": "4242424242424241"}, {"/cardNumber"}),
        ({"cardNumber": "42424242 42424242"}, {"/cardNumber"}),
        ({"cardNumber": "٤٢٤٢٤٢٤٢٤٢٤٢٤٢٤٢"}, {"/cardNumber"}),
        ({"expiryYear": "2020"}, {"/expiryYear"}),
        ({"expiryYear": None}, {"/expiryYear"}),
        ({"expiryMonth": "13"}, {"/expiryMonth"}),
        ({"cvc": "12"}, {"/cvc"}),
    ],
)
def test_a_card_that_cannot_be_one_is_invalid_card_data(
    backend: ApiClient, fields: dict[str, Any], pointers: set[str]
) -> None:
    with clock.use(FixedClock(NOW)):
        response = pay(backend, **fields)
    assert (response.status_code, response.json()["code"]) == (400, "INVALID_CARD_DATA")
    assert {error["pointer"] for error in response.json()["errors"]} == pointers
    assert not Payment.objects.exists()


@pytest.mark.parametrize(
    ("fields", "status", "code"),
    [
        ({"amount": 0}, 400, "INVALID_REQUEST"),
        ({"amount": -1}, 400, "INVALID_REQUEST"),
        ({"amount": 500.0}, 400, "INVALID_REQUEST"),
        ({"amount": "50000"}, 400, "INVALID_REQUEST"),
        ({"amount": True}, 400, "INVALID_REQUEST"),
        ({"amount": 2**63}, 400, "INVALID_REQUEST"),
        ({"amount": 100_000_000}, 422, "AMOUNT_ABOVE_LIMIT"),
        ({"currency": "EUR"}, 422, "CURRENCY_NOT_SUPPORTED"),
        ({"currency": "XXX"}, 400, "INVALID_REQUEST"),
        ({"paymentMethod": "ach"}, 422, "PAYMENT_METHOD_NOT_SUPPORTED"),
        ({"customerId": None}, 400, "INVALID_REQUEST"),
        ({"cardNumber": None}, 400, "INVALID_REQUEST"),
        ({"surprise": 1}, 400, "INVALID_REQUEST"),
        ({"providerId": "cus_abc123def456"}, 409, "PARTY_TYPE_MISMATCH"),
    ],
)
def test_what_cannot_be_paid_is_refused_and_leaves_the_key_free(
    backend: ApiClient, fields: dict[str, Any], status: int, code: str
) -> None:
    refused = pay(backend, key="the-key", **fields)
    assert (refused.status_code, refused.json()["code"]) == (status, code), refused.json()
    assert not Payment.objects.exists()
    assert pay(backend, key="the-key").status_code == 201


def test_the_same_key_and_body_is_one_payment(backend: ApiClient) -> None:
    first, second = pay(backend, key="once"), pay(backend, key="once")
    assert (first.status_code, second.status_code) == (201, 201)
    assert second.content == first.content
    assert "Idempotent-Replayed" not in first.headers
    assert second.headers["Idempotent-Replayed"] == "true"
    assert Payment.objects.count() == 1


def test_the_audit_record_knows_which_request_and_which_address_it_came_from(backend: ApiClient) -> None:
    answer = pay(backend)
    entries = audit.list_for_subject(answer.json()["paymentId"])
    assert {(entry.correlation_id, entry.origin) for entry in entries} == {(answer["Request-Id"], "127.0.0.1")}
    assert set(Event.objects.values_list("correlation_id", flat=True)) == {answer["Request-Id"]}


def test_a_failed_payment_is_replayed_too(backend: ApiClient) -> None:
    first, second = (pay(backend, key="once", cardNumber="4000000000000002") for _ in range(2))
    assert second.content == first.content
    assert second.status_code == 402
    assert Payment.objects.count() == 1


def test_the_same_key_with_another_amount_is_refused(backend: ApiClient) -> None:
    pay(backend, key="once")
    refused = pay(backend, key="once", amount=50001)
    assert (refused.status_code, refused.json()["code"]) == (422, "IDEMPOTENCY_KEY_REUSED")
    assert Payment.objects.count() == 1


def test_a_post_without_a_key_is_refused(backend: ApiClient) -> None:
    refused = backend.post("/v1/payments", DOCUMENTED, headers={"Idempotency-Key": ""})
    assert (refused.status_code, refused.json()["code"]) == (400, "IDEMPOTENCY_KEY_REQUIRED")


def test_a_test_key_never_sees_a_live_payment(backend: ApiClient) -> None:
    payment_id = pay(backend).json()["paymentId"]
    live = api.client("payments:read", "payments:write", "refunds:write", livemode=True)
    for response in (
        live.get(f"/v1/payments/{payment_id}"),
        live.post(f"/v1/payments/{payment_id}/cancel"),
        live.post(f"/v1/payments/{payment_id}/refunds"),
    ):
        assert (response.status_code, response.json()["code"]) == (404, "PAYMENT_NOT_FOUND")
    assert live.get("/v1/payments").json()["data"] == []


def test_live_mode_knows_no_unknown_party() -> None:
    live = api.client("payments:write", livemode=True)
    refused = live.post("/v1/payments", DOCUMENTED)
    assert (refused.status_code, refused.json()["code"]) == (404, "PARTY_NOT_FOUND")


def test_each_operation_needs_its_scope(backend: ApiClient) -> None:
    payment_id = pay(backend).json()["paymentId"]
    reader = api.client("payments:read")
    for path in ("/v1/payments", f"/v1/payments/{payment_id}/cancel", f"/v1/payments/{payment_id}/refunds"):
        assert reader.post(path, {}).json()["code"] == "INSUFFICIENT_SCOPE"
    assert backend.post("/v1/card-tokens/tok_x/reveal", {"reason": "a reason"}).json()["code"] == "INSUFFICIENT_SCOPE"


def test_the_list_is_filtered_and_paged(backend: ApiClient) -> None:
    made = [pay(backend, amount=amount).json()["paymentId"] for amount in (100, 200, 300)]
    pay(backend, cardNumber="4000000000000002", customerId="cus_other")

    first = backend.get("/v1/payments?status=COMPLETED&limit=2").json()
    assert [row["paymentId"] for row in first["data"]] == [made[2], made[1]]
    assert first["hasMore"] is True
    second = backend.get(f"/v1/payments?status=COMPLETED&limit=2&cursor={first['nextCursor']}").json()
    assert [row["paymentId"] for row in second["data"]] == [made[0]]
    assert second["hasMore"] is False

    other = backend.get("/v1/payments?customerId=cus_other").json()["data"]
    assert [row["status"] for row in other] == ["FAILED"]
    assert len(backend.get("/v1/payments?providerId=prov_xyz789ghi012").json()["data"]) == 4
    assert backend.get("/v1/payments?createdAt[lt]=2020-01-01").json()["data"] == []
    assert backend.get("/v1/payments?colour=red").status_code == 400


def test_a_list_costs_the_same_whatever_its_length(backend: ApiClient, django_assert_max_num_queries: Any) -> None:
    for _ in range(5):
        pay(backend)
    with django_assert_max_num_queries(3):
        assert len(backend.get("/v1/payments").json()["data"]) == 5


def test_validate_tells_the_price_and_keeps_nothing(backend: ApiClient) -> None:
    answer = backend.post("/v1/payments/validate", DOCUMENTED)
    assert answer.status_code == 200
    body = answer.json()
    assert (body["valid"], body["fees"], body["netAmount"]) == (True, 4000, 46000)
    assert backend.post("/v1/payments/validate", DOCUMENTED | {"cardNumber": "4"}).json()["code"] == "INVALID_CARD_DATA"
    assert not Payment.objects.exists()


def test_a_token_pays_for_its_own_customer_only(backend: ApiClient) -> None:
    card = {name: DOCUMENTED[name] for name in ("cardNumber", "expiryMonth", "expiryYear", "cvc", "customerId")}
    made = backend.post("/v1/card-tokens", card)
    assert made.status_code == 201
    token = made.json()["cardToken"]
    assert (made.json()["first6"], made.json()["last4"], made.json()["brand"]) == ("424242", "4242", "visa")

    without_card = dict.fromkeys(("cardNumber", "expiryMonth", "expiryYear", "cvc"))
    paid = pay(backend, cardToken=token, **without_card)
    assert (paid.status_code, paid.json()["card"]["token"]) == (201, token)
    refused = pay(backend, cardToken=token, customerId="cus_other", **without_card)
    assert (refused.status_code, refused.json()["code"]) == (404, "CARD_TOKEN_NOT_FOUND")
    both = pay(backend, cardToken=token)
    assert both.status_code == 400


def test_reveal_needs_a_reason_and_never_shows_the_code(backend: ApiClient) -> None:
    token = backend.post(
        "/v1/card-tokens", {k: DOCUMENTED[k] for k in ("cardNumber", "expiryMonth", "expiryYear", "cvc")}
    )
    officer = api.client("card-tokens:reveal")
    path = f"/v1/card-tokens/{token.json()['cardToken']}/reveal"
    assert officer.post(path, {}).status_code == 400
    shown = officer.post(path, {"reason": "network dispute 4711"})
    assert shown.json()["decryptedData"] == {
        "cardNumber": "4242424242424242",
        "expiryMonth": "12",
        "expiryYear": "2031",
    }
    from core.audit.models import AuditEntry

    entry = AuditEntry.objects.get(action="vault.card.revealed")
    assert entry.facts["reason"] == "network dispute 4711"
    assert entry.actor_id == officer.key.public_id


def test_a_card_number_in_the_wrong_place_is_refused_before_anything_is_kept(backend: ApiClient) -> None:
    for field, value in (
        ("metadata", {"note": "card 4242 4242 4242 4242"}),
        ("bookingId", "4242424242424242"),
        ("serviceId", "svc 4000000000000002"),
    ):
        refused = pay(backend, **{field: value})
        assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (400, f"/{field}")
    assert not Payment.objects.exists()
