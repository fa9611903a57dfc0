"""A version of the rules. Its content never changes; another content is another version."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from fraud.enums import RuleSetMove, RuleSetState

SHARES = (1, 9_999)
_CANDIDATE = ["SHADOW", "SHARED"]


class RuleSet(models.Model):
    """`rules` is the list that `fraud.rules.definitions` reads. The database keeps the content fixed.

    `share` is the part of the customers that a SHARED version judges, in hundredths of a percent.
    """

    version = models.PositiveIntegerField(unique=True)
    state = models.CharField(max_length=7, choices=RuleSetState)
    share = models.PositiveSmallIntegerField(null=True)
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
            # Both states are one place: true for either.
            models.UniqueConstraint(
                models.Case(
                    models.When(state__in=_CANDIDATE, then=models.Value(True)),
                    default=models.Value(False),
                    output_field=models.BooleanField(),
                ),
                condition=Q(state__in=_CANDIDATE),
                name="one_rule_set_is_candidate",
            ),
            models.CheckConstraint(condition=models.Q(state__in=RuleSetState.values), name="rule_set_state_is_known"),
            models.CheckConstraint(
                condition=Q(state=RuleSetState.SHARED, share__range=SHARES, share__isnull=False)
                | (~Q(state=RuleSetState.SHARED) & Q(share__isnull=True)),
                name="shared_rule_set_has_a_share",
            ),
        ]

    def __str__(self) -> str:
        return f"version {self.version}"

    @property
    def subject(self) -> str:
        """Its name in the audit and in requests for signatures."""
        return f"fraud_rules_v{self.version}"


class RuleSetStep(models.Model):
    """What happened to a version. Append-only; the state of a version changes by a step and not without.

    `replaces` is the version that was in force before, `forecast` the backtest that the signer saw.
    """

    rule_set = models.ForeignKey(RuleSet, on_delete=models.PROTECT, related_name="steps")
    move = models.CharField(max_length=9, choices=RuleSetMove)
    from_state = models.CharField(max_length=7, choices=RuleSetState)
    to_state = models.CharField(max_length=7, choices=RuleSetState)
    share = models.PositiveSmallIntegerField(null=True)
    replaces = models.PositiveIntegerField(null=True)
    forecast = models.CharField(max_length=40, blank=True)
    approval_id = models.CharField(max_length=40, blank=True)
    reason = models.CharField(max_length=500)
    actor = models.CharField(max_length=140)
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["to_state", "-id"], name="rule_set_step_by_state")]
        constraints = [
            models.CheckConstraint(condition=Q(move__in=RuleSetMove.values), name="rule_set_move_is_known"),
            models.CheckConstraint(condition=~Q(reason=""), name="rule_set_step_has_a_reason"),
            models.UniqueConstraint(
                fields=["approval_id"], condition=~Q(approval_id=""), name="rule_set_approval_is_used_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.move} at {self.at}"
