"""Scores, reports, history and rules."""

from collections.abc import Sequence
from datetime import date
from typing import Unpack

from holdfast.answers import Answer
from holdfast.listing import Listing
from holdfast.requests import Window, body
from holdfast.resource import Resource
from holdfast.transport import Call, Operation
from holdfast.types import Address, Analytics, HistoryEvent, ReportAnswer, Rule, Rules, RuleSetAnswer, Score


class Fraud(Resource):
    def evaluate(
        self,
        *,
        amount: int,
        customer_id: str | None = None,
        transaction_id: str | None = None,
        provider_id: str | None = None,
        currency: str | None = None,
        payment_method: str | None = None,
        ip_address: str | None = None,
        user_agent: str | None = None,
        device_fingerprint: str | None = None,
        billing_address: Address | None = None,
        shipping_address: Address | None = None,
        card_bin: str | None = None,
        email: str | None = None,
        phone: str | None = None,
        idempotency_key: str | None = None,
    ) -> Answer[Score]:
        """Score a transaction without paying it. 0 to 1000; the outcome says what it means."""
        return self._post(
            Operation("evaluateTransaction", "POST", "/v1/fraud/evaluations"),
            body(
                amount=amount,
                customer_id=customer_id,
                transaction_id=transaction_id,
                provider_id=provider_id,
                currency=currency,
                payment_method=payment_method,
                ip_address=ip_address,
                user_agent=user_agent,
                device_fingerprint=device_fingerprint,
                billing_address=billing_address,
                shipping_address=shipping_address,
                card_bin=card_bin,
                email=email,
                phone=phone,
            ),
            idempotency_key,
        )

    def score(self, transaction_id: str) -> Answer[Score]:
        return self._get(
            Operation("getFraudScore", "GET", "/v1/fraud/scores/{transactionId}"), transactionId=transaction_id
        )

    def report(
        self,
        *,
        transaction_id: str,
        fraud_type: str,
        customer_id: str | None = None,
        report_details: str | None = None,
        idempotency_key: str | None = None,
    ) -> Answer[ReportAnswer]:
        """Say that a transaction was fraud; later scores learn from it."""
        return self._post(
            Operation("reportFraud", "POST", "/v1/fraud/reports"),
            body(
                transaction_id=transaction_id,
                fraud_type=fraud_type,
                customer_id=customer_id,
                report_details=report_details,
            ),
            idempotency_key,
        )

    def history(
        self, customer_id: str, *, at_most: int | None = None, **window: Unpack[Window]
    ) -> Listing[HistoryEvent]:
        """How the customer's transactions were judged, newest first."""
        operation = Operation("getFraudHistory", "GET", "/v1/fraud/history")
        return self._list(operation, {"customer_id": customer_id, **window}, at_most=at_most, rows="fraudHistory")

    def analytics(
        self, *, since: date | None = None, until: date | None = None, granularity: str | None = None
    ) -> Answer[Analytics]:
        """What was decided on some UTC days, both included, and how good it was. Granularity: DAY, WEEK or MONTH."""
        days = {"from": since, "to": until}
        asked = {name: f"{day:%Y-%m-%d}" for name, day in days.items() if day is not None}
        if granularity is not None:
            asked["granularity"] = granularity
        return self._transport.send(Call(Operation("getFraudAnalytics", "GET", "/v1/fraud/analytics"), query=asked))

    def rules(self) -> Answer[Rules]:
        return self._get(Operation("getFraudRules", "GET", "/v1/fraud/rules"))

    def update_rules(
        self, rules: Sequence[Rule], *, note: str | None = None, if_match: str | None = None
    ) -> Answer[RuleSetAnswer]:
        """A draft; somebody else publishes it."""
        operation = Operation("updateFraudRules", "PUT", "/v1/fraud/rules")
        return self._transport.send(Call(operation, body=body(rules=list(rules), note=note), if_match=if_match))
