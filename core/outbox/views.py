"""Background work as staff see it: how far behind it is, what is parked, and giving that another try."""

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from core import clock, console
from core.console.components import Column, Table
from core.outbox import metrics, selectors
from core.outbox import services as outbox
from core.staff.roles import grants
from core.work import selectors as work_selectors
from core.work import services as work

PARKED_SHOWN = 100
LATE = timedelta(minutes=1)
LANES = {"outbox": "Events to handlers", "work": "Ordered work", "jobs": "Periodic jobs"}


@console.page(
    path="background/",
    name="background",
    title="Background work",
    nav=("System", 880),
    permission="outbox.view_delivery",
)
def background(request: HttpRequest) -> HttpResponse:
    """Three lanes with depth and lag, every parked row with its last error, every job with its last run."""
    roles = console.person(request).roles
    context = {
        "lanes": [_lane(name, load) for name, load in metrics.loads().items()],
        "deliveries": selectors.list_parked()[:PARKED_SHOWN],
        "items": work_selectors.list_parked()[:PARKED_SHOWN],
        "may_retry_delivery": grants(roles, "outbox.retry_delivery"),
        "may_retry_item": grants(roles, "work.retry_item"),
        "table": Table(
            columns=[
                Column("Job", "job"),
                Column("Last run", "scheduled_for", kind="time"),
                Column("State", "state", kind="status"),
                Column("Tries", "attempts", kind="number"),
                Column("Error", "last_error", hide_on_phone=True),
            ],
            rows=work_selectors.list_last_runs(),
            caption="Periodic jobs",
            empty="No job has run yet",
            hint="A worker or `manage.py work` runs them.",
        ),
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
        "hint": f"due or running; oldest {oldest}; {load.parked} parked",
        "tone": "bad" if load.parked or load.lag > LATE else "good",
    }
