"""Three tables: what happened, where it stands in the chain, and what waits for its place.

`audit_entry` and `audit_link` are append-only for everyone. A row of `audit_pending` is written with its entry and
removed with its link, in the same transactions; so an entry is waiting, linked, or was never committed.
"""

import json
from typing import Any

from django.db import models
from django.db.models import Q

# A person saw something of somebody; written by the console.
VIEWED = "console.subject.viewed"


class AuditResult(models.TextChoices):
    SUCCESS = "SUCCESS"
    FAILURE = "FAILURE"
    DENIED = "DENIED"


class AuditEntry(models.Model):
    """`id` sorts by time of record. `details` is canonical JSON text; `mac` covers every other column."""

    id = models.UUIDField(primary_key=True, editable=False)
    recorded_at = models.DateTimeField()
    actor_kind = models.CharField(max_length=16)
    actor_id = models.CharField(max_length=120)
    action = models.CharField(max_length=120)
    subject = models.CharField(max_length=120)
    result = models.CharField(max_length=16, choices=AuditResult.choices)
    correlation_id = models.CharField(max_length=80)
    origin = models.CharField(max_length=64)
    details = models.TextField()
    hash_version = models.PositiveSmallIntegerField()
    key_id = models.CharField(max_length=40)
    mac = models.BinaryField(max_length=32)

    class Meta:
        db_table = "audit_entry"
        verbose_name = "audit entry"
        verbose_name_plural = "audit entries"
        indexes = [
            models.Index(fields=["subject", "id"], name="audit_entry_by_subject"),
            models.Index(
                fields=["correlation_id", "id"], name="audit_entry_by_correlation", condition=~Q(correlation_id="")
            ),
            # Who saw what: asked about people. An API key writes most rows and is found by its subjects.
            models.Index(fields=["actor_id", "id"], name="audit_entry_by_staff", condition=Q(actor_kind="STAFF")),
            models.Index(fields=["id"], name="audit_entry_views", condition=Q(action=VIEWED)),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(result__in=AuditResult.values), name="audit_entry_result_is_known"),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.subject}"

    @property
    def facts(self) -> dict[str, Any]:
        facts: dict[str, Any] = json.loads(self.details)
        return facts


class AuditLink(models.Model):
    """The place of one entry: `hash` is a keyed hash over the place, the entry's MAC and the hash before."""

    seq = models.BigIntegerField(primary_key=True)
    entry = models.OneToOneField(AuditEntry, on_delete=models.PROTECT, related_name="link")
    sealed_at = models.DateTimeField()
    previous_hash = models.BinaryField(max_length=32)
    hash = models.BinaryField(max_length=32)
    hash_version = models.PositiveSmallIntegerField()
    key_id = models.CharField(max_length=40)

    class Meta:
        db_table = "audit_link"
        constraints = [models.CheckConstraint(condition=Q(seq__gte=1), name="audit_link_seq_starts_at_one")]

    def __str__(self) -> str:
        return str(self.seq)


class AuditPending(models.Model):
    """An entry that has no link yet. No foreign key: a deleted entry must leave its trace here."""

    entry_id = models.UUIDField(primary_key=True)

    class Meta:
        db_table = "audit_pending"

    def __str__(self) -> str:
        return str(self.entry_id)
