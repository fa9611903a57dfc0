"""What the pages of webhooks share: lines of deliveries, what a person may do, saying how an act went."""

from collections.abc import Callable
from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpRequest
from django.urls import reverse

from core import console
from core.console.components import Column, Table
from core.errors import Refusal
from core.staff.roles import grants
from core.webhooks.enums import Result
from core.webhooks.models import Delivery

VIEW, CHANGE, REPLAY = "webhooks.view_endpoint", "webhooks.change_endpoint", "webhooks.replay_delivery"
RECENT = 20

console.colour(ENABLED="good", DISABLED="bad", SENDING="busy", DELIVERED="good", **dict.fromkeys(
    [result for result in Result.values if result != Result.DELIVERED], "bad"
))  # fmt: skip


@dataclass(frozen=True, slots=True)
class DeliveryRow:
    """A delivery as a line of a list."""

    delivery: Delivery

    @property
    def url(self) -> str:
        return reverse("admin:webhook_delivery", args=[self.delivery.public_id])


def table_of(rows: list[Delivery], *, empty: str = "No delivery fits", with_endpoint: bool = True) -> Table:
    columns = [
        Column("Event", "delivery.event.type"),
        Column("Status", "delivery.status", "status"),
        Column("About", "delivery.event.subject_id", "id"),
        Column("Tries", "delivery.attempts", "number"),
        *([Column("To", "delivery.endpoint.url", hide_on_phone=True)] if with_endpoint else []),
        Column("Queued", "delivery.created_at", "time", hide_on_phone=True),
    ]
    return Table(columns, [DeliveryRow(row) for row in rows], caption="Deliveries", empty=empty)


def may(request: HttpRequest, permission: str) -> bool:
    return grants(console.person(request).roles, permission)


def refused(request: HttpRequest, act: Callable[[], object], *, done: str) -> bool:
    """Do it and say so, or say why not. Whether it was refused."""
    try:
        act()
    except Refusal as why:
        messages.error(request, why.detail)
        return True
    messages.success(request, done)
    return False
