"""What happened, where it stands in the chain, what waits for its place; and the proofs people asked for.

`audit_entry` and `audit_link` are append-only for everyone. A row of `audit_pending` is written with its entry and
removed with its link, in the same transactions; so an entry is waiting, linked, or was never committed.
"""

import json
from typing import Any

from django.db import models
from django.db.models import Q, Value


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
            models.Index(fields=["action", "id"], name="audit_entry_by_action"),
            models.Index(fields=["result", "id"], name="audit_entry_unsuccessful", condition=~Q(result="SUCCESS")),
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


class VerificationScope(models.TextChoices):
    """QUICK continues from the last anchor that was proved, WHOLE begins at the first link."""

    QUICK = "QUICK", "Since the last proof"
    WHOLE = "WHOLE", "The whole record"


class VerificationState(models.TextChoices):
    """CLEAN and BROKEN are answers; FAILED means that there is none, and why is in the log."""

    WAITING = "WAITING"
    RUNNING = "RUNNING"
    CLEAN = "CLEAN"
    BROKEN = "BROKEN"
    FAILED = "FAILED"


UNFINISHED = [VerificationState.WAITING, VerificationState.RUNNING]


class AuditVerification(models.Model):
    """One proof of the record that a person asked for: what was looked at and what was wrong with it.

    `progress` is how many links have been followed so far. `findings` are those of `core.audit.findings`, the first
    fifty; `unlisted` counts the others. A trigger keeps a finished row as it is.
    """

    public_id = models.CharField(max_length=40, unique=True)
    scope = models.CharField(max_length=5, choices=VerificationScope.choices)
    state = models.CharField(max_length=7, choices=VerificationState.choices)
    requested_by = models.CharField(max_length=160)
    requested_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    progress = models.BigIntegerField(default=0)
    from_seq = models.BigIntegerField(null=True)
    to_seq = models.BigIntegerField(null=True)
    links = models.BigIntegerField(default=0)
    pending = models.BigIntegerField(default=0)
    anchors = models.BigIntegerField(default=0)
    findings = models.JSONField(default=list)
    unlisted = models.BigIntegerField(default=0)

    class Meta:
        db_table = "audit_verification"
        constraints = [
            models.CheckConstraint(
                condition=Q(scope__in=VerificationScope.values), name="audit_verification_scope_is_known"
            ),
            models.CheckConstraint(
                condition=Q(state__in=UNFINISHED, finished_at__isnull=True)
                | Q(
                    state__in=[VerificationState.CLEAN, VerificationState.BROKEN, VerificationState.FAILED],
                    finished_at__isnull=False,
                ),
                name="audit_verification_is_finished_with_an_answer",
            ),
            models.CheckConstraint(
                condition=~Q(state=VerificationState.CLEAN) | Q(findings=[]),
                name="audit_verification_is_clean_without_findings",
            ),
            models.UniqueConstraint(
                Value(1), condition=Q(state__in=UNFINISHED), name="audit_is_verified_once_at_a_time"
            ),
        ]

    def __str__(self) -> str:
        return self.public_id

    @property
    def is_unfinished(self) -> bool:
        return self.state in UNFINISHED
