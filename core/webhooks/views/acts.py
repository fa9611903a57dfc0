"""What staff do about webhooks; each address does one thing and leads back to the page it was asked on."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from core import clock, console
from core.console.pages import is_live
from core.errors import Refusal
from core.webhooks.catalogue import ACCOUNT
from core.webhooks.forms import EndpointForm, RangeForm
from core.webhooks.services import deliveries, endpoints, events, secrets
from core.webhooks.views.deliveries import delivery_or_404
from core.webhooks.views.endpoints import endpoint_or_404, show_endpoint, to_endpoint
from core.webhooks.views.lines import CHANGE, REPLAY, refused


@console.page(
    path="webhooks/open/endpoint/",
    name="webhook_new",
    title="Open an endpoint",
    permission=CHANGE,
    methods=["GET", "POST"],
)
def open_endpoint(request: HttpRequest) -> HttpResponse:
    """The secret is on the page that follows, and on no other."""
    form = EndpointForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        now, minted = clock.now(), secrets.mint(now=clock.now())
        try:
            endpoint = endpoints.create(
                **form.wanted(),
                account=ACCOUNT,
                livemode=is_live(request),
                secret=minted,
                actor=console.actor(request),
                now=now,
            )
        except Refusal as why:
            form.add_error(None, why.detail)
        else:
            return show_endpoint(request, endpoint, secret=minted.text)
    return console.render(request, "webhooks/edit.html", {"form": form, "endpoint": None})


@console.page(
    path="webhooks/<str:endpoint_id>/change/", name="webhook_change", title="Change an endpoint",
    permission=CHANGE, methods=["GET", "POST"],
)  # fmt: skip
def change_endpoint(request: HttpRequest, endpoint_id: str) -> HttpResponse:
    endpoint = endpoint_or_404(request, endpoint_id)
    given = request.POST if request.method == "POST" else None
    form = EndpointForm(given, initial={name: getattr(endpoint, name) for name in ("url", "types", "description")})
    if form.is_bound and form.is_valid():
        try:
            endpoints.change(endpoint_id=endpoint_id, **form.wanted(), actor=console.actor(request), now=clock.now())
        except Refusal as why:
            form.add_error(None, why.detail)
        else:
            return to_endpoint(endpoint_id)
    return console.render(request, "webhooks/edit.html", {"form": form, "endpoint": endpoint})


@console.page(
    path="webhooks/<str:endpoint_id>/rotate/", name="webhook_rotate", title="Rotate the secret",
    permission=CHANGE, methods=["POST"],
)  # fmt: skip
def rotate_secret(request: HttpRequest, endpoint_id: str) -> HttpResponse:
    """The new secret is on the page that answers, and on no other."""
    endpoint_or_404(request, endpoint_id)
    now, minted = clock.now(), secrets.mint(now=clock.now())
    endpoint = endpoints.rotate(endpoint_id=endpoint_id, secret=minted, actor=console.actor(request), now=now)
    return show_endpoint(request, endpoint, secret=minted.text)


@console.page(
    path="webhooks/<str:endpoint_id>/disable/", name="webhook_disable", title="Disable an endpoint",
    permission=CHANGE, methods=["POST"],
)  # fmt: skip
def disable_endpoint(request: HttpRequest, endpoint_id: str) -> HttpResponse:
    endpoint_or_404(request, endpoint_id)
    endpoints.disable(endpoint_id=endpoint_id, actor=console.actor(request), now=clock.now())
    return to_endpoint(endpoint_id)


@console.page(
    path="webhooks/<str:endpoint_id>/enable/", name="webhook_enable", title="Enable an endpoint",
    permission=CHANGE, methods=["POST"],
)  # fmt: skip
def enable_endpoint(request: HttpRequest, endpoint_id: str) -> HttpResponse:
    endpoint_or_404(request, endpoint_id)
    endpoints.enable(endpoint_id=endpoint_id, actor=console.actor(request), now=clock.now())
    return to_endpoint(endpoint_id)


@console.page(
    path="webhooks/<str:endpoint_id>/test/", name="webhook_test", title="Send a test event",
    permission=CHANGE, methods=["POST"],
)  # fmt: skip
def test_endpoint(request: HttpRequest, endpoint_id: str) -> HttpResponse:
    endpoint = endpoint_or_404(request, endpoint_id)
    refused(
        request,
        lambda: events.test(endpoint=endpoint, actor=console.actor(request), now=clock.now()),
        done="A test event is on its way.",
    )
    return to_endpoint(endpoint_id)


@console.page(
    path="webhooks/<str:endpoint_id>/replay/", name="webhook_replay_range", title="Replay a range",
    permission=REPLAY, methods=["POST"],
)  # fmt: skip
def replay_range(request: HttpRequest, endpoint_id: str) -> HttpResponse:
    """What failed or never came in those days is sent now."""
    endpoint, form = endpoint_or_404(request, endpoint_id), RangeForm(request.POST)
    if not form.is_valid():
        return show_endpoint(request, endpoint, replay=form)
    since, until = form.moments()
    refused(
        request,
        lambda: deliveries.replay_range(
            endpoint_id=endpoint_id, since=since, until=until, actor=console.actor(request), now=clock.now()
        ),
        done="What failed in those days is sent again now.",
    )
    return to_endpoint(endpoint_id)


@console.page(
    path="webhook-deliveries/<str:delivery_id>/replay/", name="webhook_replay", title="Replay a delivery",
    permission=REPLAY, methods=["POST"],
)  # fmt: skip
def replay_delivery(request: HttpRequest, delivery_id: str) -> HttpResponse:
    delivery = delivery_or_404(request, delivery_id)
    refused(
        request,
        lambda: deliveries.replay(delivery_id=delivery.pk, actor=console.actor(request), now=clock.now()),
        done="It is sent again now, with the same id.",
    )
    return HttpResponseRedirect(reverse("admin:webhook_delivery", args=[delivery.public_id]))
