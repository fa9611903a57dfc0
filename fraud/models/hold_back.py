"""Rules that are asked and have no effect: paused for everybody, or suppressed for one customer, card or the like."""

from django.db import models
from django.db.models import F, Q

from fraud.enums import SuppressedKind


class RulePause(models.Model):
    """A rule by its code, in whatever version, from `paused_at` until a signature resumes it."""

    pause_id = models.CharField(max_length=40, unique=True)
    code = models.CharField(max_length=60)
    reason = models.CharField(max_length=500)
    paused_by = models.CharField(max_length=140)
    paused_at = models.DateTimeField()
    resumed_by = models.CharField(max_length=140, blank=True)
    resumed_at = models.DateTimeField(null=True)
    approval_id = models.CharField(max_length=40, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["code"], condition=Q(resumed_at__isnull=True), name="rule_is_paused_once_at_a_time"
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="rule_pause_has_a_reason"),
            models.CheckConstraint(
                condition=Q(resumed_at__isnull=True, resumed_by="", approval_id="")
                | (Q(resumed_at__isnull=False) & ~Q(resumed_by="") & ~Q(approval_id="")),
                name="resumed_rule_says_by_whom",
            ),
        ]
        indexes = [models.Index(fields=["code", "-id"], name="rule_pause_by_code")]

    def __str__(self) -> str:
        return self.pause_id


class Suppression(models.Model):
    """One rule, one entity, for a time. What it hid is in `held_back` of the decisions."""

    suppression_id = models.CharField(max_length=40, unique=True)
    livemode = models.BooleanField()
    code = models.CharField(max_length=60)
    kind = models.CharField(max_length=8, choices=SuppressedKind)
    value = models.CharField(max_length=128)
    reason = models.CharField(max_length=500)
    added_by = models.CharField(max_length=140)
    added_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    ended_by = models.CharField(max_length=140, blank=True)
    ended_reason = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(reason=""), name="suppression_has_a_reason"),
            models.CheckConstraint(condition=Q(kind__in=SuppressedKind.values), name="suppressed_kind_is_known"),
            models.CheckConstraint(
                condition=Q(expires_at__gt=F("added_at")), name="suppression_expires_after_it_begins"
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True, ended_by="", ended_reason="")
                | (Q(ended_at__isnull=False) & ~Q(ended_by="") & ~Q(ended_reason="")),
                name="ended_suppression_says_why",
            ),
        ]
        indexes = [
            models.Index(
                fields=["livemode", "kind", "value"],
                condition=Q(ended_at__isnull=True),
                name="suppression_in_force",
            ),
            models.Index(fields=["livemode", "-id"], name="suppression_newest_first"),
        ]

    def __str__(self) -> str:
        return self.suppression_id
