"""That a return rate came near a level, told once a day."""

from django.db import models
from django.db.models import Q

from ach.enums import RateLevel


class RateAlert(models.Model):
    """`seller` is empty for the rate of the whole originator. `returned` of `originated` debits."""

    originator = models.ForeignKey("ach.Originator", on_delete=models.PROTECT, related_name="+", db_index=False)
    seller = models.ForeignKey(
        "compliance.Party", on_delete=models.PROTECT, related_name="+", null=True, db_index=False
    )
    level = models.CharField(max_length=14, choices=RateLevel)
    day = models.DateField()
    returned = models.PositiveIntegerField()
    originated = models.PositiveIntegerField()
    passed = models.BooleanField()
    throttled = models.BooleanField()
    found_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["originator", "seller", "level", "day"], nulls_distinct=False, name="rate_alert_is_one_a_day"
            ),
            models.CheckConstraint(condition=Q(level__in=RateLevel.values), name="rate_alert_level_is_known"),
        ]

    def __str__(self) -> str:
        return f"{self.level} on {self.day}"
