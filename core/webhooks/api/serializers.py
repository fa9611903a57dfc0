"""What webhook operations take and give."""

from typing import Any

from rest_framework import serializers

from core.api.schema import page_of
from core.api.wire import MetadataField, WireSerializer
from core.webhooks.destinations import MAX_URL
from core.webhooks.enums import DeliveryStatus, DisabledBecause, EndpointStatus, Result
from core.webhooks.models import Delivery, Endpoint, PublicEvent

SHOWN_STATUS = (EndpointStatus.ENABLED.value, EndpointStatus.DISABLED.value)
EVENTS_HELP = "Types of the catalogue of events, or `*` alone for all there are and will be."


class NewWebhookEndpointSerializer(WireSerializer):
    """Where to send events, and which."""

    url = serializers.CharField(max_length=MAX_URL, help_text="`https://` and a public host.")
    events = serializers.ListField(
        child=serializers.CharField(max_length=80), min_length=1, max_length=50, help_text=EVENTS_HELP
    )
    description = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")


class WebhookEndpointChangeSerializer(WireSerializer):
    """What is left out stays as it is. `status` disables an endpoint or enables it again."""

    url = serializers.CharField(max_length=MAX_URL, required=False)
    events = serializers.ListField(
        child=serializers.CharField(max_length=80), min_length=1, max_length=50, required=False, help_text=EVENTS_HELP
    )
    description = serializers.CharField(max_length=200, required=False, allow_blank=True)
    status = serializers.ChoiceField(choices=SHOWN_STATUS, required=False)


class WebhookEndpointSerializer(WireSerializer):
    """An endpoint; its secret is shown only where it is made."""

    id = serializers.CharField()
    object = serializers.CharField()
    url = serializers.CharField()
    events = serializers.ListField(child=serializers.CharField())
    description = serializers.CharField(allow_blank=True)
    status = serializers.ChoiceField(choices=SHOWN_STATUS)
    disabled_because = serializers.ChoiceField(choices=DisabledBecause.values, allow_null=True)
    disabled_at = serializers.DateTimeField(allow_null=True)
    failing_since = serializers.DateTimeField(allow_null=True, help_text="First failure since the last success.")
    livemode = serializers.BooleanField()
    created_at = serializers.DateTimeField()


class WebhookEndpointAnswerSerializer(WebhookEndpointSerializer):
    """One endpoint."""

    success = serializers.BooleanField()


class WebhookEndpointWithSecretSerializer(WebhookEndpointAnswerSerializer):
    """Keep `secret` now: nobody shows it again. A retry with the same Idempotency-Key does, while it still signs."""

    secret_id = serializers.CharField()
    secret = serializers.CharField(allow_null=True, help_text="`whsec_` and base 64, as verifying libraries want it.")


class WebhookEndpointDeletedSerializer(WireSerializer):
    """It is gone."""

    success = serializers.BooleanField()
    id = serializers.CharField()
    deleted = serializers.BooleanField()


class EventSerializer(WireSerializer):
    """What happened, in the words of the webhook that was sent."""

    id = serializers.CharField(help_text="The same as `webhook-id`.")
    object = serializers.CharField()
    type = serializers.CharField()
    timestamp = serializers.DateTimeField()
    data = MetadataField(help_text="As in the body of the webhook.")  # type: ignore[assignment]
    livemode = serializers.BooleanField()
    created_at = serializers.DateTimeField()


class EventAnswerSerializer(EventSerializer):
    """One event."""

    success = serializers.BooleanField()


class RedeliverySerializer(WireSerializer):
    """To how many endpoints the event is sent again."""

    success = serializers.BooleanField()
    id = serializers.CharField()
    deliveries = serializers.IntegerField()


class WebhookTestSerializer(WireSerializer):
    """The event that was sent for the test."""

    success = serializers.BooleanField()
    event_id = serializers.CharField()


class WebhookDeliverySerializer(WireSerializer):
    """One event on its way to one endpoint."""

    id = serializers.CharField()
    object = serializers.CharField()
    event_id = serializers.CharField()
    event_type = serializers.CharField()
    status = serializers.ChoiceField(choices=DeliveryStatus.values)
    attempts = serializers.IntegerField()
    last_result = serializers.CharField(allow_blank=True, help_text=f"One of {', '.join(Result.values)}, and a status.")
    next_attempt_at = serializers.DateTimeField(allow_null=True)
    created_at = serializers.DateTimeField()


WebhookEndpointPageSerializer = page_of(WebhookEndpointSerializer)
EventPageSerializer = page_of(EventSerializer)
WebhookDeliveryPageSerializer = page_of(WebhookDeliverySerializer)


def endpoint_fields(endpoint: Endpoint) -> dict[str, Any]:
    return {
        "id": endpoint.public_id,
        "object": "webhook_endpoint",
        "url": endpoint.url,
        "events": endpoint.types,
        "description": endpoint.description,
        "status": endpoint.status,
        "disabled_because": endpoint.disabled_because or None,
        "disabled_at": endpoint.disabled_at,
        "failing_since": endpoint.failing_since,
        "livemode": endpoint.livemode,
        "created_at": endpoint.created_at,
    }


def event_fields(event: PublicEvent) -> dict[str, Any]:
    return {
        "id": event.pk,
        "object": "event",
        "type": event.type,
        "timestamp": event.occurred_at,
        "data": event.data(),
        "livemode": event.livemode,
        "created_at": event.created_at,
    }


def delivery_fields(delivery: Delivery) -> dict[str, Any]:
    waits = delivery.status == DeliveryStatus.PENDING
    return {
        "id": delivery.public_id,
        "object": "webhook_delivery",
        "event_id": delivery.event_id,
        "event_type": delivery.event.type,
        "status": delivery.status,
        "attempts": delivery.attempts,
        "last_result": delivery.last_error,
        "next_attempt_at": delivery.due_at if waits else None,
        "created_at": delivery.created_at,
    }
