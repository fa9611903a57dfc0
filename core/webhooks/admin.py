"""Endpoints, events, deliveries and attempts in the record browser; secrets are in none."""

from django.contrib import admin

from core.console import RecordAdmin
from core.webhooks.models import Attempt, Delivery, Endpoint, PublicEvent


@admin.register(Endpoint)
class EndpointAdmin(RecordAdmin):
    list_display = ("public_id", "url", "livemode", "status", "disabled_because", "failures", "created_at")
    search_fields = ("public_id",)


@admin.register(PublicEvent)
class PublicEventAdmin(RecordAdmin):
    list_display = ("id", "type", "subject_id", "livemode", "created_at")
    search_fields = ("id", "subject_id")


@admin.register(Delivery)
class DeliveryAdmin(RecordAdmin):
    list_display = ("id", "event_id", "endpoint_id", "state", "attempts", "due_at", "last_error")
    search_fields = ("id",)


@admin.register(Attempt)
class AttemptAdmin(RecordAdmin):
    list_display = ("id", "delivery_id", "number", "sent_at", "result", "status_code", "duration_ms")
    search_fields = ("id",)
