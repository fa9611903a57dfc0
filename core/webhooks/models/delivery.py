"""One event on its way to one endpoint, and every attempt to get it there."""

from django.db import models
from django.db.models import Q

from core.webhooks.enums import DeliveryStatus, Result
from core.webhooks.models.endpoint import Endpoint
from core.webhooks.models.event import PublicEvent
from core.work.models import Claimable, State, claimable_constraints, claimable_indexes

PREFIX = "whd_"
STATUS_OF = {
    State.DUE: DeliveryStatus.PENDING,
    State.RUNNING: DeliveryStatus.SENDING,
    State.DONE: DeliveryStatus.SUCCEEDED,
    State.PARKED: DeliveryStatus.FAILED,
}
STATE_OF = {str(status): state for state, status in STATUS_OF.items()}


class Delivery(Claimable):
    """`attempts` only grows: it fences off a sender that comes too late. `earlier_attempts` were used up before the
    last replay, so the schedule of retries begins anew with it.
    """

    event = models.ForeignKey(PublicEvent, on_delete=models.PROTECT, related_name="deliveries", db_index=False)
    endpoint = models.ForeignKey(Endpoint, on_delete=models.PROTECT, related_name="deliveries", db_index=False)
    earlier_attempts = models.PositiveSmallIntegerField(default=0)

    class Meta:
        verbose_name_plural = "deliveries"
        constraints = [
            *claimable_constraints("webhook_delivery"),
            models.UniqueConstraint(fields=["event", "endpoint"], name="webhook_delivery_is_made_once"),
        ]
        indexes = [
            *claimable_indexes("webhook_delivery"),
            models.Index(fields=["endpoint", "due_at"], condition=Q(state=State.DUE), name="webhook_delivery_waiting"),
            models.Index(fields=["endpoint"], condition=Q(state=State.RUNNING), name="webhook_delivery_in_flight"),
            models.Index(fields=["endpoint", "-id"], name="webhook_delivery_newest_first"),
            models.Index(fields=["endpoint", "-created_at", "-id"], name="webhook_delivery_by_time"),
            models.Index(fields=["endpoint", "-id"], condition=Q(state=State.PARKED), name="webhook_delivery_failed"),
            models.Index(fields=["state", "-id"], name="webhook_delivery_by_state"),
        ]

    def __str__(self) -> str:
        return self.public_id

    @property
    def public_id(self) -> str:
        return f"{PREFIX}{self.pk}"

    @property
    def status(self) -> DeliveryStatus:
        return STATUS_OF[State(self.state)]


class Attempt(models.Model):
    """`status_code` where there was an answer; of it a short, redacted beginning is kept."""

    delivery = models.ForeignKey(Delivery, on_delete=models.PROTECT, related_name="log", db_index=False)
    endpoint = models.ForeignKey(Endpoint, on_delete=models.PROTECT, related_name="log", db_index=False)
    number = models.PositiveSmallIntegerField()
    sent_at = models.DateTimeField()
    duration_ms = models.PositiveIntegerField()
    result = models.CharField(max_length=16, choices=Result.choices)
    status_code = models.PositiveSmallIntegerField(null=True)
    detail = models.CharField(max_length=200, blank=True)
    excerpt = models.CharField(max_length=600, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["delivery", "number"], name="webhook_attempt_is_counted_once"),
            models.CheckConstraint(condition=Q(result__in=Result.values), name="webhook_attempt_result_is_known"),
            models.CheckConstraint(
                condition=~Q(result="DELIVERED") | Q(status_code__gte=200, status_code__lt=300),
                name="webhook_attempt_is_delivered_by_an_answer",
            ),
        ]
        indexes = [
            models.Index(fields=["endpoint", "sent_at", "result"], name="webhook_attempt_by_endpoint"),
        ]

    def __str__(self) -> str:
        return f"{PREFIX}{self.delivery_id} attempt {self.number}"
