"""What happened, and where it is told: events and webhook endpoints."""

from collections.abc import Sequence
from typing import Unpack

from holdfast.answers import Answer
from holdfast.listing import Listing
from holdfast.requests import DeliveryFilter, EventFilter, Place, body
from holdfast.resource import Resource
from holdfast.transport import Call, Operation
from holdfast.types import (
    Event,
    EventAnswer,
    Redelivery,
    WebhookDelivery,
    WebhookEndpoint,
    WebhookEndpointAnswer,
    WebhookEndpointDeleted,
    WebhookEndpointWithSecret,
    WebhookTest,
)

_ENDPOINTS = "/v1/webhook-endpoints"
_ENDPOINT = "/v1/webhook-endpoints/{endpointId}"


class Events(Resource):
    def list(self, *, at_most: int | None = None, **filters: Unpack[EventFilter]) -> Listing[Event]:
        """Everything webhooks tell, whether or not an endpoint heard it; newest first."""
        return self._list(Operation("listEvents", "GET", "/v1/events"), filters, at_most=at_most)

    def get(self, event_id: str) -> Answer[EventAnswer]:
        """By the `webhook-id` of what was received."""
        return self._get(Operation("getEvent", "GET", "/v1/events/{eventId}"), eventId=event_id)

    def redeliver(self, event_id: str, *, idempotency_key: str | None = None) -> Answer[Redelivery]:
        """Send it once more to every endpoint it was meant for."""
        operation = Operation("redeliverEvent", "POST", "/v1/events/{eventId}/redeliver")
        return self._post(operation, {}, idempotency_key, eventId=event_id)


class WebhookEndpoints(Resource):
    def create(
        self, *, url: str, events: Sequence[str], description: str | None = None, idempotency_key: str | None = None
    ) -> Answer[WebhookEndpointWithSecret]:
        """Open an endpoint for these types of events, or for `["*"]`. Keep the secret: it is shown once."""
        return self._post(
            Operation("createWebhookEndpoint", "POST", _ENDPOINTS),
            body(url=url, events=list(events), description=description),
            idempotency_key,
        )

    def list(self, *, at_most: int | None = None, **place: Unpack[Place]) -> Listing[WebhookEndpoint]:
        """Newest first."""
        return self._list(Operation("listWebhookEndpoints", "GET", _ENDPOINTS), place, at_most=at_most)

    def get(self, endpoint_id: str) -> Answer[WebhookEndpointAnswer]:
        return self._get(Operation("getWebhookEndpoint", "GET", _ENDPOINT), endpointId=endpoint_id)

    def change(
        self,
        endpoint_id: str,
        *,
        url: str | None = None,
        events: Sequence[str] | None = None,
        description: str | None = None,
        status: str | None = None,
        if_match: str | None = None,
    ) -> Answer[WebhookEndpointAnswer]:
        """What is left out stays. `status` is ENABLED or DISABLED."""
        wanted = body(
            url=url, events=list(events) if events is not None else None, description=description, status=status
        )
        operation = Operation("changeWebhookEndpoint", "PATCH", _ENDPOINT)
        return self._transport.send(Call(operation, place={"endpointId": endpoint_id}, body=wanted, if_match=if_match))

    def delete(self, endpoint_id: str, *, if_match: str | None = None) -> Answer[WebhookEndpointDeleted]:
        """For good: what waits for it is not sent."""
        operation = Operation("deleteWebhookEndpoint", "DELETE", _ENDPOINT)
        return self._transport.send(Call(operation, place={"endpointId": endpoint_id}, if_match=if_match))

    def rotate_secret(
        self, endpoint_id: str, *, idempotency_key: str | None = None
    ) -> Answer[WebhookEndpointWithSecret]:
        """A new secret; both sign for a while, and `webhooks.verify` takes both."""
        operation = Operation("rotateWebhookSecret", "POST", f"{_ENDPOINT}/rotate-secret")
        return self._post(operation, {}, idempotency_key, endpointId=endpoint_id)

    def test(self, endpoint_id: str, *, idempotency_key: str | None = None) -> Answer[WebhookTest]:
        """Send a test event to this endpoint alone."""
        operation = Operation("testWebhookEndpoint", "POST", f"{_ENDPOINT}/test")
        return self._post(operation, {}, idempotency_key, endpointId=endpoint_id)

    def deliveries(
        self, endpoint_id: str, *, at_most: int | None = None, **filters: Unpack[DeliveryFilter]
    ) -> Listing[WebhookDelivery]:
        """What was sent to it, newest first."""
        operation = Operation("listWebhookDeliveries", "GET", f"{_ENDPOINT}/deliveries")
        return self._list(operation, filters, at_most=at_most, endpointId=endpoint_id)
