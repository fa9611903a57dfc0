"""Deliveries with every attempt, and the events behind them."""

from dataclasses import dataclass

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from core import console
from core.console.components import Column, Fact, Table
from core.outbox.models import Event
from core.webhooks import catalogue
from core.webhooks.enums import EndpointStatus
from core.webhooks.forms import DeliveryFilter, EventFilter
from core.webhooks.models import Delivery, PublicEvent
from core.webhooks.models.delivery import STATE_OF
from core.webhooks.selectors import deliveries as register
from core.webhooks.views.lines import REPLAY, may, table_of

console.jump(prefix="whd_", label="Webhook delivery", to="admin:webhook_delivery")
console.jump(prefix="evt_", label="Event", to="admin:public_event")


@dataclass(frozen=True, slots=True)
class EventRow:
    """An event as a line of the list."""

    event: PublicEvent

    @property
    def url(self) -> str:
        return reverse("admin:public_event", args=[self.event.pk])


@console.page(path="webhook-deliveries/", name="webhook_deliveries", title="Webhook deliveries",
              nav=("Integration", 711), permission="webhooks.view_delivery")  # fmt: skip
def delivery_list(request: HttpRequest) -> HttpResponse:
    """Newest first, by endpoint and status."""
    form = DeliveryFilter(request.GET)
    status, endpoint_id = form.wanted()
    found = register.list_deliveries(livemode=console.is_live(request))
    if endpoint_id:
        found = found.filter(endpoint__public_id=endpoint_id)
    if status:
        found = found.filter(state=STATE_OF[status])
    page = console.keyset(request, found)
    context = {"form": form, "page": page, "table": table_of(page.rows)}
    return console.render(request, "webhooks/deliveries.html", context)


@console.page(path="webhook-deliveries/<str:delivery_id>/", name="webhook_delivery", title="Webhook delivery",
              permission="webhooks.view_delivery")  # fmt: skip
def delivery_page(request: HttpRequest, delivery_id: str) -> HttpResponse:
    """The request as it is sent, every attempt with its answer, and what happens next."""
    delivery = delivery_or_404(request, delivery_id)
    columns = [
        Column("Try", "number", "number"),
        Column("Sent", "sent_at", "stamp"),
        Column("Result", "result", "status"),
        Column("Status", "status_code", "number"),
        Column("Milliseconds", "duration_ms", "number", hide_on_phone=True),
        Column("Answer", "said", "code", hide_on_phone=True),
    ]
    attempts = register.list_attempts(delivery)
    rows = [
        {**{name: getattr(each, name) for name in ("number", "sent_at", "result", "status_code", "duration_ms")},
         "said": (each.excerpt or each.detail)[:60]}
        for each in attempts
    ]  # fmt: skip
    context = {
        "delivery": delivery,
        "facts": _delivery_facts(delivery),
        "last": attempts[-1] if attempts else None,
        "table": Table(columns, rows, caption="Attempts", empty="Nothing was sent yet"),
        "may_replay": may(request, REPLAY) and delivery.endpoint.status != EndpointStatus.DELETED,
    }
    return console.render(request, "webhooks/delivery.html", context)


@console.page(path="events/", name="public_events", title="Events", nav=("Integration", 712),
              permission="webhooks.view_publicevent")  # fmt: skip
def event_list(request: HttpRequest) -> HttpResponse:
    """What the marketplace was told or could ask for, newest first."""
    form = EventFilter(request.GET)
    found = register.list_events(livemode=console.is_live(request)).filter(**form.wanted())
    page = console.keyset(request, found, by=("created_at", "id"))
    columns = [
        Column("Type", "event.type"),
        Column("About", "event.subject_id", "id"),
        Column("Happened", "event.occurred_at", "time"),
        Column("Event", "event.id", "code", hide_on_phone=True),
    ]
    table = Table(columns, [EventRow(event) for event in page.rows], caption="Events", empty="No event fits")
    return console.render(request, "webhooks/events.html", {"form": form, "page": page, "table": table})


@console.page(path="events/<str:event_id>/", name="public_event", title="Event",
              permission="webhooks.view_publicevent")  # fmt: skip
def event_page(request: HttpRequest, event_id: str) -> HttpResponse:
    """Its body, what it is about, and who was told. The program's own events have another page, to which it leads."""
    try:
        event = register.get_event(event_id, livemode=console.is_live(request))
    except register.EventNotFound as unknown:
        if Event.objects.filter(pk=event_id).exists():
            return HttpResponseRedirect(reverse("admin:event", args=[event_id]))
        raise Http404 from unknown
    meaning = next((entry.meaning for entry in catalogue.types() if entry.type == event.type), "")
    facts = [
        Fact("About", event.subject_id, "id"),
        Fact("Happened", event.occurred_at, "stamp"),
        Fact("Published", event.created_at, "stamp"),
        Fact("Account", event.account),
    ]
    table = table_of(register.list_of_event(event), empty="No endpoint heard this type")
    context = {"event": event, "meaning": meaning, "facts": facts, "table": table}
    return console.render(request, "webhooks/event.html", context)


def delivery_or_404(request: HttpRequest, delivery_id: str) -> Delivery:
    try:
        return register.get_delivery(delivery_id, livemode=console.is_live(request))
    except register.DeliveryNotFound as unknown:
        raise Http404 from unknown


def _delivery_facts(delivery: Delivery) -> list[Fact]:
    endpoint = delivery.endpoint
    facts = [
        Fact("Event", delivery.event_id, "id"),
        Fact("About", delivery.event.subject_id, "id"),
        Fact("Endpoint", endpoint.url, url=reverse("admin:webhook_endpoint", args=[endpoint.public_id])
             if endpoint.status != EndpointStatus.DELETED else ""),
        Fact("Queued", delivery.created_at, "stamp"),
        Fact("Arrived", delivery.finished_at, "stamp"),
        Fact("Last result", delivery.last_error),
        Fact("Next try", delivery.due_at if delivery.status == "PENDING" else None, "stamp"),
    ]  # fmt: skip
    return [fact for fact in facts if fact.value]
