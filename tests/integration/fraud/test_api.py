"""/v1/fraud with the documented requests, answers and error codes."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from core import clock
from core.outbox import services as outbox
from core.work import services as work
from fraud.api.views import EXAMPLE
from fraud.enums import RuleSetState
from fraud.models import Assessment, FraudReport, RuleSet
from tests.factories import api

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(now) -> api.ApiClient:
    return api.client("fraud:read", "fraud:write")


REPORT = {
    "transactionId": "txn_1703123456789_fraudulent",
    "customerId": "cus_customer456",
    "fraudType": "payment_fraud",
    "reportDetails": "Customer reported unauthorized charge on their account",
}


class TestEvaluations:
    def test_the_documented_request_is_low_risk(self, client):
        body = client.post("/v1/fraud/evaluations", EXAMPLE).json()
        assert body["success"] is True
        assert (body["fraudScore"], body["riskLevel"], body["recommendation"]) == (125, "LOW", "APPROVE")
        assert (body["ruleMatches"], body["reasonCodes"]) == ([], ["low_risk"])
        assert body["modelVersion"] == "marketplace_rules_v1"
        assert body["timestamp"] == "2026-11-18T12:00:00.000Z"
        assert body["evaluationTime"] >= 1

    def test_the_documented_high_risk_answer(self, client, paid):
        paid(ago=timedelta(minutes=10), times=10, payer_id="cus_customer123", payee_id=None)
        body = client.post("/v1/fraud/evaluations", EXAMPLE | {"ipAddress": "198.51.100.7"}).json()
        assert (body["fraudScore"], body["riskLevel"], body["recommendation"]) == (850, "HIGH", "BLOCK")
        assert body["ruleMatches"] == ["high_velocity_rule", "geographic_anomaly_rule"]

    def test_a_customer_is_needed(self, client):
        refused = client.post("/v1/fraud/evaluations", {"amount": 50000})
        assert (refused.status_code, refused.json()["code"]) == (400, "CUSTOMER_ID_REQUIRED")

    @pytest.mark.parametrize(
        "change",
        [
            {"amount": 0},
            {"amount": 1.0},
            {"amount": 2**63},
            {"amount": "500"},
            {"cardBin": "42"},
            {"cardBin": "4242424242424242"},
            {"ipAddress": "999.1.1.1"},
            {"currency": "XXX"},
            {"billingAddress": {"country": "usa"}},
            {"colour": "red"},
        ],
    )
    def test_what_is_wrong_is_pointed_at(self, client, change):
        refused = client.post("/v1/fraud/evaluations", EXAMPLE | change)
        assert (refused.status_code, refused.json()["code"]) == (400, "INVALID_REQUEST")
        assert refused.json()["errors"][0]["pointer"].startswith(f"/{next(iter(change))}")
        assert not Assessment.objects.exists()

    def test_no_advice_is_an_error_that_says_review_and_frees_the_key(self, client):
        with connection.cursor() as cursor:
            cursor.execute("ALTER FUNCTION fraud_held_back RENAME TO away")
        refused = client.post("/v1/fraud/evaluations", EXAMPLE, headers={"Idempotency-Key": "again"})
        assert (refused.status_code, refused.json()["code"]) == (503, "FRAUD_DETECTOR_UNAVAILABLE")
        assert refused.json()["fraudRecommendation"] == "REVIEW"
        with connection.cursor() as cursor:
            cursor.execute("ALTER FUNCTION away RENAME TO fraud_held_back")
        assert client.post("/v1/fraud/evaluations", EXAMPLE, headers={"Idempotency-Key": "again"}).status_code == 200

    def test_the_same_key_gives_the_same_decision(self, client):
        first = client.post("/v1/fraud/evaluations", EXAMPLE, headers={"Idempotency-Key": "once"})
        second = client.post("/v1/fraud/evaluations", EXAMPLE, headers={"Idempotency-Key": "once"})
        assert first.json() == second.json()
        assert second["Idempotent-Replayed"] == "true"
        assert Assessment.objects.count() == 1


class TestScores:
    def test_the_newest_decision_about_a_transaction(self, client):
        made = client.post("/v1/fraud/evaluations", EXAMPLE).json()
        read = client.get(f"/v1/fraud/scores/{EXAMPLE['transactionId']}").json()
        for name in made.keys() - {"evaluationTime"}:
            assert read[name] == made[name], name

    def test_another_mode_sees_nothing(self, client):
        client.post("/v1/fraud/evaluations", EXAMPLE)
        live = api.client("fraud:read", livemode=True)
        refused = live.get(f"/v1/fraud/scores/{EXAMPLE['transactionId']}")
        assert (refused.status_code, refused.json()["code"]) == (404, "FRAUD_SCORE_NOT_FOUND")


class TestReports:
    def test_a_report_makes_the_next_payment_of_the_customer_a_review(self, client):
        assert client.post("/v1/fraud/reports", REPORT).status_code == 201
        outbox.drain(now=clock.now())
        work.drain(now=clock.now())
        body = client.post("/v1/fraud/evaluations", EXAMPLE | {"customerId": "cus_customer456"}).json()
        assert (body["fraudScore"], body["ruleMatches"]) == (325, ["reported_customer_rule"])

    @pytest.mark.parametrize("fraud_type", ["payment_fraud", "account_takeover", "identity_theft", "velocity_abuse"])
    def test_the_four_documented_types(self, client, fraud_type):
        answer = client.post("/v1/fraud/reports", REPORT | {"fraudType": fraud_type})
        assert answer.json()["fraudType"] == fraud_type

    def test_another_type_or_no_customer(self, client):
        refused = client.post("/v1/fraud/reports", REPORT | {"fraudType": "bad_weather"})
        assert (refused.status_code, refused.json()["code"]) == (400, "INVALID_FRAUD_TYPE")
        refused = client.post("/v1/fraud/reports", {k: v for k, v in REPORT.items() if k != "customerId"})
        assert (refused.status_code, refused.json()["code"]) == (400, "CUSTOMER_ID_REQUIRED")

    def test_the_same_report_again_is_the_first_one(self, client):
        first, second = client.post("/v1/fraud/reports", REPORT), client.post("/v1/fraud/reports", REPORT)
        assert first.json()["reportId"] == second.json()["reportId"]
        assert FraudReport.objects.count() == 1


class TestHistory:
    def test_pages_of_decisions_with_the_reports(self, client, django_assert_max_num_queries):
        for number in range(3):
            client.post("/v1/fraud/evaluations", EXAMPLE | {"transactionId": f"txn_{number}"})
        client.post("/v1/fraud/evaluations", EXAMPLE | {"customerId": "cus_else"})
        client.post("/v1/fraud/reports", REPORT | {"customerId": "cus_customer123"})
        with django_assert_max_num_queries(3):
            page = client.get("/v1/fraud/history?customerId=cus_customer123&limit=2").json()
        assert [event["transactionId"] for event in page["fraudHistory"]] == ["txn_2", "txn_1"]
        assert [report["fraudType"] for report in page["fraudReports"]] == ["payment_fraud"]
        assert page["hasMore"] is True
        rest = client.get(f"/v1/fraud/history?customerId=cus_customer123&limit=2&cursor={page['nextCursor']}").json()
        assert [event["transactionId"] for event in rest["fraudHistory"]] == ["txn_0"]

    def test_a_customer_is_needed(self, client):
        refused = client.get("/v1/fraud/history")
        assert (refused.status_code, refused.json()["code"]) == (400, "CUSTOMER_ID_REQUIRED")


def rule(**changes: Any) -> dict[str, Any]:
    return {
        "code": "big_rule",
        "expression": "amount_minor > 5",
        "points": 900,
        "floor": "BLOCK",
        "description": "Any amount",
        **changes,
    }


class TestRules:
    def test_put_makes_a_draft_that_judges_nothing(self, client):
        drafted = client.put("/v1/fraud/rules", {"rules": [rule()], "note": "try"}).json()
        assert (drafted["version"], drafted["state"]) == (2, "DRAFT")
        rules = client.get("/v1/fraud/rules").json()
        assert (rules["active"]["version"], rules["draft"]["version"]) == (1, 2)
        assert rules["draft"]["rules"] == [{**rule(), "allows": False, "opensCase": False}]
        body = client.post("/v1/fraud/evaluations", EXAMPLE).json()
        assert (body["fraudScore"], body["modelVersion"]) == (125, "marketplace_rules_v1")

    def test_the_same_rules_again_are_the_same_draft_and_others_are_the_next(self, client):
        versions = [
            client.put("/v1/fraud/rules", {"rules": [rule(points=points)]}).json()["version"] for points in (10, 10, 20)
        ]
        assert versions == [2, 2, 3]
        assert RuleSet.objects.filter(state=RuleSetState.ACTIVE).count() == 1

    def test_a_fault_is_pointed_at_and_nothing_is_kept(self, client):
        wrong = [rule(), rule(code="other_rule", expression="__import__('os').system('true')")]
        refused = client.put("/v1/fraud/rules", {"rules": wrong})
        assert (refused.status_code, refused.json()["code"]) == (400, "INVALID_RULES")
        (error,) = refused.json()["errors"]
        assert error["pointer"] == "/rules/1/expression"
        assert error["detail"] == "a call is not part of the language (line 1, column 1)"
        assert RuleSet.objects.count() == 1

    def test_reading_is_not_writing(self, now):
        reader = api.client("fraud:read")
        assert reader.put("/v1/fraud/rules", {"rules": [rule()]}).status_code == 403
        assert reader.get("/v1/fraud/rules").status_code == 200
