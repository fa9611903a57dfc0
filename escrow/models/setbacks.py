"""Timers of an escrow that could not be fired: how often it was tried, and what was in the way."""

from django.db import models
from django.db.models import Q

from escrow.models.escrow import Escrow


class Setback(models.Model):
    """One row as long as it lasts. `error` names what was raised, never values of rows."""

    escrow = models.OneToOneField(Escrow, on_delete=models.PROTECT, related_name="setback", primary_key=True)
    tries = models.PositiveIntegerField()
    error = models.CharField(max_length=300)
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(tries__gte=1), name="setback_was_tried")]

    def __str__(self) -> str:
        return f"{self.escrow_id}: {self.tries} tries"
