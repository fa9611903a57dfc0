"""Webhook endpoints, their deliveries, and the events behind them, in the public API."""

from collections.abc import Callable
from typing import Any, ClassVar, cast

from rest_framework.request import Request
from rest_framework.response import Response

from core import clock
from core.api import conditions, filters
from core.api.once import run_once
from core.api.owners import CLOSED
from core.api.requests import ApiRequest
from core.api.schema import describe
from core.api.views import ApiView
from core.vault.envelope import VaultUnavailable
from core.webhooks.api import examples, serializers
from core.webhooks.api.serializers import delivery_fields, endpoint_fields, event_fields
from core.webhooks.destinations import UnusableUrl
from core.webhooks.enums import EndpointStatus
from core.webhooks.models import Endpoint
from core.webhooks.models.delivery import STATE_OF
from core.webhooks.selectors import deliveries as register
from core.webhooks.selectors import endpoints as known
from core.webhooks.selectors.deliveries import EventNotFound
from core.webhooks.selectors.endpoints import EndpointNotFound
from core.webhooks.services import deliveries, endpoints, events, secrets
from core.webhooks.services.endpoints import TooManyEndpoints, UnknownEventType


def _state(status: str) -> str:
    if status not in STATE_OF:
        raise ValueError(f"Must be one of {', '.join(STATE_OF)}.")
    return STATE_OF[status]


_BY_STATUS = filters.Filter("status", "state", _state, {"type": "string", "enum": list(STATE_OF)})


class WebhookEndpoints(ApiView):
    scopes: ClassVar = {"GET": "webhooks:read", "POST": "webhooks:write"}
    owned_by: ClassVar = {"GET": CLOSED, "POST": CLOSED}
    paged = True

    @describe(
        "listWebhookEndpoints",
        summary="List webhook endpoints",
        answers={200: serializers.WebhookEndpointPageSerializer},
    )
    def get(self, request: Request) -> Response:
        """Those of the key's account and mode, newest first."""
        call = cast("ApiRequest", request)
        return self.page(request, known.list_all(livemode=call.livemode, account=call.auth.account), endpoint_fields)

    @describe(
        "createWebhookEndpoint",
        summary="Open a webhook endpoint",
        takes=serializers.NewWebhookEndpointSerializer,
        answers={201: serializers.WebhookEndpointWithSecretSerializer},
        refusals=[UnusableUrl, UnknownEventType, TooManyEndpoints, VaultUnavailable],
        example=examples.ENDPOINT,
    )
    def post(self, request: Request) -> Response:
        """The answer holds the secret that signs what is sent; it is shown this once."""
        call, now = cast("ApiRequest", request), clock.now()
        wanted = serializers.NewWebhookEndpointSerializer.read(request)
        minted = secrets.mint(now=now)

        def effect() -> tuple[int, dict[str, Any]]:
            endpoint = endpoints.create(
                url=wanted["url"],
                types=wanted["events"],
                description=wanted["description"],
                account=call.auth.account,
                livemode=call.livemode,
                secret=minted,
                actor=call.actor,
                now=now,
            )
            return 201, {"success": True, **endpoint_fields(endpoint), "secret_id": minted.public_id}

        return _with_secret(run_once(request, operation="webhooks.create", effect=effect, now=now))


class WebhookEndpoint(ApiView):
    scopes: ClassVar = {"GET": "webhooks:read", "PATCH": "webhooks:write", "DELETE": "webhooks:write"}
    owned_by: ClassVar = {"GET": CLOSED, "PATCH": CLOSED, "DELETE": CLOSED}
    etag = conditions.all_but("success")
    if_match = frozenset({"PATCH", "DELETE"})

    @describe(
        "getWebhookEndpoint",
        summary="Get a webhook endpoint",
        answers={200: serializers.WebhookEndpointAnswerSerializer},
        refusals=[EndpointNotFound],
    )
    def get(self, request: Request, endpoint_id: str) -> Response:
        """With why and since when it is disabled, and since when it has been failing."""
        return Response({"success": True, **endpoint_fields(_own(request, endpoint_id))})

    @describe(
        "changeWebhookEndpoint",
        summary="Change, disable or enable a webhook endpoint",
        takes=serializers.WebhookEndpointChangeSerializer,
        answers={200: serializers.WebhookEndpointAnswerSerializer},
        refusals=[EndpointNotFound, UnusableUrl, UnknownEventType],
        example={"status": "ENABLED"},
    )
    def patch(self, request: Request, endpoint_id: str) -> Response:
        """Enabled again, it gets what waited for it. What happened while it was disabled can be replayed."""
        call, now = cast("ApiRequest", request), clock.now()
        wanted = serializers.WebhookEndpointChangeSerializer.read(request)
        own = _own(request, endpoint_id)
        endpoint = endpoints.change(
            endpoint_id=own.public_id,
            url=wanted.get("url"),
            types=wanted.get("events"),
            description=wanted.get("description"),
            status=EndpointStatus(wanted["status"]) if "status" in wanted else None,
            require_unchanged=_unchanged(call),
            actor=call.actor,
            now=now,
        )
        return Response({"success": True, **endpoint_fields(endpoint)})

    @describe(
        "deleteWebhookEndpoint",
        summary="Delete a webhook endpoint",
        answers={200: serializers.WebhookEndpointDeletedSerializer},
        refusals=[EndpointNotFound],
    )
    def delete(self, request: Request, endpoint_id: str) -> Response:
        """For good. Its secrets are erased, and what waited for it is not sent."""
        call, own = cast("ApiRequest", request), _own(request, endpoint_id)
        endpoints.delete(
            endpoint_id=own.public_id, require_unchanged=_unchanged(call), actor=call.actor, now=clock.now()
        )
        return Response({"success": True, "id": own.public_id, "deleted": True})


class WebhookSecretRotation(ApiView):
    scopes: ClassVar = {"POST": "webhooks:write"}
    owned_by: ClassVar = {"POST": CLOSED}

    @describe(
        "rotateWebhookSecret",
        summary="Rotate the secret of a webhook endpoint",
        answers={201: serializers.WebhookEndpointWithSecretSerializer},
        refusals=[EndpointNotFound, VaultUnavailable],
    )
    def post(self, request: Request, endpoint_id: str) -> Response:
        """For a day both secrets sign; a receiver that knows either accepts what is sent."""
        call, now = cast("ApiRequest", request), clock.now()
        own, minted = _own(request, endpoint_id), secrets.mint(now=now)

        def effect() -> tuple[int, dict[str, Any]]:
            endpoint = endpoints.rotate(endpoint_id=own.public_id, secret=minted, actor=call.actor, now=now)
            return 201, {"success": True, **endpoint_fields(endpoint), "secret_id": minted.public_id}

        return _with_secret(run_once(request, operation="webhooks.rotate", effect=effect, now=now))


class WebhookTest(ApiView):
    scopes: ClassVar = {"POST": "webhooks:write"}
    owned_by: ClassVar = {"POST": CLOSED}

    @describe(
        "testWebhookEndpoint",
        summary="Send a test event to a webhook endpoint",
        answers={202: serializers.WebhookTestSerializer},
        refusals=[EndpointNotFound],
    )
    def post(self, request: Request, endpoint_id: str) -> Response:
        """Sends `webhook_endpoint.tested` to this endpoint alone."""
        call, now, own = cast("ApiRequest", request), clock.now(), _own(request, endpoint_id)

        def effect() -> tuple[int, dict[str, Any]]:
            return 202, {"success": True, "event_id": events.test(endpoint=own, actor=call.actor, now=now)}

        return run_once(request, operation="webhooks.test", effect=effect, now=now)


class WebhookDeliveries(ApiView):
    scopes: ClassVar = {"GET": "webhooks:read"}
    owned_by: ClassVar = {"GET": CLOSED}
    paged = True
    filters = (_BY_STATUS, *filters.moment("createdAt"))

    @describe(
        "listWebhookDeliveries",
        summary="List what was sent to a webhook endpoint",
        answers={200: serializers.WebhookDeliveryPageSerializer},
        refusals=[EndpointNotFound],
    )
    def get(self, request: Request, endpoint_id: str) -> Response:
        """Newest first."""
        return self.page(request, register.list_of_endpoint(_own(request, endpoint_id)), delivery_fields)


class Events(ApiView):
    scopes: ClassVar = {"GET": "events:read"}
    owned_by: ClassVar = {"GET": CLOSED}
    paged = True
    filters = (
        *filters.text("type", "type"),
        *filters.text("subjectId", "subject_id", meaning="The payment, refund, escrow or review it is about."),
        *filters.moment("createdAt"),
    )

    @describe("listEvents", summary="List events", answers={200: serializers.EventPageSerializer})
    def get(self, request: Request) -> Response:
        """Everything webhooks tell, whether or not an endpoint was there to hear it; newest first, for thirty days."""
        call = cast("ApiRequest", request)
        return self.page(request, register.list_events(livemode=call.livemode, account=call.auth.account), event_fields)


class Event(ApiView):
    scopes: ClassVar = {"GET": "events:read"}
    owned_by: ClassVar = {"GET": CLOSED}

    @describe(
        "getEvent", summary="Get an event", answers={200: serializers.EventAnswerSerializer}, refusals=[EventNotFound]
    )
    def get(self, request: Request, event_id: str) -> Response:
        """By the `webhook-id` of what was received."""
        call = cast("ApiRequest", request)
        event = register.get_event(event_id, livemode=call.livemode, account=call.auth.account)
        return Response({"success": True, **event_fields(event)})


class EventRedelivery(ApiView):
    scopes: ClassVar = {"POST": "webhooks:write"}
    owned_by: ClassVar = {"POST": CLOSED}

    @describe(
        "redeliverEvent",
        summary="Send an event again",
        answers={202: serializers.RedeliverySerializer},
        refusals=[EventNotFound],
    )
    def post(self, request: Request, event_id: str) -> Response:
        """To every endpoint that it was meant for, with the same `webhook-id`."""
        call, now = cast("ApiRequest", request), clock.now()
        event = register.get_event(event_id, livemode=call.livemode, account=call.auth.account)

        def effect() -> tuple[int, dict[str, Any]]:
            count = deliveries.redeliver(event=event, actor=call.actor, now=now)
            return 202, {"success": True, "id": event.pk, "deliveries": count}

        return run_once(request, operation="events.redeliver", effect=effect, now=now)


def _unchanged(call: ApiRequest) -> Callable[[Endpoint], None]:
    """What `If-Match` asks for, to be compared under the lock of the endpoint."""
    return lambda endpoint: call.condition.require(endpoint_fields(endpoint))


def _own(request: Request, endpoint_id: str) -> Endpoint:
    call = cast("ApiRequest", request)
    return known.get(endpoint_id, livemode=call.livemode, account=call.auth.account)


def _with_secret(response: Response) -> Response:
    """The kept answer names the secret; the secret itself is opened for this response and kept nowhere."""
    response.data["secret"] = secrets.find_text(response.data["secretId"], now=clock.now())
    return response
