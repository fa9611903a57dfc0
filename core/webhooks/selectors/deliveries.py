"""Events and their deliveries, newest first."""

from django.db.models import QuerySet

from core.errors import Refusal
from core.webhooks.models import Attempt, Delivery, Endpoint, PublicEvent
from core.webhooks.models.delivery import PREFIX

LONGEST_NUMBER = 18


class EventNotFound(Refusal):
    """No event of this account and mode has this id; events are kept for a while only."""

    code = "EVENT_NOT_FOUND"
    status = 404
    title = "No such event"


class DeliveryNotFound(Refusal):
    """No delivery has this id."""

    code = "WEBHOOK_DELIVERY_NOT_FOUND"
    status = 404
    title = "No such delivery"


def list_events(*, livemode: bool, account: str | None = None) -> QuerySet[PublicEvent]:
    found = PublicEvent.objects.filter(livemode=livemode)
    return found if account is None else found.filter(account=account)


def get_event(event_id: str, *, livemode: bool, account: str | None = None) -> PublicEvent:
    """Raises EventNotFound, also for one of another account or mode."""
    found = list_events(livemode=livemode, account=account).filter(pk=event_id).first()
    if found is None:
        raise EventNotFound
    return found


def list_deliveries(*, livemode: bool) -> QuerySet[Delivery]:
    """With event and endpoint, for lists of staff."""
    return Delivery.objects.filter(endpoint__livemode=livemode).select_related("event", "endpoint")


def list_of_endpoint(endpoint: Endpoint) -> QuerySet[Delivery]:
    return Delivery.objects.filter(endpoint=endpoint).select_related("event", "endpoint")


def list_of_event(event: PublicEvent) -> list[Delivery]:
    """At most as many as there are endpoints."""
    return list(Delivery.objects.filter(event=event).select_related("event", "endpoint").order_by("pk"))


def get_delivery(delivery_id: str, *, livemode: bool) -> Delivery:
    """By `whd_…`. Raises DeliveryNotFound."""
    number = delivery_id.removeprefix(PREFIX)
    readable = number.isascii() and number.isdigit() and len(number) <= LONGEST_NUMBER
    found = list_deliveries(livemode=livemode).filter(pk=int(number)).first() if readable else None
    if found is None:
        raise DeliveryNotFound
    return found


def list_attempts(delivery: Delivery) -> list[Attempt]:
    """Oldest first."""
    return list(Attempt.objects.filter(delivery=delivery).order_by("number"))
