"""Events that committed with their cause, and one row per handler that must hear of each."""

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import Q

from core.work.models import Claimable, claimable_constraints, claimable_indexes


class Event(models.Model):
    """What happened. `relayed_at` is empty until one delivery per handler exists.

    There is no sequence to read on from: numbers are given before commit, so a lower one may appear later.
    """

    id = models.CharField(primary_key=True, max_length=40)
    name = models.CharField(max_length=80)
    version = models.PositiveSmallIntegerField()
    payload = models.JSONField()
    correlation_id = models.CharField(max_length=64, default="")
    published_at = models.DateTimeField()
    relayed_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["published_at"], condition=Q(relayed_at__isnull=True), name="event_unrelayed"),
            BrinIndex(fields=["relayed_at"], autosummarize=True, name="event_relayed"),
        ]


class Delivery(Claimable):
    """One handler's hearing of one event: the row that makes a second hearing do nothing."""

    event = models.ForeignKey(Event, on_delete=models.PROTECT, related_name="deliveries", db_index=False)
    handler = models.CharField(max_length=160)

    class Meta:
        verbose_name_plural = "deliveries"
        constraints = [
            *claimable_constraints("delivery"),
            models.UniqueConstraint(fields=["event", "handler"], name="delivery_is_made_once"),
        ]
        indexes = claimable_indexes("delivery")
