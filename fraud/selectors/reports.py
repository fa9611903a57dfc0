"""Reads of what marketplaces reported as fraud."""

from fraud.models import FraudReport


def list_for_customer(*, customer_id: str, livemode: bool, limit: int = 100) -> list[FraudReport]:
    """The newest reports on a customer's payments."""
    reports = FraudReport.objects.filter(livemode=livemode, customer_id=customer_id)
    return list(reports.order_by("-reported_at", "-id")[:limit])
