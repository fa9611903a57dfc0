"""Dated configuration: a value is in force from its date until a later row of the same name."""

from django.db import models


class Parameter(models.Model):
    name = models.CharField(max_length=80)
    value = models.JSONField()
    effective_from = models.DateTimeField()
    reason = models.CharField(max_length=200)
    created_by = models.CharField(max_length=120)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["name", "effective_from"], name="parameter_has_one_value_a_moment"),
        ]
