"""What the marketplace may know: one row per event, with the very bytes that are sent."""

import json

from django.contrib.postgres.indexes import BrinIndex
from django.db import models

from core.api.values import Verbatim


class PublicEvent(models.Model):
    """`body` is the JSON text as sent, the same at every attempt; `subject_id` is what it is about.

    Thin on purpose: ids, words and amounts. Whoever needs more asks the API with a key that may.
    """

    id = models.CharField(primary_key=True, max_length=40)
    type = models.CharField(max_length=80)
    account = models.CharField(max_length=40)
    livemode = models.BooleanField()
    subject_id = models.CharField(max_length=64)
    body = models.TextField()
    occurred_at = models.DateTimeField()
    created_at = models.DateTimeField()

    class Meta:
        db_table = "webhooks_event"
        constraints = [
            models.UniqueConstraint(
                fields=["subject_id", "type", "occurred_at"], name="webhook_event_is_published_once"
            ),
        ]
        indexes = [
            models.Index(fields=["account", "livemode", "-created_at", "-id"], name="webhook_event_newest_first"),
            models.Index(fields=["account", "livemode", "type", "-created_at", "-id"], name="webhook_event_by_type"),
            models.Index(fields=["livemode", "-created_at", "-id"], name="webhook_event_by_mode"),
            models.Index(fields=["livemode", "type", "-created_at", "-id"], name="webhook_event_mode_type"),
            BrinIndex(fields=["created_at"], autosummarize=True, name="webhook_event_by_age"),
        ]

    def __str__(self) -> str:
        return self.id

    def data(self) -> Verbatim:
        """What the body says about its subject, in wire names."""
        return Verbatim(json.loads(self.body)["data"])
