"""The examples of the original API document, in REST form: as printed there, a card's expiry moved into the future.

The action of the printed call is the address here (`process_payment` is POST /v1/payments, and so on); every field
and value below is copied from the document. Answers are held against the printed answers: names, types and values,
except ids, moments, durations and the names of the model.
"""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from core import clock
from core.clock import FixedClock
from fraud.enums import AttemptOutcome
from fraud.models import FraudReport
from fraud.models import Observation as Row
from fraud.services import memory, observations
from fraud.services.observations import Observation
from tests.factories import api
from tests.factories.api import ApiClient

pytestmark = pytest.mark.django_db

# A Wednesday at noon: some rules look at the hour.
NOON = datetime(2026, 11, 18, 12, 0, tzinfo=UTC)
FUTURE = "2031"
CARD = {"cardNumber": "4242424242424242", "expiryMonth": "12", "expiryYear": FUTURE, "cvc": "123"}
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


@pytest.fixture(autouse=True)
def _noon() -> Any:
    with clock.use(FixedClock(NOON)):
        yield


@pytest.fixture
def client() -> ApiClient:
    return api.client(
        "payments:read", "payments:write", "card-tokens:write", "card-tokens:reveal", "fraud:read", "fraud:write"
    )


def process_payment(client: ApiClient, **fields: Any) -> Any:
    return client.post("/v1/payments", fields)


def test_process_payment(client: ApiClient) -> None:
    answer = process_payment(
        client,
        **CARD,
        amount=50000,
        currency="USD",
        customerId="cus_abc123def456",
        providerId="prov_xyz789ghi012",
        bookingId="book_service_001",
        paymentMethod="card",
        metadata='{"order_id": "12345", "description": "Photography Service"}',
    )
    assert answer.status_code == 201
    body = answer.json()
    printed = {
        "success": True,
        "status": "COMPLETED",
        "amount": 50000,
        "currency": "USD",
        "fees": 4000,
        "netAmount": 46000,
        "fraudScore": 125,
        "fraudRecommendation": "APPROVE",
    }
    assert {name: body[name] for name in printed} == printed
    assert re.fullmatch(r"pay_\d{13}_[a-z0-9]{9}", body["paymentId"])
    assert re.fullmatch(r"txn_\d{13}_[a-z0-9]{9}", body["transactionId"])
    assert MOMENT.fullmatch(body["timestamp"])


def test_get_payment_status(client: ApiClient) -> None:
    made = process_payment(client, **CARD, amount=50000, customerId="cus_abc123def456").json()
    asked = client.get(f"/v1/payments/{made['paymentId']}").json()
    same = ("success", "paymentId", "transactionId", "status", "amount", "currency", "fees", "netAmount", "fraudScore")
    assert {name: asked[name] for name in same} == {name: made[name] for name in same}


def test_encrypt_card_data_and_decrypt_it_again(client: ApiClient) -> None:
    body = client.post("/v1/card-tokens", CARD).json()
    assert body["success"] is True
    assert MOMENT.fullmatch(body["timestamp"])
    # What the document prints as a ciphertext is the token of it: the ciphertext never leaves the vault.
    assert re.fullmatch(r"tok_[0-9a-z]{24}", body["encryptedData"])
    token, reason = body["encryptedData"], {"reason": "dispute with the network"}
    shown = client.post(f"/v1/card-tokens/{token}/reveal", reason).json()["decryptedData"]
    assert shown == {name: CARD[name] for name in ("cardNumber", "expiryMonth", "expiryYear")}


def test_the_example_of_the_web_client(client: ApiClient) -> None:
    answer = process_payment(
        client,
        action="process_payment",
        **CARD,
        amount=50000,
        customerId="customer_123",
        providerId="provider_456",
        currency="USD",
        paymentMethod="card",
    )
    assert (answer.status_code, answer.json()["success"]) == (201, True)


def test_the_example_of_the_unit_test(client: ApiClient) -> None:
    answer = process_payment(
        client, action="process_payment", **CARD, amount=10000, currency="USD", customerId="test_customer_123"
    ).json()
    assert answer["success"] is True
    assert re.fullmatch(r"pay_\d+_[a-z0-9]+", answer["paymentId"])
    assert answer["amount"] == 10000
    assert answer["fraudScore"] < 500


def test_the_example_of_the_server_has_no_expiry_and_is_told_so(client: ApiClient) -> None:
    """It prints a call without one. A card cannot be authorised like that, and the documented code says which part."""
    answer = process_payment(
        client, action="process_payment", cardNumber=CARD["cardNumber"], amount=50000, customerId="cus_abc123def456"
    )
    assert (answer.status_code, answer.json()["code"]) == (400, "INVALID_CARD_DATA")
    assert [error["pointer"] for error in answer.json()["errors"]] == ["/expiryMonth", "/expiryYear"]


@pytest.mark.parametrize(
    ("code", "status", "fields"),
    [
        ("INSUFFICIENT_FUNDS", 402, {"cardNumber": "4000000000009995"}),
        ("INVALID_CARD_DATA", 400, {"cardNumber": "4242424242424241"}),
        ("INVALID_CARD_DATA", 400, {"expiryYear": "2025"}),
        ("FRAUD_DETECTION_BLOCK", 403, {"billingAddress": {"country": "KP"}}),
    ],
)
def test_documented_error_codes(client: ApiClient, code: str, status: int, fields: dict[str, Any]) -> None:
    answer = process_payment(client, **(CARD | {"amount": 50000, "customerId": "cus_abc123def456"} | fields))
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.json()["success"] is False


def test_a_blocked_payment_answers_as_printed(client: ApiClient) -> None:
    payment = CARD | {"amount": 50000, "customerId": "cus_abc123def456", "billingAddress": {"country": "KP"}}
    body = process_payment(client, **payment).json()
    assert body["success"] is False
    assert body["error"] == "Payment blocked due to fraud detection"
    assert body["fraudScore"] > 700
    assert body["fraudRecommendation"] == "BLOCK"
    assert MOMENT.fullmatch(body["timestamp"])


def test_an_unknown_payment_and_a_missing_key_have_their_documented_codes(client: ApiClient) -> None:
    unknown = client.get("/v1/payments/pay_1703123456789_k2n8m9p1q")
    assert (unknown.status_code, unknown.json()["code"]) == (404, "PAYMENT_NOT_FOUND")
    client.secret = ""
    nobody = client.get("/v1/payments/pay_1703123456789_k2n8m9p1q")
    assert (nobody.status_code, nobody.json()["code"]) == (401, "AUTHENTICATION_REQUIRED")


EVALUATION = {
    "action": "evaluate_transaction",
    "transactionId": "txn_1703123456789_abc123",
    "customerId": "cus_customer123",
    "amount": 50000,
    "currency": "USD",
    "paymentMethod": "card",
    "ipAddress": "192.168.1.100",
    "userAgent": "Mozilla/5.0 (Windows NT 10.0; Win64; x64)...",
    "deviceFingerprint": "d1e2f3g4h5i6j7k8l9m0",
    "cardBin": "424242",
    "email": "john.doe@example.com",
    "phone": "+1-555-0123",
    "billingAddress": {
        "street": "123 Main Street",
        "city": "San Francisco",
        "state": "CA",
        "zipCode": "94102",
        "country": "US",
    },
}


def test_evaluate_transaction(client: ApiClient) -> None:
    body = client.post("/v1/fraud/evaluations", EVALUATION).json()
    # The printed score is 250; what it must agree with is everything that follows from it.
    assert body["success"] is True
    assert 0 <= body["fraudScore"] <= 300
    printed = {"riskLevel": "LOW", "recommendation": "APPROVE", "ruleMatches": [], "reasonCodes": ["low_risk"]}
    assert {name: body[name] for name in printed} == printed
    assert isinstance(body["modelVersion"], str)
    assert isinstance(body["evaluationTime"], int)
    assert MOMENT.fullmatch(body["timestamp"])

    score = client.get("/v1/fraud/scores/txn_1703123456789_abc123").json()
    assert (score["success"], score["fraudScore"]) == (True, body["fraudScore"])


def test_evaluate_transaction_of_high_risk(client: ApiClient) -> None:
    for minutes in range(1, 11):
        paid("cus_customer123", at=NOON - timedelta(minutes=minutes), number=minutes)
    body = client.post("/v1/fraud/evaluations", EVALUATION | {"ipAddress": "198.51.100.7"}).json()
    printed = {
        "success": True,
        "fraudScore": 850,
        "riskLevel": "HIGH",
        "recommendation": "BLOCK",
        "ruleMatches": ["high_velocity_rule", "geographic_anomaly_rule"],
        "reasonCodes": ["high_fraud_score", "rule_high_velocity_rule", "rule_geographic_anomaly_rule"],
    }
    assert {name: body[name] for name in printed} == printed


def test_report_fraud_and_read_the_history(client: ApiClient) -> None:
    answer = client.post(
        "/v1/fraud/reports",
        {
            "action": "report_fraud",
            "transactionId": "txn_1703123456789_fraudulent",
            "customerId": "cus_customer456",
            "fraudType": "payment_fraud",
            "reportDetails": "Customer reported unauthorized charge on their account",
        },
    )
    assert answer.status_code in (200, 201)
    assert answer.json()["success"] is True
    assert MOMENT.fullmatch(answer.json()["timestamp"])
    assert FraudReport.objects.count() == 1
    history = client.get("/v1/fraud/history?customerId=cus_customer456").json()
    assert [each["transactionId"] for each in history["fraudReports"]] == ["txn_1703123456789_fraudulent"]


def test_documented_error_codes_of_fraud(client: ApiClient) -> None:
    nobody = client.post("/v1/fraud/evaluations", {"amount": 50000})
    assert (nobody.status_code, nobody.json()["code"]) == (400, "CUSTOMER_ID_REQUIRED")
    report = {"transactionId": "txn_1", "customerId": "cus_customer456", "fraudType": "boredom"}
    unknown = client.post("/v1/fraud/reports", report)
    assert (unknown.status_code, unknown.json()["code"]) == (400, "INVALID_FRAUD_TYPE")


def paid(customer: str, *, at: datetime, number: int) -> None:
    observations.record(
        Observation(
            payment_id=f"pay_{number}",
            transaction_id=f"txn_{number}",
            livemode=False,
            payer_id=customer,
            payee_id=None,
            amount_minor=50_000,
            currency="USD",
            outcome=AttemptOutcome.APPROVED,
            at=at,
        )
    )
    memory.tell_ended(Row.objects.get(payment_id=f"pay_{number}"), now=at)
