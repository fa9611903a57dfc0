"""Celery's door to the relay, and the outbox's own housekeeping."""

from datetime import datetime, timedelta

from celery import shared_task
from django.db.models import Exists, OuterRef, Q

from core.outbox import services as outbox
from core.outbox.models import Delivery, Event
from core.parameters import services as parameters
from core.work import services as work
from core.work.models import State
from core.work.tasks import until_idle

FORGET_BATCH = 2_000


@shared_task(name="core.outbox.tasks.relay")
def relay() -> None:
    """Deliver what is due."""
    until_idle(outbox.relay)


@work.periodic("outbox.forget_delivered", every=timedelta(hours=1))
def forget_delivered(*, now: datetime) -> None:
    """Delete events older than their parameter says once every handler has heard them."""
    before = now - timedelta(days=parameters.read("outbox.keep_days", at=now))
    unheard = Delivery.objects.filter(Q(event=OuterRef("pk")), ~Q(state=State.DONE))
    old = Event.objects.filter(~Exists(unheard), relayed_at__lt=before)
    while batch := list(old.values_list("pk", flat=True)[:FORGET_BATCH]):
        Delivery.objects.filter(event__in=batch).delete()
        Event.objects.filter(pk__in=batch).delete()
