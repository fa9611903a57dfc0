"""One row per caller and key: what was asked, how far it got, what was answered."""

from django.contrib.postgres.indexes import HashIndex
from django.db import models
from django.db.models import Q


class Status(models.TextChoices):
    STARTED = "STARTED"
    FINISHED = "FINISHED"


class IdempotentRequest(models.Model):
    """`recovery_point` is how far the request certainly got, `resource_id` what it made on the way.

    `response_body` is JSON as text, so that a replay has the very bytes of the first answer: `jsonb` would order its
    names anew. It must be what the caller may see again, never a card number, an account number or a secret (a key
    shown once is answered without its secret on replay).
    """

    caller = models.CharField(max_length=80)
    key = models.CharField(max_length=255)
    operation = models.CharField(max_length=80)
    request_hash = models.BinaryField(max_length=32)
    status = models.CharField(max_length=8, default=Status.STARTED)
    recovery_point = models.CharField(max_length=40)
    resource_id = models.CharField(max_length=64, null=True)
    lease_until = models.DateTimeField()
    response_status = models.PositiveSmallIntegerField(null=True)
    response_body = models.TextField(null=True)
    created_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    forget_after = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["caller", "key"], name="idempotency_key_is_unique_per_caller"),
            models.CheckConstraint(
                condition=Q(
                    status=Status.FINISHED,
                    response_status__isnull=False,
                    response_body__isnull=False,
                    finished_at__isnull=False,
                )
                | Q(
                    status=Status.STARTED,
                    response_status__isnull=True,
                    response_body__isnull=True,
                    finished_at__isnull=True,
                ),
                name="idempotent_request_is_answered_when_finished",
            ),
        ]
        indexes = [
            # People look for a key without knowing whose it is.
            HashIndex(fields=["key"], name="idempotent_request_by_key"),
            # Operations that move money are never forgotten: they are not in this index and cost it nothing.
            models.Index(
                fields=["forget_after"], condition=Q(forget_after__isnull=False), name="idempotent_request_forget"
            ),
        ]
