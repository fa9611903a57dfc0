"""An endpoint that was disabled is told to the others of its account."""

from core.webhooks.catalogue import Subject, publishes
from core.webhooks.events import EndpointDisabled


@publishes(
    EndpointDisabled,
    event_type="webhook_endpoint.disabled",
    meaning="Nothing is sent to an endpoint any more. Sent to the other endpoints, and readable at `/v1/events`.",
    example={
        "id": "whk_0lq9ilnhwp0123456789abcd",
        "object": "webhook_endpoint",
        "livemode": False,
        "because": "FAILING",
    },
)
def webhook_endpoint_disabled(event: EndpointDisabled) -> Subject:
    return Subject(
        id=event.endpoint_id,
        object="webhook_endpoint",
        livemode=event.livemode,
        occurred_at=event.disabled_at,
        data={"because": event.because},
        account=event.account,
    )
