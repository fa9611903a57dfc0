"""Background work as staff see it: how far behind it is, what is parked, and giving that another try."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse

from core import clock, console
from core.console import records
from core.console.components import Column, Fact
from core.outbox import metrics, selectors
from core.outbox import services as outbox
from core.outbox.models import Delivery, Event
from core.staff.roles import grants
from core.work import selectors as work_selectors
from core.work import services as work
from core.work.forms import DeliveryFilter
from core.work.models import State

PARKED_SHOWN = 20
LATE = timedelta(minutes=1)
LISTS = {"outbox": "deliveries", "work": "work_items", "jobs": "jobs"}
LANES = {"outbox": "Events to handlers", "work": "Ordered work", "jobs": "Periodic jobs"}


@console.page(
    path="background/",
    name="background",
    title="Background work",
    nav=("System", 880),
    permission="outbox.view_delivery",
)
def background(request: HttpRequest) -> HttpResponse:
    """Three lanes with depth and lag, the first parked rows with their last error; the lists hold the rest."""
    roles = console.person(request).roles
    context = {
        "lanes": [_lane(name, load) for name, load in metrics.loads().items()],
        "deliveries": selectors.list_parked()[:PARKED_SHOWN],
        "items": work_selectors.list_parked()[:PARKED_SHOWN],
        "may_retry_delivery": grants(roles, "outbox.retry_delivery"),
        "may_retry_item": grants(roles, "work.retry_item"),
    }
    return console.render(request, "outbox/background.html", context)


@console.page(
    path="background/deliveries/<int:delivery_id>/retry/",
    name="delivery_retry",
    title="Retry a delivery",
    permission="outbox.retry_delivery",
    methods=["POST"],
)
def retry_delivery(request: HttpRequest, delivery_id: int) -> HttpResponse:
    done = outbox.retry(delivery_id=delivery_id, actor=console.actor(request), now=clock.now())
    return _back(request, retried=done)


@console.page(
    path="background/items/<int:item_id>/retry/",
    name="work_retry",
    title="Retry work",
    permission="work.retry_item",
    methods=["POST"],
)
def retry_item(request: HttpRequest, item_id: int) -> HttpResponse:
    done = work.retry(item_id=item_id, actor=console.actor(request), now=clock.now())
    return _back(request, retried=done)


@console.page(
    path="background/deliveries/", name="deliveries", title="Deliveries", permission="outbox.view_delivery",
    filters=DeliveryFilter,
)  # fmt: skip
def delivery_list(request: HttpRequest) -> HttpResponseBase:
    """Which handler has heard of which event."""
    form = DeliveryFilter(request.GET)
    state, handler = form.wanted()
    found, by = work_selectors.list_in_state(Delivery, state)
    columns = [
        Column("Event", "event_id", "id"),
        Column("Name", "name"),
        Column("Handler", "handler", hide_on_phone=True),
        Column("State", "state", "status"),
        Column("Tries", "attempts", "number"),
        Column("Due", "due_at", "time", hide_on_phone=True),
        Column("Last error", "last_error", hide_on_phone=True),
    ]
    rows = found.select_related("event").defer("event__payload")
    source = console.Keyset(rows.filter(handler=handler) if handler else rows, by=by)
    listing = console.Listing(
        "deliveries", columns, source, "Deliveries", draw=_delivery_rows, empty="Nothing waits here"
    )
    parked = handler if state == State.PARKED and request.user.has_perm("outbox.retry_delivery") else ""
    return console.render_list(request, "outbox/deliveries.html", listing, {"form": form, "parked_handler": parked})


@console.page(
    path="background/deliveries/retry/", name="delivery_retry_handler", title="Retry a handler",
    permission="outbox.retry_delivery", methods=["POST"],
)  # fmt: skip
def retry_handler(request: HttpRequest) -> HttpResponse:
    """Every parked delivery to a handler, five hundred at a time."""
    number = outbox.retry_all(handler=request.POST.get("handler", ""), actor=console.actor(request), now=clock.now())
    messages.success(request, f"{number:,} will be tried again at once.")
    return HttpResponseRedirect(f"{reverse('admin:deliveries')}?state=PARKED")


@console.page(path="background/events/<str:event_id>/", name="event", title="Event", permission="outbox.view_event")
def event_page(request: HttpRequest, event_id: str) -> HttpResponse:
    """What happened, and who has heard of it."""
    event = Event.objects.filter(pk=event_id).first()
    if event is None:
        raise Http404
    may_audit = request.user.has_perm("audit.view_auditentry") and event.correlation_id
    trace = f"{reverse('admin:audit')}?correlation={event.correlation_id}" if may_audit else ""
    facts = [
        Fact("Name", event.name),
        Fact("Version", event.version, "number"),
        Fact("Published", event.published_at, "stamp"),
        Fact("Relayed", event.relayed_at, "stamp"),
        Fact("Request", event.correlation_id, url=trace),
    ]
    deliveries = Delivery.objects.filter(event=event).order_by("handler")
    context = {
        "event": event,
        "facts": facts,
        "payload": records.pretty(event.payload),
        "deliveries": deliveries,
        "may_retry": request.user.has_perm("outbox.retry_delivery"),
    }
    return console.render(request, "outbox/event.html", context)


def _delivery_rows(found: Sequence[Delivery]) -> list[dict[str, Any]]:
    names = ("event_id", "handler", "state", "attempts", "due_at", "last_error")
    return [
        {
            "url": reverse("admin:event", args=[row.event_id]),
            "name": row.event.name,
            **{name: getattr(row, name) for name in names},
        }
        for row in found
    ]


def _back(request: HttpRequest, *, retried: bool) -> HttpResponse:
    if retried:
        messages.success(request, "It will be tried again at once.")
    else:
        messages.info(request, "It is not parked any more.")
    return HttpResponseRedirect(reverse("admin:background"))


def _lane(name: str, load: work_selectors.Load) -> dict[str, Any]:
    oldest = timedelta(seconds=round(load.lag.total_seconds()))
    return {
        "label": LANES[name],
        "value": load.depth,
        "url": reverse(f"admin:{LISTS[name]}"),
        "hint": f"due or running; oldest {oldest}; {load.parked} parked",
        "tone": "bad" if load.parked or load.lag > LATE else "good",
    }
