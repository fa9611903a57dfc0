"""Endpoints: the list with how each fares, and the page of one."""

from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from core import clock, console
from core.console.components import Column, Fact, Table
from core.webhooks.forms import RangeForm
from core.webhooks.models import Endpoint
from core.webhooks.models.endpoint import EVERYTHING
from core.webhooks.selectors import deliveries as register
from core.webhooks.selectors import endpoints as known
from core.webhooks.selectors.endpoints import Health
from core.webhooks.views.lines import CHANGE, RECENT, REPLAY, VIEW, may, table_of

console.jump(prefix="whk_", label="Webhook endpoint", to="admin:webhook_endpoint")


@dataclass(frozen=True, slots=True)
class EndpointRow:
    """An endpoint as a line of the list."""

    endpoint: Endpoint
    health: Health

    @property
    def url(self) -> str:
        return reverse("admin:webhook_endpoint", args=[self.endpoint.public_id])

    @property
    def hears(self) -> str:
        return "all events" if EVERYTHING in self.endpoint.types else f"{len(self.endpoint.types)} types"

    @property
    def success(self) -> str:
        return "nothing sent" if self.health.percent is None else f"{self.health.percent} %"


@console.page(
    path="webhooks/", name="webhook_endpoints", title="Webhooks", nav=("Integration", 710), key="h", permission=VIEW
)
def endpoint_list(request: HttpRequest) -> HttpResponse:
    """Every endpoint with its last day; those that the program disabled stand in a note above."""
    livemode, now = console.is_live(request), clock.now()
    page = console.keyset(request, known.list_all(livemode=livemode), by=("created_at", "id"))
    healths = known.healths(page.rows, now=now)
    columns = [
        Column("URL", "endpoint.url"),
        Column("Status", "endpoint.status", "status"),
        Column("Hears", "hears", hide_on_phone=True),
        Column("Arrived, last day", "success"),
        Column("Opened", "endpoint.created_at", "time", hide_on_phone=True),
    ]
    rows = [EndpointRow(endpoint, healths[endpoint.pk]) for endpoint in page.rows]
    context = {
        "page": page,
        "table": Table(columns, rows, caption="Endpoints", empty="No endpoint yet", hint="Events are kept anyway."),
        "disabled": known.list_disabled_by_itself(livemode=livemode)[:RECENT],
        "may_change": may(request, CHANGE),
    }
    return console.render(request, "webhooks/endpoints.html", context)


@console.page(path="webhooks/<str:endpoint_id>/", name="webhook_endpoint", title="Webhook endpoint", permission=VIEW)
def endpoint_page(request: HttpRequest, endpoint_id: str) -> HttpResponse:
    """How it fares, its secrets' ages, what was sent last, and what can be done about it."""
    return _endpoint_page(request, endpoint_or_404(request, endpoint_id), RangeForm(initial=_today()))


def endpoint_or_404(request: HttpRequest, endpoint_id: str) -> Endpoint:
    try:
        return known.get(endpoint_id, livemode=console.is_live(request))
    except known.EndpointNotFound as unknown:
        raise Http404 from unknown


def show_endpoint(
    request: HttpRequest, endpoint: Endpoint, *, secret: str = "", replay: RangeForm | None = None
) -> HttpResponse:
    """The endpoint's page with a secret that is shown this once, or with a range that was filled in wrongly."""
    return _endpoint_page(request, endpoint, replay or RangeForm(initial=_today()), secret=secret)


def to_endpoint(endpoint_id: str) -> HttpResponse:
    return HttpResponseRedirect(reverse("admin:webhook_endpoint", args=[endpoint_id]))


def _endpoint_page(request: HttpRequest, endpoint: Endpoint, replay: RangeForm, *, secret: str = "") -> HttpResponse:
    now = clock.now()
    health = known.healths([endpoint], now=now)[endpoint.pk]
    recent = list(register.list_of_endpoint(endpoint).order_by("-pk")[:RECENT])
    context = {
        "endpoint": endpoint,
        "health": health,
        "secrets": known.list_secrets(endpoint, now=now),
        "secret": secret,
        "facts": _endpoint_facts(endpoint),
        "table": table_of(recent, empty="Nothing was sent yet", with_endpoint=False),
        "replay": replay,
        "may_change": may(request, CHANGE),
        "may_replay": may(request, REPLAY),
    }
    return console.render(request, "webhooks/endpoint.html", context)


def _endpoint_facts(endpoint: Endpoint) -> list[Fact]:
    facts = [
        Fact("Id", endpoint.public_id, "code"),
        Fact("Hears", "all events" if EVERYTHING in endpoint.types else ", ".join(endpoint.types)),
        Fact("Description", endpoint.description),
        Fact("Account", endpoint.account),
        Fact("Opened by", endpoint.created_by),
        Fact("Opened", endpoint.created_at, "stamp"),
        Fact("Failing since", endpoint.failing_since, "stamp", hint=f"{endpoint.failures} failures in a row"),
        Fact("Rests until", endpoint.rests_until, "stamp", hint="then one delivery is tried"),
        Fact("Disabled", endpoint.disabled_at, "stamp", hint=endpoint.get_disabled_because_display()),
    ]
    return [fact for fact in facts if fact.value]


def _today() -> dict[str, Any]:
    today = clock.now().date()
    return {"since": today, "until": today}
