"""/v1/fraud: judge, look up, report, history."""

from datetime import datetime
from typing import Any, cast

from rest_framework.request import Request
from rest_framework.response import Response

from compliance.selectors import parties as register
from core import clock
from core.api import filters
from core.api.once import run_once
from core.api.owners import ADMINS
from core.api.pagination import CursorPage
from core.api.requests import ApiRequest
from core.api.schema import describe
from core.api.views import ApiView
from core.errors import Refusal
from fraud.api import serializers as wire
from fraud.decisions import Assessment as Answer
from fraud.decisions import AssessmentRequest
from fraud.enums import RECOMMENDATIONS, RISK_LEVELS, Outcome, Recommendation
from fraud.models import Assessment, FraudReport
from fraud.selectors import assessments as stored
from fraud.selectors import reports as reported
from fraud.services import assessments, memory, reports
from fraud.services.reports import CustomerIdRequired

EXAMPLE = {
    "transactionId": "txn_1703123456789_abc123",
    "customerId": "cus_customer123",
    "amount": 50000,
    "currency": "USD",
    "paymentMethod": "card",
    "ipAddress": "192.168.1.100",
    "deviceFingerprint": "d1e2f3g4h5i6j7k8l9m0",
    "cardBin": "424242",
    "email": "john.doe@example.com",
    "billingAddress": {"city": "San Francisco", "state": "CA", "zipCode": "94102", "country": "US"},
}


class FraudDetectorUnavailable(Refusal):
    """The payment could not be judged. That is no approval: review it, or ask again with the same Idempotency-Key."""

    code = "FRAUD_DETECTOR_UNAVAILABLE"
    status = 503
    title = "The fraud detector gives no advice"


class FraudEvaluationFailed(Refusal):
    """The decision could not be kept, so it does not stand. Review the payment, or ask again."""

    code = "FRAUD_EVALUATION_FAILED"
    status = 500
    title = "The fraud evaluation failed"


class EvaluationsView(ApiView):
    scopes = {"POST": "fraud:write"}
    owned_by = {"POST": ADMINS}

    @describe(
        "evaluateTransaction",
        summary="Judge a transaction",
        takes=wire.EvaluationSerializer,
        answers={200: wire.ScoreSerializer},
        refusals=[CustomerIdRequired, FraudDetectorUnavailable, FraudEvaluationFailed],
        example=EXAMPLE,
    )
    def post(self, request: Request) -> Response:
        """Score 0 to 1000 with every rule that spoke. Payments are judged by themselves; this is for other flows."""
        call, now = cast("ApiRequest", request), clock.now()
        values = wire.EvaluationSerializer.read(request)
        if not values.get("customer_id"):
            raise CustomerIdRequired
        wanted = _asked(values, livemode=call.livemode)
        seen = memory.look(wanted, now=now)

        def effect() -> tuple[int, dict[str, Any]]:
            answer = assessments.evaluate(wanted, seen=seen, now=now)
            _require_advice(answer)
            return 200, _score(answer, wanted, now)

        return run_once(request, operation="fraud.evaluate", effect=effect, now=now)


class ScoreView(ApiView):
    scopes = {"GET": "fraud:read"}
    owned_by = {"GET": ADMINS}

    @describe(
        "getFraudScore",
        summary="Get the fraud score of a transaction",
        answers={200: wire.ScoreSerializer},
        refusals=[stored.AssessmentNotFound],
    )
    def get(self, request: Request, transaction_id: str) -> Response:
        """The newest decision about the transaction."""
        row = stored.get_for_transaction(transaction_id=transaction_id, livemode=cast("ApiRequest", request).livemode)
        outcome = Outcome(row.outcome)
        return Response(
            {
                "success": True,
                "assessment_id": row.assessment_id,
                "transaction_id": row.transaction_id,
                "customer_id": row.customer_id,
                "fraud_score": row.score,
                "risk_level": RISK_LEVELS.get(outcome),
                "outcome": outcome,
                "recommendation": RECOMMENDATIONS[outcome],
                "rule_matches": [hit["code"] for hit in row.hits],
                "reason_codes": row.reason_codes,
                "model_version": assessments.model_version(row.rule_set_version, row.model_version),
                "evaluation_time": row.evaluation_ms,
                "livemode": row.livemode,
                "timestamp": row.created_at,
            }
        )


class ReportsView(ApiView):
    scopes = {"POST": "fraud:write"}
    owned_by = {"POST": ADMINS}

    @describe(
        "reportFraud",
        summary="Report fraud",
        takes=wire.NewReportSerializer,
        answers={201: wire.ReportAnswerSerializer},
        refusals=[CustomerIdRequired, reports.InvalidFraudType],
        example={
            "transactionId": "txn_1703123456789_fraudulent",
            "customerId": "cus_customer456",
            "fraudType": "payment_fraud",
            "reportDetails": "Customer reported unauthorized charge on their account",
        },
    )
    def post(self, request: Request) -> Response:
        """Later payments of the customer are reviewed. The same report again is the first one."""
        call, now = cast("ApiRequest", request), clock.now()
        values = wire.NewReportSerializer.read(request)

        def effect() -> tuple[int, dict[str, Any]]:
            kept = reports.report(
                transaction_id=values["transaction_id"],
                customer_id=values.get("customer_id", ""),
                fraud_type=values["fraud_type"],
                details=values.get("report_details", ""),
                livemode=call.livemode,
                actor=call.actor,
                now=now,
            )
            return 201, {"success": True, **_report(kept), "livemode": kept.livemode, "timestamp": now}

        return run_once(request, operation="fraud.report", effect=effect, now=now)


class HistoryView(ApiView):
    scopes = {"GET": "fraud:read"}
    owned_by = {"GET": ADMINS}
    paged = True
    filters = (*filters.text("customerId", "customer_id", meaning="Required."), *filters.moment("createdAt"))

    @describe(
        "getFraudHistory",
        summary="Get the fraud history of a customer",
        answers={200: wire.HistorySerializer},
        refusals=[CustomerIdRequired],
    )
    def get(self, request: Request) -> Response:
        """Decisions about the customer's payments, newest first, and what was reported as fraud."""
        call = cast("ApiRequest", request)
        customer_id = call.query_params.get("customerId", "")
        if not customer_id:
            raise CustomerIdRequired
        rows = stored.all_of(livemode=call.livemode)
        page = CursorPage.of(request, rows, _event, filters=self.filters)
        found = reported.list_for_customer(customer_id=customer_id, livemode=call.livemode)
        return Response(
            {
                "success": True,
                "customer_id": customer_id,
                "fraud_history": page["data"],
                "fraud_reports": [_report(report) for report in found],
                "has_more": page["has_more"],
                "next_cursor": page["next_cursor"],
                "timestamp": clock.now(),
            }
        )


def _asked(values: dict[str, Any], *, livemode: bool) -> AssessmentRequest:
    provider_id = values.get("provider_id")
    known = register.list_by_id(
        party_ids=[party_id for party_id in (values["customer_id"], provider_id) if party_id], livemode=livemode
    )
    payer, payee = known.get(values["customer_id"]), known.get(provider_id or "")
    return AssessmentRequest(
        livemode=livemode,
        payer_id=values["customer_id"],
        payee_id=provider_id,
        transaction_id=values.get("transaction_id"),
        amount_minor=values["amount"],
        currency=values["currency"],
        payment_method=values["payment_method"],
        card_bin=values.get("card_bin"),
        ip_address=values.get("ip_address"),
        user_agent=values.get("user_agent"),
        device_id=values.get("device_fingerprint"),
        email=values.get("email"),
        billing_country=values.get("billing_address", {}).get("country"),
        shipping_country=values.get("shipping_address", {}).get("country"),
        payer_since=payer.created_at if payer else None,
        payee_since=payee.created_at if payee else None,
    )


def _require_advice(answer: Answer) -> None:
    advice = {"fraud_recommendation": Recommendation.REVIEW}
    if answer.row_id is None:
        raise FraudEvaluationFailed(fields=advice)
    if answer.outcome == Outcome.NO_ADVICE:
        raise FraudDetectorUnavailable(fields=advice)


def _score(answer: Answer, asked: AssessmentRequest, now: datetime) -> dict[str, Any]:
    return {
        "success": True,
        "assessment_id": answer.assessment_id,
        "transaction_id": asked.transaction_id,
        "customer_id": asked.payer_id,
        "fraud_score": answer.score,
        "risk_level": answer.risk_level,
        "outcome": answer.outcome,
        "recommendation": answer.recommendation,
        "rule_matches": answer.rule_matches,
        "reason_codes": answer.reason_codes,
        "model_version": answer.model_version,
        "evaluation_time": answer.evaluation_ms,
        "livemode": asked.livemode,
        "timestamp": now,
    }


def _event(row: Assessment) -> dict[str, Any]:
    return {
        "assessment_id": row.assessment_id,
        "transaction_id": row.transaction_id,
        "payment_id": row.payment_id,
        "amount": row.amount_minor,
        "currency": row.currency,
        "fraud_score": row.score,
        "outcome": row.outcome,
        "reason_codes": row.reason_codes,
        "evaluated_at": row.created_at,
    }


def _report(report: FraudReport) -> dict[str, Any]:
    return {
        "report_id": report.report_id,
        "transaction_id": report.transaction_id,
        "customer_id": report.customer_id,
        "fraud_type": report.fraud_type,
        "reported_at": report.reported_at,
    }
