"""Events and deliveries in the record browser."""

from django.contrib import admin

from core.console import RecordAdmin
from core.outbox.models import Delivery, Event


@admin.register(Event)
class EventAdmin(RecordAdmin):
    work_page = ("admin:event", "id")
    list_display = ("id", "name", "version", "published_at", "relayed_at", "correlation_id")
    search_fields = ("id",)


@admin.register(Delivery)
class DeliveryAdmin(RecordAdmin):
    work_page = ("admin:event", "event_id")
    list_display = ("id", "event_id", "handler", "state", "attempts", "due_at", "last_error")
    search_fields = ("event_id",)
