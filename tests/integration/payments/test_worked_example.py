"""The documented example, 500.00 for a booking, followed through every table it touches."""

import pytest

from core.money import Money
from ledger.selectors import balances
from payments.models import GatewayAttempt, Payment
from tests.factories.payments import pay

pytestmark = pytest.mark.django_db


def test_five_hundred_dollars_for_a_booking() -> None:
    answer = pay()

    assert answer.status == 201
    body = answer.body
    assert body["success"] is True
    assert body["status"] == "COMPLETED"
    assert (body["amount"], body["fees"], body["netAmount"]) == (50_000, 4_000, 46_000)
    assert body["fraudRecommendation"] == "APPROVE"

    payment = Payment.objects.get(public_id=body["paymentId"])
    assert payment.escrow_id == body["escrowId"]
    assert balances.get("test", f"escrow_held:{payment.escrow_id}").posted == Money(46_000)
    assert balances.get("test", "fees:platform").posted == Money(4_000)
    assert balances.get("test", "acquirer_receivable").posted == Money(50_000)
    assert [attempt.operation for attempt in GatewayAttempt.objects.all()] == ["CHARGE"]
