"""Celery's door to the sender, and the housekeeping of webhooks."""

import time
from datetime import datetime, timedelta

from celery import shared_task
from django.db import close_old_connections
from django.db.models import Exists, OuterRef

from core import clock
from core.parameters import services as parameters
from core.webhooks.models import Attempt, Delivery, PublicEvent, Secret
from core.webhooks.sender import Sender
from core.work import services as work
from core.work.models import State
from core.work.tasks import BUSY_SECONDS

FORGET_BATCH = 2_000


@shared_task(name="core.webhooks.tasks.send")
def send() -> None:
    """Send what is due until nothing is, or give the worker back after a while."""
    close_old_connections()
    deadline = time.monotonic() + BUSY_SECONDS
    with Sender(slots=parameters.read("webhooks.slots", at=clock.now())) as sender:
        while sender.turn(now=clock.now()) and time.monotonic() < deadline:
            continue


@work.periodic("webhooks.forget_old", every=timedelta(hours=1))
def forget_old(*, now: datetime) -> None:
    """Delete events with deliveries and attempts older than their parameter says, but none on its way; old secrets."""
    before = now - timedelta(days=parameters.read("webhooks.keep_days", at=now))
    going = Delivery.objects.filter(event=OuterRef("pk"), state=State.RUNNING)
    old = PublicEvent.objects.filter(~Exists(going), created_at__lt=before)
    while batch := list(old.values_list("pk", flat=True)[:FORGET_BATCH]):
        Attempt.objects.filter(delivery__event__in=batch).delete()
        Delivery.objects.filter(event__in=batch).delete()
        PublicEvent.objects.filter(pk__in=batch).delete()
    Secret.objects.filter(expires_at__lte=now).delete()
