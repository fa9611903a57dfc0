"""Reads of the history for people."""

from datetime import datetime

from fraud.models import Observation


def list_for_customer(*, customer_id: str, livemode: bool, before: datetime, limit: int = 20) -> list[Observation]:
    """The customer's newest attempts up to a moment, newest first."""
    attempts = Observation.objects.filter(livemode=livemode, payer_id=customer_id, at__lte=before)
    return list(attempts.order_by("-at")[:limit])
