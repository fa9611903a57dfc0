"""A version of the rules. Its content never changes; another content is another version."""

from django.db import models
from django.db.models.functions import Now

from fraud.enums import RuleSetState


class RuleSet(models.Model):
    """`rules` is the list that `fraud.rules.definitions` reads. The database keeps the content fixed."""

    version = models.PositiveIntegerField(unique=True)
    state = models.CharField(max_length=7, choices=RuleSetState)
    rules = models.JSONField()
    digest = models.CharField(max_length=64)
    note = models.CharField(max_length=500, blank=True)
    created_by = models.CharField(max_length=120)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["-version"]
        constraints = [
            models.UniqueConstraint(
                fields=["state"],
                condition=models.Q(state=RuleSetState.ACTIVE),
                name="one_rule_set_is_active",
            ),
            models.CheckConstraint(condition=models.Q(state__in=RuleSetState.values), name="rule_set_state_is_known"),
        ]

    def __str__(self) -> str:
        return f"version {self.version}"
