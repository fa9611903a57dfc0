"""How far behind the outbox is, and which deliveries wait for a person."""

from datetime import datetime, timedelta

from django.db.models import Count, Min, QuerySet

from core.outbox.models import Delivery, Event
from core.work.models import State
from core.work.selectors import Load, measure


def load(*, now: datetime) -> Load:
    """`depth`: events without their deliveries yet plus deliveries due or running; `lag`: since the oldest of them."""
    unrelayed = Event.objects.filter(relayed_at__isnull=True).aggregate(depth=Count("pk"), oldest=Min("published_at"))
    deliveries = measure(Delivery, now=now)
    lag = max(timedelta(), now - unrelayed["oldest"]) if unrelayed["oldest"] else timedelta()
    return Load(deliveries.depth + unrelayed["depth"], max(lag, deliveries.lag), deliveries.parked)


def list_parked() -> QuerySet[Delivery]:
    """Deliveries that used up their tries with their events, oldest first."""
    return Delivery.objects.filter(state=State.PARKED).select_related("event").order_by("due_at", "pk")
