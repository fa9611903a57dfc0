"""What is known of a model since it was registered: how far its inputs moved, and how it compares with another."""

from django.db import models

from fraud.enums import DriftVerdict
from fraud.models.model_version import ModelVersion


class ModelDrift(models.Model):
    """Append-only. One day of one variable, or of `score`. `psi` is null where too few payments were judged."""

    model = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="drifts", db_index=False)
    livemode = models.BooleanField()
    variable = models.CharField(max_length=60)
    day = models.DateField()
    events = models.PositiveIntegerField()
    psi = models.FloatField(null=True)
    verdict = models.CharField(max_length=12, choices=DriftVerdict)
    counts = models.JSONField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["model", "livemode", "day", "variable"], name="drift_is_measured_once_a_day"
            ),
            models.CheckConstraint(
                condition=models.Q(verdict="INSUFFICIENT", psi=None)
                | models.Q(verdict__in=["STABLE", "WARN", "CRITICAL"], psi__isnull=False),
                name="drift_verdict_has_an_index",
            ),
        ]


class ModelComparison(models.Model):
    """Append-only. Champion and challenger on the same payments whose labels have matured; the evidence of promotion.

    `result` holds the figures, `checks` the rules of promotion with what each found; `passed` is all of them.
    """

    comparison_id = models.CharField(max_length=40, unique=True)
    livemode = models.BooleanField()
    champion = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="+", db_index=False)
    challenger = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="comparisons")
    from_at = models.DateTimeField()
    to_at = models.DateTimeField()
    payments = models.PositiveIntegerField()
    frauds = models.PositiveIntegerField()
    result = models.JSONField()
    checks = models.JSONField()
    passed = models.BooleanField()
    created_at = models.DateTimeField()
