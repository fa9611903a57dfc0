"""What Prometheus sees of payments."""

from datetime import timedelta

import pytest
from prometheus_client import REGISTRY

from core import clock
from core.clock import FixedClock
from core.telemetry import metrics
from tests.factories.payments import NOW, pay

pytestmark = pytest.mark.django_db


def ended(status: str, code: str = "") -> float:
    labels = {"mode": "test", "status": status, "code": code}
    return REGISTRY.get_sample_value("holdfast_payments_total", labels) or 0.0


def test_each_end_is_counted_once() -> None:
    before = ended("COMPLETED"), ended("FAILED", "CARD_DECLINED"), ended("PENDING")
    pay()
    pay("4000000000000002")
    pay(amount_minor=100_000, customer_id="cus_other")
    after = ended("COMPLETED"), ended("FAILED", "CARD_DECLINED"), ended("PENDING")
    assert [new - old for old, new in zip(before, after, strict=True)] == [1, 1, 1]


def test_the_database_tells_what_waits() -> None:
    pay("4000000000006033")
    pay(amount_minor=100_000, customer_id="cus_other")
    with clock.use(FixedClock(NOW + timedelta(seconds=61))):
        text = metrics.render().decode()
    assert "holdfast_payments_overdue 1.0" in text
    assert "holdfast_payments_held 1.0" in text
    assert 'holdfast_settlement_breaks{outcome="DIFFERENT"} 0.0' in text
