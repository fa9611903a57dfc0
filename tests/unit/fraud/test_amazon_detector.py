"""Amazon's answers in our words, and every way of not answering."""

from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from fraud.decisions import AssessmentRequest
from fraud.detectors import DetectorAnswer, DetectorUnavailable
from fraud.detectors.amazon import AmazonFraudDetector

NOW = datetime(2026, 11, 18, 12, 0, tzinfo=UTC)
REQUEST = AssessmentRequest(
    livemode=False,
    payer_id="cus_abc",
    payee_id="prov_xyz",
    payment_id="pay_1703123456789_k2n8m9p1q",
    amount_minor=50_000,
    currency="USD",
    card_bin="424242",
    card_fingerprint="card_secret_name",
    email="john.doe@example.com",
    ip_address="198.51.100.7",
)
SENT = {
    "detectorId": "payments",
    "eventId": "pay_1703123456789_k2n8m9p1q",
    "eventTypeName": "payment",
    "entities": [{"entityType": "customer", "entityId": "cus_abc"}],
    "eventTimestamp": "2026-11-18T12:00:00Z",
    "eventVariables": {
        "order_price": "500.00",
        "currency_code": "USD",
        "payment_method": "card",
        "card_bin": "424242",
        "ip_address": "198.51.100.7",
        "seller_id": "prov_xyz",
    },
}


def model(score: float, name: str = "tfi") -> dict[str, Any]:
    version = {"modelId": name, "modelType": "TRANSACTION_FRAUD_INSIGHTS", "modelVersionNumber": "2.0"}
    return {"modelVersion": version, "scores": {f"{name}_insightscore": score}}


def ask(answer: dict[str, Any] | None = None, *, error: str = "") -> DetectorAnswer:
    client = boto3.client(
        "frauddetector", region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test"
    )
    with Stubber(client) as stubber:
        if error:
            stubber.add_client_error("get_event_prediction", error, expected_params=SENT)
        else:
            stubber.add_response("get_event_prediction", answer or {}, SENT)
        detector = AmazonFraudDetector(
            detector_id="payments", event_type="payment", region="us-east-1", timeout_seconds=0.1, client=client
        )
        return detector.score(REQUEST, now=NOW)


def test_the_score_is_taken_as_it_is_and_nothing_personal_is_sent() -> None:
    assert ask({"modelScores": [model(250.0)]}) == DetectorAnswer("amazon:tfi:2.0", 250)


def test_the_highest_of_several_models_counts_and_half_a_point_is_rounded_up() -> None:
    assert ask({"modelScores": [model(250.0), model(700.2, "ofi")]}) == DetectorAnswer("amazon:ofi:2.0", 701)


@pytest.mark.parametrize(
    ("outcomes", "floor"),
    [
        ([], None),
        (["approve"], None),
        (["Review"], "REVIEW"),
        (["approve", "block"], "BLOCK"),
        (["investigate", "review"], "INVESTIGATE"),
        (["send_to_venus"], "REVIEW"),
    ],
)
def test_outcomes_are_floors_and_an_unknown_one_is_looked_at(outcomes: list[str], floor: str | None) -> None:
    answer = ask({"modelScores": [model(10)], "ruleResults": [{"ruleId": "r", "outcomes": outcomes}]})
    assert answer.floor == floor


@pytest.mark.parametrize("answer", [{}, {"modelScores": []}, {"modelScores": [model(-1.0)]}])
def test_without_a_score_there_is_no_answer(answer: dict[str, Any]) -> None:
    with pytest.raises(DetectorUnavailable, match="NO_SCORE"):
        ask(answer)


@pytest.mark.parametrize("error", ["ThrottlingException", "AccessDeniedException", "InternalServerException"])
def test_an_error_is_no_answer(error: str) -> None:
    with pytest.raises(DetectorUnavailable, match="UNREACHABLE"):
        ask(error=error)


def test_nobody_there_is_no_answer() -> None:
    client = boto3.client(
        "frauddetector",
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
        endpoint_url="http://127.0.0.1:1",
    )
    client.meta.config.retries = {"total_max_attempts": 1}
    detector = AmazonFraudDetector(
        detector_id="payments", event_type="payment", region="us-east-1", timeout_seconds=0.1, client=client
    )
    with pytest.raises(DetectorUnavailable, match="UNREACHABLE"):
        detector.score(REQUEST, now=NOW)
