"""From here on, a customer's past does not count against them: a lead has cleared it."""

from django.db import models
from django.db.models import Q


class RiskReset(models.Model):
    """Append-only. Reports of fraud on the customer's payments before `reset_at` no longer raise their score.

    Nothing is taken out of the history: decisions made before stay as they are and can be made again.
    """

    livemode = models.BooleanField()
    party_id = models.CharField(max_length=64)
    reason = models.CharField(max_length=1000)
    reset_by = models.CharField(max_length=120)
    reset_at = models.DateTimeField()

    class Meta:
        constraints = [models.CheckConstraint(condition=~Q(reason=""), name="risk_is_reset_for_a_reason")]
        indexes = [models.Index(fields=["livemode", "party_id", "-reset_at"], name="risk_reset_by_party")]
