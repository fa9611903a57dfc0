"""The numbers of a week as they were when the report was made."""

from django.db import models


class WeeklyReport(models.Model):
    """Append-only, one per mode and week; `week` is its Monday. `numbers` is what `weekly_reports.numbers_of` says."""

    report_id = models.CharField(max_length=40, unique=True)
    livemode = models.BooleanField()
    week = models.DateField()
    numbers = models.JSONField()
    made_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["livemode", "week"], name="week_is_reported_once"),
            models.CheckConstraint(condition=models.Q(week__iso_week_day=1), name="reported_week_begins_on_a_monday"),
        ]

    def __str__(self) -> str:
        return self.report_id
